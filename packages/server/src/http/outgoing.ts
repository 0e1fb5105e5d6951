import type { X509Certificate } from 'node:crypto';
import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { connect as connectTls, type SecureContextOptions } from 'node:tls';
import type { AddressRules } from './address-rules.js';

export interface OutgoingPost {
  /** `http:` or `https:`; user and fragment are not sent. */
  readonly url: URL;
  /** `host` may be given; `content-length` and `connection: close` are added. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
  /** Default `POST`; a `GET` has no body. */
  readonly method?: 'GET' | 'POST';
  /** From the first look at the name to the last byte of the answer. */
  readonly timeoutMs: number;
  /** Bytes of the answer's body that are taken; absent: the status alone is wanted. */
  readonly maxAnswerBytes?: number;
  readonly rules: AddressRules;
  /**
   * SHA-1 or SHA-256 in hexadecimal. When there are any, the certificates of an `https:` server have to hold one of these,
   * which is then the one that is trusted, and the only one.
   */
  readonly fingerprints?: readonly string[];
}

export interface OutgoingAnswer {
  readonly status: number;
  /** Empty when only the status was wanted. */
  readonly body: Buffer;
}

/** Why there is no answer. The message names no address, so that it may be shown to strangers. */
export class OutgoingFailed extends Error {
  override readonly name = 'OutgoingFailed';
  constructor(
    readonly reason: 'forbidden' | 'unreachable' | 'timeout' | 'too-large' | 'fingerprint',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Resolves a name to all its addresses. */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

const resolveBySystem: Resolve = (host) =>
  new Promise((resolve, reject) => {
    systemLookup(host, { all: true, verbatim: true }, (error, addresses) =>
      error ? reject(error) : resolve(addresses),
    );
  });

/** Sends one request. @throws {OutgoingFailed} */
export type Outgoing = (post: OutgoingPost) => Promise<OutgoingAnswer>;

/**
 * The one way out of this server for requests of its own. Redirects are not followed, connections are not kept, and the
 * address that the rules were asked about is the one that is connected to: the name is not resolved again, so a name that
 * changes its address in between (DNS rebinding) gains nothing.
 */
export function outgoing(resolve: Resolve = resolveBySystem): Outgoing {
  return (post) =>
    new Promise<OutgoingAnswer>((done, failed) => {
      const { url, rules, timeoutMs } = post;
      const host = url.hostname.replace(/^\[|\]$/g, '');
      const secure = url.protocol === 'https:';
      const port = Number(url.port) || (secure ? 443 : 80);
      const forbidden = () => new OutgoingFailed('forbidden', 'The address is not allowed.');
      // A literal address is connected to without a lookup.
      if (!rules.mayAllow(host, port) || (isIP(host) !== 0 && !rules.allows(host, host, port)))
        return failed(forbidden());

      const lookup: LookupFunction = (name, { all }, callback) => {
        resolve(name).then(
          (addresses) => {
            const allowed = addresses.filter(({ address }) => rules.allows(host, address, port));
            const [first] = allowed;
            if (!first) callback(forbidden(), '', 0);
            else if (all) callback(null, [...allowed]);
            else callback(null, first.address, first.family);
          },
          (error: NodeJS.ErrnoException) => callback(error, '', 0),
        );
      };
      let stop: (error: Error) => void = () => {};
      const settle = (outcome: OutgoingAnswer | Error): void => {
        clearTimeout(timer);
        stop(new Error('settled'));
        if (outcome instanceof Error) failed(asFailure(outcome));
        else done(outcome);
      };
      const timer = setTimeout(() => settle(new OutgoingFailed('timeout', 'The time is up.')), timeoutMs);

      const send = (trusted: TrustedCertificate): void => {
        const { method = 'POST', body, headers } = post;
        const length = method === 'GET' ? {} : { 'content-length': String(Buffer.byteLength(body)) };
        const options: RequestOptions = {
          method,
          hostname: host,
          port,
          path: `${url.pathname}${url.search}`,
          headers: { ...headers, ...length, connection: 'close' },
          agent: false,
          lookup,
          maxHeaderSize: 16 * 1024,
        };
        const request = secure ? httpsRequest({ ...options, ...trusted }) : httpRequest(options);
        stop = () => void request.on('error', () => {}).destroy();
        request.on('error', settle);
        request.on('response', (response) => {
          const status = response.statusCode ?? 0;
          if (post.maxAnswerBytes === undefined) return settle({ status, body: Buffer.alloc(0) });
          readAnswer(response, post.maxAnswerBytes).then((answer) => settle({ status, body: answer }), settle);
        });
        request.end(method === 'GET' ? undefined : body);
      };

      const { fingerprints = [] } = post;
      if (!secure || fingerprints.length === 0) return send({});
      const peer = peerCertificates({ host, port, lookup });
      stop = peer.stop;
      peer.certificates.then((certificates) => {
        const named = certificates.find((certificate) => fingerprints.some((print) => isNamed(certificate, print)));
        if (named) send({ ca: named.toString(), allowPartialTrustChain: true });
        else settle(new OutgoingFailed('fingerprint', 'No certificate of the server has one of the fingerprints.'));
      }, settle);
    });
}

type TrustedCertificate = Pick<SecureContextOptions, 'ca' | 'allowPartialTrustChain'>;

/**
 * The certificates that a server shows, and those that its own are known to be signed by. Nothing is sent and nothing
 * believed: the one that the caller knows by its fingerprint is what the real connection is verified against, by OpenSSL.
 */
function peerCertificates({ host, port, lookup }: { host: string; port: number; lookup: LookupFunction }) {
  const socket = connectTls({
    host,
    port,
    lookup,
    rejectUnauthorized: false,
    ...(isIP(host) === 0 ? { servername: host } : {}),
  });
  const certificates = new Promise<X509Certificate[]>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed')));
    socket.once('secureConnect', () => {
      const found: X509Certificate[] = [];
      let next = socket.getPeerX509Certificate();
      while (next && found.length < MAX_CERTIFICATES) {
        found.push(next);
        next = next.issuerCertificate;
      }
      resolve(found);
      socket.destroy();
    });
  });
  return { certificates, stop: () => void socket.on('error', () => {}).destroy() };
}

const MAX_CERTIFICATES = 10;

function isNamed({ fingerprint, fingerprint256 }: X509Certificate, print: string): boolean {
  const plain = (text: string) => text.replaceAll(':', '').toLowerCase();
  return [fingerprint, fingerprint256].some((own) => plain(own) === plain(print));
}

async function readAnswer(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new OutgoingFailed('too-large', 'The answer is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function asFailure(error: Error): OutgoingFailed {
  if (error instanceof OutgoingFailed) return error;
  // With several addresses the one error stands for all.
  const { code } = error as NodeJS.ErrnoException;
  return new OutgoingFailed('unreachable', code === undefined ? 'No connection.' : `No connection: ${code}.`, {
    cause: error,
  });
}
