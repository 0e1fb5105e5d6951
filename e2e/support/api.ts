import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type ClientRequest, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import {
  formatBasic,
  formatIso,
  type Pair,
  percentEncode,
  percentEncodePath,
  signOssV4Header,
  signRpc,
} from '@sluice/wire';
import { nodeDigests } from '@sluice/wire/node';
import type { ServerProcess } from './server.js';

export interface Keys {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** A signed RPC call, by hand. */
export async function callApi(
  api: string,
  keys: Keys,
  version: string,
  action: string,
  params: Readonly<Record<string, string>> = {},
): Promise<ApiAnswer> {
  const pairs: Pair[] = [
    ['Action', action],
    ['Version', version],
    ['Format', 'JSON'],
    ['AccessKeyId', keys.accessKeyId],
    ['SignatureMethod', 'HMAC-SHA1'],
    ['SignatureVersion', '1.0'],
    ['SignatureNonce', randomUUID()],
    ['Timestamp', formatIso(Date.now())],
    ...(keys.securityToken ? [['SecurityToken', keys.securityToken] as Pair] : []),
    ...Object.entries(params),
  ];
  pairs.push(['Signature', signRpc(nodeDigests, keys.accessKeySecret, 'POST', pairs)]);
  const answer = await fetch(api, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: pairs.map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`).join('&'),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

export const callSts = (server: ServerProcess, action: string, params: Readonly<Record<string, string>> = {}) =>
  callApi(server.api, server.credentials.appServer, '2015-04-01', action, params);

export const callVod = (server: ServerProcess, action: string, params: Readonly<Record<string, string>> = {}) =>
  callApi(server.api, server.credentials.appServer, '2017-03-21', action, params);

/** A token of the upload role. */
export async function assumeUploadRole(
  server: ServerProcess,
  params: Readonly<Record<string, string>> = {},
): Promise<Required<Keys>> {
  const { status, body } = await callSts(server, 'AssumeRole', {
    RoleArn: server.credentials.uploadRoleArn,
    RoleSessionName: 'e2e',
    ...params,
  });
  if (status !== 200) throw new Error(`AssumeRole answered ${status}: ${JSON.stringify(body)}`);
  const { AccessKeyId, AccessKeySecret, SecurityToken } = (body as { Credentials: Record<string, string> }).Credentials;
  return {
    accessKeyId: AccessKeyId as string,
    accessKeySecret: AccessKeySecret as string,
    securityToken: SecurityToken as string,
  };
}

/** A token of the built-in AppServer; over TLS its own certificate is the only one trusted. */
export async function requestToken(server: ServerProcess): Promise<Required<Keys>> {
  const ca = server.certificate && (await readFile(server.certificate));
  const url = `${server.api}/token`;
  const text = await new Promise<string>((resolve, reject) => {
    const request = (ca ? httpsRequest : httpRequest)(url, { method: 'POST', ...(ca ? { ca } : {}) }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve(body));
    });
    request.on('error', reject).end();
  });
  const token = JSON.parse(text) as Record<'AccessKeyId' | 'AccessKeySecret' | 'SecurityToken', string>;
  return {
    accessKeyId: token.AccessKeyId,
    accessKeySecret: token.AccessKeySecret,
    securityToken: token.SecurityToken,
  };
}

export interface OssRequestOptions {
  readonly query?: readonly Pair[];
  readonly headers?: Readonly<Record<string, string>>;
}

export interface OssAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A request to the data plane, signed with V4, path style; the test writes `length` bytes of body itself. */
export function openOss(
  server: ServerProcess,
  keys: Keys,
  method: string,
  bucket: string,
  key: string,
  { query = [], headers: given = {}, length }: OssRequestOptions & { readonly length: number },
): { request: ClientRequest; answered: Promise<OssAnswer> } {
  const headers: Record<string, string> = {
    ...given,
    'x-oss-date': formatBasic(Date.now()),
    'x-oss-content-sha256': 'UNSIGNED-PAYLOAD',
    ...(keys.securityToken ? { 'x-oss-security-token': keys.securityToken } : {}),
  };
  headers.authorization = signOssV4Header(nodeDigests, keys.accessKeyId, keys.accessKeySecret, 'cn-shanghai', {
    method,
    bucket,
    key,
    query,
    headers: new Map(Object.entries(headers)),
  });
  const search = query.map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`).join('&');
  const request = httpRequest({
    host: '127.0.0.1',
    port: server.ossPort,
    method,
    path: `/${bucket}/${percentEncodePath(key)}${search === '' ? '' : `?${search}`}`,
    headers: { ...headers, 'content-length': length },
  });
  const answered = new Promise<OssAnswer>((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
  });
  return { request, answered };
}

export function callOss(
  server: ServerProcess,
  keys: Keys,
  method: string,
  bucket: string,
  key: string,
  { body, ...options }: OssRequestOptions & { readonly body?: Uint8Array } = {},
): Promise<OssAnswer> {
  const { request, answered } = openOss(server, keys, method, bucket, key, { ...options, length: body?.length ?? 0 });
  request.end(body);
  return answered;
}
