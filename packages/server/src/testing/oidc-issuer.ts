/** An identity provider of a test's own: real HTTPS with a certificate of a private authority, discovery and a key set. */
import { X509Certificate } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { generate } from 'selfsigned';

const DAY_MS = 86_400_000;

export interface Certificates {
  readonly cert: string;
  readonly key: string;
  /** SHA-1, hexadecimal. */
  readonly fingerprint: string;
  readonly authorityFingerprint: string;
}

/** A certificate for localhost and the authority that signed it, both sent by the server. */
export async function certificates(validMs = DAY_MS): Promise<Certificates> {
  const dates = { notBeforeDate: new Date(Date.now() - 2 * DAY_MS), notAfterDate: new Date(Date.now() + DAY_MS) };
  const common = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256', ...dates } as const;
  const authority = await generate([{ name: 'commonName', value: 'Test authority' }], {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true },
    ],
  });
  const leaf = await generate([{ name: 'commonName', value: 'localhost' }], {
    ...common,
    notAfterDate: new Date(Date.now() + validMs),
    ca: { cert: authority.cert, key: authority.private },
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
    ],
  });
  const print = (pem: string) => new X509Certificate(pem).fingerprint.replaceAll(':', '').toLowerCase();
  return {
    cert: `${leaf.cert}\n${authority.cert}`,
    key: leaf.private,
    fingerprint: print(leaf.cert),
    authorityFingerprint: print(authority.cert),
  };
}

export type OidcIssuer = Awaited<ReturnType<typeof oidcIssuer>>;

export async function oidcIssuer(tls: Certificates) {
  const seen: string[] = [];
  let keySet: JWK[] = [];
  let answer: ((path: string) => { status?: number; body: string } | undefined) | undefined;
  let signing: { privateKey: CryptoKey; kid: string | undefined; alg: string };

  const server = createServer({ cert: tls.cert, key: tls.key }, (request, response) => {
    const path = request.url ?? '/';
    seen.push(path);
    const special = answer?.(path);
    const body =
      special?.body ??
      (path === '/.well-known/openid-configuration'
        ? JSON.stringify({ issuer, jwks_uri: `${issuer}/keys` })
        : path === '/keys'
          ? JSON.stringify({ keys: keySet })
          : undefined);
    response.statusCode = body === undefined ? 404 : (special?.status ?? 200);
    response.end(body ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `https://localhost:${(server.address() as AddressInfo).port}`;

  async function rotate(kid: string | undefined, { keep = true, alg = 'ES256' } = {}): Promise<void> {
    const pair = await generateKeyPair(alg, { extractable: true });
    const jwk = { ...(await exportJWK(pair.publicKey)), use: 'sig', ...(kid === undefined ? {} : { kid, alg }) };
    keySet = keep ? [...keySet, jwk] : [jwk];
    signing = { privateKey: pair.privateKey, kid, alg };
  }
  await rotate('first');

  return {
    issuer,
    /** Paths that were asked for. */
    seen,
    rotate,
    get keySet() {
      return keySet;
    },
    set keySet(keys: JWK[]) {
      keySet = keys;
    },
    /** What the server says in place of itself. */
    answerWith(other: typeof answer) {
      answer = other;
    },
    sign: (claims: JWTPayload, header: Readonly<Record<string, unknown>> = {}): Promise<string> => {
      const { kid, alg, privateKey } = signing;
      return new SignJWT(claims)
        .setProtectedHeader({ alg, ...(kid === undefined ? {} : { kid }), ...header })
        .sign(privateKey);
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
