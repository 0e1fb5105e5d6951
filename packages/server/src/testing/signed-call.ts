/** Requests as the official clients make them: RPC-SHA1 in the query, in the form or split, and ACS3. */
import { createHash, randomUUID } from 'node:crypto';
import { formatIso, type Pair, percentEncode, signAcs3, signRpc } from '@sluice/wire';
import { nodeDigests } from '@sluice/wire/node';
import type { RawRpcRequest } from '../gate/rpc-request.js';

export interface Keys {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string | undefined;
}

export type Scheme = 'get' | 'post' | 'split' | 'acs3';
export const schemes: readonly Scheme[] = ['get', 'post', 'split', 'acs3'];

export interface CallOptions {
  readonly scheme?: Scheme;
  /** Default: the version of the service that has the action. */
  readonly version?: string;
  readonly host?: string;
  readonly path?: string;
  /** Text of the time stamp; `null` leaves it out. Default: now. */
  readonly timestamp?: string | null;
  readonly nonce?: string;
  /** `null` leaves it out. Default JSON. */
  readonly format?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly sourceIp?: string;
}

export const formOf = (pairs: readonly Pair[]): string =>
  pairs.map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`).join('&');

const IMS = /OIDCProviders?$|^GetAccountSummary$/;
const STS = /^AssumeRole|^GetCallerIdentity$|^RevokeSessions$|Revocations?$/;
const VOD =
  /^(Create|Refresh|Report)Upload|^(Get|Delete|Update)(Video|Upload|Mezzanine|Image|AttachedMedia)|^(FindContent|CreateVideoFromContent|ListUnfinishedUploads)$/;

export function signedCall(
  keys: Keys,
  action: string,
  params: Readonly<Record<string, string>>,
  now: number,
  options: CallOptions = {},
): RawRpcRequest {
  const version =
    options.version ??
    (VOD.test(action)
      ? '2017-03-21'
      : STS.test(action)
        ? '2015-04-01'
        : IMS.test(action)
          ? '2019-08-15'
          : '2015-05-01');
  const given = Object.entries(params);
  return options.scheme === 'acs3'
    ? byAcs3(keys, action, version, given, now, options)
    : bySha1(keys, action, version, given, now, options);
}

function bySha1(
  { accessKeyId, accessKeySecret, securityToken }: Keys,
  action: string,
  version: string,
  given: readonly Pair[],
  now: number,
  { scheme = 'get', timestamp = formatIso(now), nonce = randomUUID(), format = 'JSON', ...rest }: CallOptions,
): RawRpcRequest {
  const common: Pair[] = [
    ['Action', action],
    ['Version', version],
    ['AccessKeyId', accessKeyId],
    ['SignatureMethod', 'HMAC-SHA1'],
    ['SignatureVersion', '1.0'],
    ['SignatureNonce', nonce],
    ...(timestamp === null ? [] : [['Timestamp', timestamp] as const]),
    ...(format === null ? [] : [['Format', format] as const]),
    ...(securityToken === undefined ? [] : [['SecurityToken', securityToken] as const]),
  ];
  const method = scheme === 'get' ? 'GET' : 'POST';
  const signature = signRpc(nodeDigests, accessKeySecret, method, [...common, ...given]);
  const signed: Pair[] = [...common, ['Signature', signature]];
  const query = scheme === 'post' ? [] : scheme === 'split' ? signed : [...signed, ...given];
  const form = scheme === 'get' ? [] : scheme === 'split' ? given : [...signed, ...given];
  return rawRequest(method, query, form, rest);
}

function byAcs3(
  { accessKeyId, accessKeySecret, securityToken }: Keys,
  action: string,
  version: string,
  query: readonly Pair[],
  now: number,
  { timestamp = formatIso(now), nonce = randomUUID(), format = null, ...rest }: CallOptions,
): RawRpcRequest {
  const pairs: Pair[] = format === null ? [...query] : [...query, ['Format', format]];
  const bare = rawRequest('POST', pairs, [], rest);
  const headers = new Map<string, string>([
    ['host', rest.host ?? 'sluice.test'],
    ['x-acs-action', action],
    ['x-acs-version', version],
    ['x-acs-signature-nonce', nonce],
    ['x-acs-content-sha256', createHash('sha256').update('').digest('hex')],
    ...(timestamp === null ? [] : [['x-acs-date', timestamp] as const]),
    ...(securityToken === undefined ? [] : [['x-acs-security-token', securityToken] as const]),
  ]);
  const bodySha256 = headers.get('x-acs-content-sha256') as string;
  const request = { method: 'POST', query: pairs, headers, bodySha256 };
  headers.set('authorization', signAcs3(nodeDigests, accessKeyId, accessKeySecret, request));
  return { ...bare, rawHeaders: [...headers, ...Object.entries(rest.headers ?? {})].flat() };
}

/** A request that nobody has signed. */
export function rawRequest(
  method: string,
  query: readonly Pair[],
  form: readonly Pair[],
  options: Pick<CallOptions, 'host' | 'path' | 'headers' | 'sourceIp'> = {},
): RawRpcRequest {
  const body = Buffer.from(formOf(form));
  return {
    method,
    target: `${options.path ?? '/'}${query.length > 0 ? `?${formOf(query)}` : ''}`,
    rawHeaders: [
      'Host',
      options.host ?? 'sluice.test',
      ...(body.length > 0 ? ['Content-Type', 'application/x-www-form-urlencoded'] : []),
      ...Object.entries(options.headers ?? {}).flat(),
    ],
    body,
    sourceIp: options.sourceIp ?? '192.0.2.7',
    secure: false,
  };
}
