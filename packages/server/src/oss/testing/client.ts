import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import {
  formatBasic,
  formatHttpDate,
  type OssRequest,
  type Pair,
  percentEncode,
  percentEncodePath,
  signOssV1Header,
  signOssV4Header,
} from '@sluice/wire';
import { nodeDigests } from '@sluice/wire/node';
import { BUCKET, KEY } from './data-plane.js';

/** Where to send, and the clock that signatures are made by. */
export interface Target {
  readonly port: number;
  readonly clock: { readonly ms: number };
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Text of the first element of that name. */
  xml(name: string): string | undefined;
}

export interface Ask {
  readonly method?: string;
  /** The empty text: the service. */
  readonly bucket?: string;
  readonly key?: string;
  readonly query?: readonly Pair[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
  readonly sign?: 'v1' | 'v4' | 'none';
  readonly accessKeyId?: string;
  readonly secret?: string;
  /** Instant of the signature; the plane's clock unless given. */
  readonly at?: number;
}

/** Sends what it is told over a real connection, unchanged. */
export function raw(
  plane: Target,
  options: { method: string; path: string; headers?: Record<string, string | string[]>; body?: Buffer | string },
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { method, path, headers = {}, body } = options;
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const req = httpRequest(
      { host: '127.0.0.1', port: plane.port, method, path, agent: false, headers: { ...length, ...headers } },
      (res) => readReply(res).then(resolve, reject),
    );
    req.on('error', reject);
    // As bytes: Node would write headers in the encoding of a text that follows.
    req.end(body === undefined ? undefined : Buffer.from(body));
  });
}

export async function readReply(res: IncomingMessage): Promise<Reply> {
  const chunks: Buffer[] = [];
  for await (const chunk of res) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const xml = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(body.toString())?.[1];
  return { status: res.statusCode ?? 0, headers: res.headers, body, xml };
}

/** Path and headers of a signed virtual-host request. */
export function signed(plane: Target, ask: Ask): { method: string; path: string; headers: Record<string, string> } {
  const { method = 'GET', bucket = BUCKET, key, query = [], sign = 'v1', at = plane.clock.ms } = ask;
  const date = sign === 'v4' ? formatBasic(at) : formatHttpDate(at);
  const headers: Record<string, string> = { ...ask.headers };
  if (sign !== 'none') headers['x-oss-date'] ??= date;
  if (sign === 'v4') headers['x-oss-content-sha256'] ??= 'UNSIGNED-PAYLOAD';
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  const request: OssRequest = { method, ...(bucket === '' ? {} : { bucket }), key, query, headers: new Map(lower) };
  const id = ask.accessKeyId ?? KEY.id;
  const secret = ask.secret ?? KEY.secret;
  if (sign === 'v1') headers.authorization = signOssV1Header(nodeDigests, id, secret, request);
  if (sign === 'v4') headers.authorization = signOssV4Header(nodeDigests, id, secret, 'cn-local', request);
  return {
    method,
    path: urlPath(key, query),
    headers: { host: bucket === '' ? 'oss.localhost' : `${bucket}.oss.localhost`, ...wireHeaders(headers) },
  };
}

export function send(plane: Target, ask: Ask): Promise<Reply> {
  return raw(plane, { ...signed(plane, ask), ...(ask.body === undefined ? {} : { body: ask.body }) });
}

export function urlPath(key: string | undefined, query: readonly Pair[] = []): string {
  const text = query.map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`).join('&');
  return `/${percentEncodePath(key ?? '')}${text === '' ? '' : `?${text}`}`;
}

const wireHeaders = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Buffer.from(value).toString('latin1')]));

// --- the calls that most tests need ---

export const put = (plane: Target, key: string, body: Buffer | string, headers: Record<string, string> = {}) =>
  send(plane, { method: 'PUT', key, body, headers });

export const get = (plane: Target, key: string, headers: Record<string, string> = {}) => send(plane, { key, headers });

export async function initiate(plane: Target, key: string, headers: Record<string, string> = {}): Promise<string> {
  const reply = await send(plane, { method: 'POST', key, query: [['uploads', '']], headers, body: '' });
  if (reply.status !== 200) throw new Error(reply.body.toString());
  return reply.xml('UploadId') ?? '';
}

export const uploadPart = (
  plane: Target,
  key: string,
  uploadId: string,
  partNumber: number | string,
  body: Buffer | string,
  headers: Record<string, string> = {},
) =>
  send(plane, {
    method: 'PUT',
    key,
    query: [
      ['partNumber', String(partNumber)],
      ['uploadId', uploadId],
    ],
    headers,
    body,
  });

export const complete = (
  plane: Target,
  key: string,
  uploadId: string,
  parts: readonly (readonly [number: number, etag: string])[] | string,
  headers: Record<string, string> = {},
) =>
  send(plane, {
    method: 'POST',
    key,
    query: [['uploadId', uploadId]],
    headers,
    body: typeof parts === 'string' ? parts : completeXml(parts),
  });

export const completeXml = (parts: readonly (readonly [number: number, etag: string])[]): string =>
  `<CompleteMultipartUpload>${parts
    .map(([number, etag]) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`)
    .join('')}</CompleteMultipartUpload>`;

/** Uploads the pieces and completes them. */
export async function multipart(plane: Target, key: string, pieces: readonly Buffer[]): Promise<Reply> {
  const uploadId = await initiate(plane, key);
  const parts: [number, string][] = [];
  for (const [i, piece] of pieces.entries()) {
    const reply = await uploadPart(plane, key, uploadId, i + 1, piece);
    parts.push([i + 1, String(reply.headers.etag)]);
  }
  return complete(plane, key, uploadId, parts);
}
