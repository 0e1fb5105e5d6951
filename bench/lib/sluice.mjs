/** The product, started as a user starts it, and the few calls the benchmarks make by hand. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { formatBasic, formatIso, percentEncode, percentEncodePath, signOssV4Header, signRpc } from '@sluice/wire';
import { nodeDigests } from '@sluice/wire/node';
import { root } from '../../scripts/ready.mjs';
import { firstLine, onCore, start } from './children.mjs';
import { requestHead } from './generator.mjs';

/**
 * @typedef {object} Sluice
 * @property {import('node:child_process').ChildProcess} process
 * @property {number} apiPort
 * @property {number} ossPort
 * @property {string} ossHost authority of the data plane, `oss.localhost:8401`
 * @property {{ appServer: Keys, uploadRoleArn: string, bucket: string, region: string, accountId: string }} credentials
 */

/** @typedef {{ accessKeyId: string, accessKeySecret: string, securityToken?: string }} Keys */

const CLI = join(root, 'packages', 'cli', 'bin', 'sluice.mjs');

/** A directory for CPU profiles of the server, one file a run, to see what a figure is made of. */
const PROFILES = process.env.BENCH_PROFILES;
const profiling = PROFILES ? ['--cpu-prof', `--cpu-prof-dir=${PROFILES}`] : [];

/** All as it is out of the box; only the limit of AssumeRole calls is lifted, or it would be what is measured. */
const SETTINGS = { SLUICE_STS_PER_SECOND: '1000000' };

/**
 * @param {string} directory
 * @param {{ core?: number | undefined, settings?: Record<string, string> | undefined }} [options] the one core it may use;
 *   settings beside the defaults
 * @returns {Promise<Sluice>}
 */
export async function startSluice(directory, options) {
  const serve = ['serve', '--json', '--data', join(directory, 'data'), '--api', '127.0.0.1:0', '--oss', '127.0.0.1:0'];
  const environment = Object.entries(process.env).filter(([name]) => !name.startsWith('SLUICE_'));
  const child = start(onCore([process.execPath, ...profiling, CLI, ...serve], options), {
    env: { ...Object.fromEntries(environment), ...SETTINGS, ...options?.settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ready = JSON.parse(await firstLine(child));
  return {
    process: child,
    apiPort: Number(new URL(ready.api).port),
    ossPort: Number(new URL(ready.oss).port),
    ossHost: new URL(ready.ossEndpoint).host,
    credentials: JSON.parse(await readFile(ready.credentials, 'utf8')),
  };
}

/** The signed form of an RPC call: good for one use. @param {Keys} keys @param {Record<string, string>} parameters */
export function signedForm(keys, version, action, parameters) {
  const pairs = Object.entries({
    Action: action,
    Version: version,
    Format: 'JSON',
    AccessKeyId: keys.accessKeyId,
    SignatureMethod: 'HMAC-SHA1',
    SignatureVersion: '1.0',
    SignatureNonce: randomUUID(),
    Timestamp: formatIso(Date.now()),
    ...parameters,
  });
  pairs.push(['Signature', signRpc(nodeDigests, keys.accessKeySecret, 'POST', pairs)]);
  return pairs.map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`).join('&');
}

/**
 * A token of the upload role.
 * @param {Sluice} sluice @param {Record<string, string>} [more] parameters of AssumeRole @returns {Promise<Keys>}
 */
export async function uploadToken({ apiPort, credentials }, more) {
  const parameters = { RoleArn: credentials.uploadRoleArn, RoleSessionName: 'bench', ...more };
  const answer = await fetch(`http://127.0.0.1:${apiPort}/`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: signedForm(credentials.appServer, '2015-04-01', 'AssumeRole', parameters),
  });
  const body = await answer.json();
  if (!answer.ok) throw new Error(`AssumeRole answered ${answer.status} ${body.Code}`);
  const { AccessKeyId, AccessKeySecret, SecurityToken } = body.Credentials;
  return { accessKeyId: AccessKeyId, accessKeySecret: AccessKeySecret, securityToken: SecurityToken };
}

/** A key of an administrator. @param {string} directory that the server was started with @returns {Promise<Keys>} */
export async function administratorKeys(directory) {
  const file = join(directory, 'administrator.json');
  const made = start([process.execPath, CLI, 'ram', 'bootstrap', '--data', join(directory, 'data'), '--out', file], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = await once(made, 'exit');
  if (code !== 0) throw new Error(`sluice ram bootstrap ended with ${code}`);
  const { AccessKeyId, AccessKeySecret } = JSON.parse(await readFile(file, 'utf8'));
  return { accessKeyId: AccessKeyId, accessKeySecret: AccessKeySecret };
}

/**
 * @typedef {object} OssRequest
 * @property {string} method
 * @property {string} key
 * @property {readonly [string, string][]} [query]
 * @property {Readonly<Record<string, string>>} [headers] those of the dialect, `x-oss-…`
 */

/**
 * Target and headers of a call on the data plane, signed with V4, the bucket in the host name as clients have it.
 * @param {Sluice} sluice @param {Keys} keys @param {OssRequest} request @param {number} bytes of the body
 */
function signedOss(
  { ossHost, credentials: { bucket, region } },
  keys,
  { method, key, query = [], headers = {} },
  bytes,
) {
  const own = {
    'x-oss-date': formatBasic(Date.now()),
    'x-oss-content-sha256': 'UNSIGNED-PAYLOAD',
    ...(keys.securityToken === undefined ? {} : { 'x-oss-security-token': keys.securityToken }),
    ...headers,
  };
  const signed = { method, bucket, key, query, headers: new Map(Object.entries(own)) };
  const authorization = signOssV4Header(nodeDigests, keys.accessKeyId, keys.accessKeySecret, region, signed);
  const search = query.map(([name, value]) => (value === '' ? name : `${name}=${percentEncode(value)}`)).join('&');
  return {
    path: `/${percentEncodePath(key)}${search === '' ? '' : `?${search}`}`,
    headers: { host: `${bucket}.${ossHost}`, 'content-length': String(bytes), ...own, authorization },
  };
}

/** For the load generator. @param {Sluice} sluice @param {Keys} keys @param {OssRequest} request @param {number} bytes */
export function ossHead(sluice, keys, request, bytes) {
  const { path, headers } = signedOss(sluice, keys, request, bytes);
  return requestHead(request.method, path, headers);
}

/**
 * One call, answered 200 or refused with an error.
 * @param {Sluice} sluice @param {Keys} keys @param {OssRequest} request
 */
export async function callOss(sluice, keys, request, body = '') {
  const { path, headers } = signedOss(sluice, keys, request, Buffer.byteLength(body));
  const sent = httpRequest({ host: '127.0.0.1', port: sluice.ossPort, method: request.method, path, headers });
  sent.end(body);
  const [answer] = await once(sent, 'response');
  const content = await text(answer);
  if (answer.statusCode !== 200) throw new Error(`${request.method} ${request.key}: ${answer.statusCode} ${content}`);
  return { headers: answer.headers, body: content };
}
