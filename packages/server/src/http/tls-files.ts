import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { TlsMaterial } from './listener.js';

/** A TLS file cannot be used; the message is one line for the operator and names the file. */
export class TlsFilesUnusable extends Error {
  override readonly name = 'TlsFilesUnusable';
}

const CERTIFICATE = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/;
const PRIVATE_KEY = /-----BEGIN (?:[A-Z0-9]+ )?PRIVATE KEY-----/;
const ENCRYPTED_KEY = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m;

/**
 * Certificate and key of the operator, PEM.
 * @throws {TlsFilesUnusable} saying which file is wrong, and in what
 */
export async function readTlsFiles(
  certFile: string,
  keyFile: string,
): Promise<TlsMaterial & { readonly certFile: string }> {
  // One after the other: of two that are missing it is always the first that is named.
  const cert = await read('--tls-cert', certFile);
  const key = await read('--tls-key', keyFile);
  if (!CERTIFICATE.test(cert)) throw notPem('--tls-cert', certFile, 'certificate', '-----BEGIN CERTIFICATE-----');
  if (ENCRYPTED_KEY.test(key)) {
    throw new TlsFilesUnusable(`the --tls-key file ${keyFile} is locked with a passphrase; store the key without one`);
  }
  if (!PRIVATE_KEY.test(key)) throw notPem('--tls-key', keyFile, 'private key', '-----BEGIN PRIVATE KEY-----');
  check({ cert }, `the --tls-cert file ${certFile} is damaged`);
  check({ key }, `the --tls-key file ${keyFile} is damaged`);
  check({ cert, key }, `the --tls-key file ${keyFile} does not belong to the --tls-cert file ${certFile}`);
  return { cert, key, certFile };
}

async function read(option: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new TlsFilesUnusable(`the ${option} file ${file} cannot be read: ${(error as Error).message}`);
  }
}

const notPem = (option: string, file: string, what: string, begin: string): TlsFilesUnusable =>
  new TlsFilesUnusable(`the ${option} file ${file} is not PEM: it holds no ${what} that begins with ${begin}`);

function check(material: { readonly cert?: string; readonly key?: string }, otherwise: string): void {
  try {
    createSecureContext(material);
  } catch (error) {
    throw new TlsFilesUnusable(`${otherwise} (${(error as Error).message})`);
  }
}
