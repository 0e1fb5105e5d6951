import { createHash } from 'node:crypto';
import { type Pair, parseQuery } from '@sluice/wire';
import { gatewayErrors } from '../rpc/gateway-errors.js';

/** A request of the RPC dialect as it came in, before anybody believes it. */
export interface RawRpcRequest {
  readonly method: string;
  /** The request target as sent: path and query. */
  readonly target: string;
  /** Name and value alternating, as sent. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly sourceIp: string;
  readonly secure: boolean;
}

/** The same, taken apart: parameters of query and form together. */
export interface RpcRequest {
  readonly method: string;
  readonly path: string;
  readonly query: readonly Pair[];
  /** Query and form body; every name once. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
  readonly bodySha256: string;
}

/** Headers whose repetition could make two readers see two requests. */
const SINGLE = /^(host|authorization|content-type|x-acs-.*)$/;

/** @throws RpcError for broken escapes, repeated names, or a body that is not a form */
export function parseRpcRequest(raw: RawRpcRequest): RpcRequest {
  const headers = parseHeaders(raw.rawHeaders);
  const cut = raw.target.indexOf('?');
  const path = cut < 0 ? raw.target : raw.target.slice(0, cut);
  const query = parseQuery(cut < 0 ? '' : raw.target.slice(cut + 1), 'space');
  if (!query) throw gatewayErrors.invalidParameter('query string', 'it holds a broken percent escape.');
  const form = parseForm(headers.get('content-type'), raw.body);
  return {
    method: raw.method,
    path,
    query,
    parameters: unique([...query, ...form]),
    headers,
    bodySha256: createHash('sha256').update(raw.body).digest('hex'),
  };
}

function parseHeaders(rawHeaders: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase();
    // Node hands header bytes over as latin1; clients that send more than ASCII send UTF-8.
    const value = Buffer.from(rawHeaders[i + 1] as string, 'latin1').toString('utf8');
    if (headers.has(name) && SINGLE.test(name)) throw gatewayErrors.invalidParameter(name, 'the header is repeated.');
    headers.set(name, value);
  }
  return headers;
}

function parseForm(contentType: string | undefined, body: Buffer): readonly Pair[] {
  if (body.length === 0) return [];
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(contentType ?? '')) throw gatewayErrors.unsupportedBody();
  const pairs = parseQuery(body.toString('latin1'), 'space');
  if (!pairs) throw gatewayErrors.invalidParameter('body', 'it holds a broken percent escape.');
  return pairs;
}

function unique(pairs: readonly Pair[]): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const [name, value] of pairs) {
    // Two values for one name would let the signature cover one and the service use the other.
    if (parameters.has(name)) throw gatewayErrors.invalidParameter(name.slice(0, 64), 'it is given more than once.');
    // The database ends texts at NUL, so two names could become one there.
    if (value.includes('\0')) throw gatewayErrors.invalidParameter(name.slice(0, 64), 'it holds a NUL character.');
    parameters.set(name, value);
  }
  return parameters;
}
