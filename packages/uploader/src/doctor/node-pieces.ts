import { connect } from 'node:tls';
import { nodePlatform } from '../node/create-uploader.js';
import type { NodeFile } from '../node/file-source.js';
import { loopbackLookup } from '../node/loopback-lookup.js';
import type { CertificateFacts, CheckPieces } from './check-context.js';

/** What the doctor needs in Node. Call `env.http.close()` when done. */
export function nodeCheckPieces(): CheckPieces<NodeFile> {
  return {
    env: nodePlatform(),
    probeFile: (size, name) => new File([new Uint8Array(size)], name, { type: 'video/mp4' }),
    certificate,
  };
}

/** Looks at the certificate whoever made it; nothing is sent over the connection. */
function certificate(url: string, signal: AbortSignal): Promise<CertificateFacts | undefined> {
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve, reject) => {
    const servername = /^[\d.]+$|:/.test(host) ? {} : { servername: host };
    const socket = connect({
      host,
      port: Number(port || 443),
      ...servername,
      rejectUnauthorized: false,
      lookup: loopbackLookup,
      timeout: 5_000,
    });
    const stop = (): void => void socket.destroy();
    signal.addEventListener('abort', stop, { once: true });
    socket.once('secureConnect', () => {
      const { valid_from, valid_to, issuer, subject, subjectaltname } = socket.getPeerCertificate();
      stop();
      resolve(
        valid_to === undefined
          ? undefined
          : {
              validFrom: Date.parse(valid_from),
              validTo: Date.parse(valid_to),
              issuer: String(issuer?.O ?? issuer?.CN ?? ''),
              names: subjectaltname ?? String(subject?.CN ?? ''),
            },
      );
    });
    socket.once('timeout', stop);
    socket.once('error', reject);
    socket.once('close', () => {
      signal.removeEventListener('abort', stop);
      resolve(undefined);
    });
  });
}
