import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { writePrivateFile } from '../keys/key-ring-file.js';
import type { TlsMaterial } from './listener.js';

const DAYS = 397;

/**
 * The installation's own certificate, made once and kept, so that a client that was told to trust it goes on to.
 * It names loopback, the data plane's domain with its buckets, and `vod.<domain>` for the official upload SDKs.
 */
export async function selfSigned(directory: string, ossDomain: string): Promise<TlsMaterial & { certFile: string }> {
  const certFile = join(directory, 'tls-cert.pem');
  const keyFile = join(directory, 'tls-key.pem');
  const kept = await Promise.all([readIfThere(certFile), readIfThere(keyFile)]);
  if (kept[0] !== undefined && kept[1] !== undefined && stillServes(kept[0], ossDomain)) {
    return { cert: kept[0], key: kept[1], certFile };
  }
  const parent = ossDomain.split('.').slice(1).join('.') || ossDomain;
  const names = ['localhost', '*.localhost', ossDomain, `*.${ossDomain}`, `vod.${parent}`];
  const now = new Date();
  const made = await generate([{ name: 'commonName', value: 'Sluice self-signed' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: now,
    notAfterDate: new Date(now.getTime() + DAYS * 86_400_000),
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          ...[...new Set(names)].map((value) => ({ type: 2 as const, value })),
          { type: 7 as const, ip: '127.0.0.1' },
          { type: 7 as const, ip: '::1' },
        ],
      },
    ],
  });
  await writePrivateFile(keyFile, made.private);
  await writePrivateFile(certFile, made.cert);
  return { cert: made.cert, key: made.private, certFile };
}

/** Past its end, or made for another domain, it would only fail every client. */
function stillServes(cert: string, ossDomain: string): boolean {
  try {
    const { validTo, subjectAltName } = new X509Certificate(cert);
    return Date.parse(validTo) > Date.now() && (subjectAltName ?? '').split(', ').includes(`DNS:*.${ossDomain}`);
  } catch {
    return false;
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
