import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseAllowedDestination, publicAddresses } from '../../http/address-rules.js';
import { outgoing } from '../../http/outgoing.js';
import { type UploadCallbackOptions, uploadCallbacks } from '../callback/upload-callbacks.js';

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const PUBLIC_PEM = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
export const KEY_URL = 'https://oss.example/.well-known/sluice-callback-key.pem';

/** Callbacks that may go to this machine. */
export function testCallbacks(more: Partial<UploadCallbackOptions> = {}) {
  const local = parseAllowedDestination('127.0.0.1');
  const silent = () => {};
  return uploadCallbacks({
    privateKey: pair.privateKey,
    publicKeyUrl: () => KEY_URL,
    rules: publicAddresses(local ? [local] : []),
    outgoing: outgoing(),
    clock: { now: () => Date.now() },
    log: { debug: silent, info: silent, warn: silent, error: silent },
    ...more,
  });
}

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Whether the signature is genuine, by the recipe of the dialect. */
  readonly genuine: boolean;
}

export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  answer: (res: ServerResponse, got: Received) => void;
  close(): Promise<void>;
}

/** An application that is called back. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const got = { method: req.method ?? '', url: req.url ?? '', headers: req.headers, body };
      received.push({ ...got, genuine: isGenuine(got) });
      receiver.answer(res, received.at(-1) as Received);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answer: (res) => void res.setHeader('content-type', 'application/json').end('{"Status":"OK"}'),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}

function isGenuine({ url, headers, body }: Omit<Received, 'genuine'>): boolean {
  const cut = url.indexOf('?');
  const path = decodeURIComponent(cut < 0 ? url : url.slice(0, cut));
  const text = `${path}${cut < 0 ? '' : url.slice(cut)}\n${body}`;
  const signature = Buffer.from(headers.authorization ?? '', 'base64');
  return verify('RSA-MD5', Buffer.from(text), createPublicKey(PUBLIC_PEM), signature);
}

export const callbackText = (callback: object): string => Buffer.from(JSON.stringify(callback)).toString('base64');
