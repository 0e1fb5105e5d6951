import type { IncomingMessage } from 'node:http';
import {
  formatBasic,
  formatHttpDate,
  isOssSubResource,
  type Pair,
  percentEncodePath,
  signOssV1Header,
  signOssV1Url,
  signOssV4Header,
  signOssV4Url,
} from '@sluice/wire';
import { nodeDigests } from '@sluice/wire/node';
import { type Address, readAddresses } from '../../oss/addressing.js';
import { readRawRequest } from '../../oss/raw-request.js';
import { signFormV1, signFormV4 } from '../../oss/testing/form.js';
import { formOf, type Keys, signedCall } from '../../testing/signed-call.js';
import {
  anUnsignedHeaderMore,
  formRespelled,
  headerNamesInAnyCase,
  headersInAnyOrder,
  type Mutation,
  parametersChangeSides,
  parametersInAnyOrder,
  pathRespelled,
  queryRespelled,
} from './mutations.js';
import type { Seeded } from './seeded.js';
import { asBytes, asText, headerOf, readPairs, splitTarget, type WireMessage } from './wire-message.js';

/** What a scheme signs requests of, and what two requests must have in common to be one. */
export interface Subject {
  readonly name: string;
  /** A form is its fields: name and value pairs in the body. */
  readonly plane: 'api' | 'oss' | 'form';
  make(world: SubjectWorld, random: Seeded): WireMessage;
  /**
   * All that the scheme protects, read by other means than the server's. What it leaves out is outside of the scheme: the path
   * of RPC, the body and the headers that OSS does not sign (docs/security.md).
   */
  meaning(message: WireMessage): string;
  /** Changes after which it is the same request still. */
  readonly equivalent: readonly Mutation[];
}

export interface SubjectWorld {
  readonly keys: readonly Keys[];
  readonly bucket: string;
  /** Objects that are there. */
  readonly objects: readonly string[];
  readonly apiHost: string;
  readonly roleArn: string;
  now(): number;
}

const owsTrimmed = (value: string): string => value.replace(/^[ \t]+/, '').replace(/[ \t]+$/, '');
const headerLines = (message: WireMessage, counts: (name: string) => boolean): string[] =>
  message.headers
    .filter(([name]) => counts(name.toLowerCase()))
    .map(([name, value]) => `${name.toLowerCase()}:${asText(owsTrimmed(value))}`)
    .sort();
const pairLines = (pairs: readonly (readonly [string, string])[]): string[] =>
  pairs.map((pair) => JSON.stringify(pair)).sort();
const SPICE: readonly string[] = ['a b', 'a+b', 'ä', 'a\u0308', '*', '~', "'", '', '%2F', '/', '=&', '\u2028', '😀'];

// --- RPC ---

function rpcParameters({ roleArn }: SubjectWorld, random: Seeded): [string, Record<string, string>] {
  const spice = { Extra: random.pick(SPICE), [`x${random.int(9)}`]: random.pick(SPICE) };
  if (random.chance(0.5)) return ['GetCallerIdentity', spice];
  const Policy = JSON.stringify({
    Version: '1',
    Statement: [{ Effect: 'Allow', Action: 'oss:*', Resource: `acs:oss:*:*:b/${random.int(9)}/*` }],
  });
  return ['AssumeRole', { ...spice, RoleArn: roleArn, RoleSessionName: `user-${random.int(99)}`, Policy }];
}

/** Chance alone gives two of a million requests the same nonce: it has 32 bits of state. */
let made = 0;

function rpcMessage(world: SubjectWorld, random: Seeded, scheme: 'get' | 'post' | 'split' | 'acs3'): WireMessage {
  const [action, params] = rpcParameters(world, random);
  const raw = signedCall(random.pick(world.keys), action, params, world.now(), {
    scheme,
    host: world.apiHost,
    nonce: `n-${random.int(2 ** 31)}-${++made}`,
  });
  const headers: [string, string][] = [];
  for (let i = 0; i + 1 < raw.rawHeaders.length; i += 2) {
    headers.push([raw.rawHeaders[i] as string, raw.rawHeaders[i + 1] as string]);
  }
  return { method: raw.method, target: raw.target, headers, body: raw.body.toString('latin1') };
}

const rpcSubject = (scheme: 'get' | 'post' | 'split'): Subject => ({
  name: `RPC-SHA1, ${scheme}`,
  plane: 'api',
  make: (world, random) => rpcMessage(world, random, scheme),
  meaning: (message) =>
    [
      message.method.toUpperCase(),
      ...pairLines(
        [...readPairs(splitTarget(message.target).query), ...readPairs(message.body)].filter(
          ([name]) => name !== 'Signature',
        ),
      ),
    ].join('\n'),
  equivalent: [
    headerNamesInAnyCase,
    headersInAnyOrder,
    anUnsignedHeaderMore,
    parametersInAnyOrder,
    queryRespelled,
    formRespelled,
    parametersChangeSides,
  ],
});

const acs3: Subject = {
  name: 'ACS3',
  plane: 'api',
  make: (world, random) => rpcMessage(world, random, 'acs3'),
  meaning: (message) =>
    [
      message.method.toUpperCase(),
      /Credential=([^,]*)/.exec(headerOf(message, 'authorization') ?? '')?.[1] ?? '',
      ...pairLines(readPairs(splitTarget(message.target).query)),
      ...headerLines(
        message,
        (name) => name.startsWith('x-acs-') || name === 'host' || (name === 'content-type' && message.body !== ''),
      ),
      message.body,
    ].join('\n'),
  equivalent: [headerNamesInAnyCase, headersInAnyOrder, anUnsignedHeaderMore, parametersInAnyOrder, queryRespelled],
};

// --- OSS ---

interface OssAsk {
  readonly method: string;
  readonly key: string;
  readonly query: readonly Pair[];
  readonly headers: readonly Pair[];
}

function ossAsk({ objects }: SubjectWorld, random: Seeded): OssAsk {
  const key = random.pick(objects);
  const meta: Pair[] = random.chance(0.5) ? [['x-oss-meta-a', random.pick(['v', 'ä', 'a  b'])]] : [];
  const type: Pair[] = random.chance(0.5) ? [['content-type', 'video/mp4']] : [];
  switch (random.int(4)) {
    case 0:
      return { method: 'GET', key, query: [], headers: [] };
    case 1:
      return { method: 'GET', key, query: [['response-content-type', 'a b/c+d']], headers: [['range', 'bytes=0-0']] };
    case 2:
      return { method: 'HEAD', key, query: [], headers: meta };
    default:
      return { method: 'POST', key: `${key}.new`, query: [['uploads', '']], headers: [...meta, ...type] };
  }
}

function ossMessage(
  world: SubjectWorld,
  random: Seeded,
  sign: (ask: OssAsk & { bucket: string }, keys: Keys) => { query: readonly Pair[]; headers: readonly Pair[] },
): WireMessage {
  const ask = ossAsk(world, random);
  const { bucket } = world;
  const { query, headers } = sign({ ...ask, bucket }, random.pick(world.keys));
  const [host, prefix] = random.chance(0.7) ? [`${bucket}.oss.localhost`, ''] : ['oss.localhost', `/${bucket}`];
  const text = formOf(query);
  return {
    method: ask.method,
    target: `${prefix}/${percentEncodePath(ask.key)}${text === '' ? '' : `?${text}`}`,
    headers: [['Host', host] as const, ...headers].map(([name, value]) => [name, asBytes(value)] as const),
    body: '',
  };
}

const tokenHeader = ({ securityToken }: Keys): Pair[] =>
  securityToken === undefined ? [] : [['x-oss-security-token', securityToken]];

/** The objects that a request may be about, the likeliest first. */
export function addressesOf(message: WireMessage, { bucket }: SubjectWorld): string[] {
  try {
    const request = readRawRequest(asIncoming(message));
    return readAddresses(request, { ossDomain: 'oss.localhost', bareBucket: bucket }).map(addressText);
  } catch {
    return [];
  }
}
export const addressText = ({ bucket, key }: Pick<Address, 'bucket' | 'key'>): string => JSON.stringify([bucket, key]);

export const asIncoming = ({ method, target, headers }: WireMessage): IncomingMessage =>
  ({ method, url: target, rawHeaders: headers.flat() }) as unknown as IncomingMessage;

const ossEquivalent = [headerNamesInAnyCase, headersInAnyOrder, anUnsignedHeaderMore, parametersInAnyOrder];

const v1Meaning =
  (inUrl: boolean): Subject['meaning'] =>
  (message) => {
    const query = readPairs(splitTarget(message.target).query);
    const date = headerOf(message, 'x-oss-date') === undefined ? 'date' : 'x-oss-date';
    return [
      message.method.toUpperCase(),
      inUrl ? '' : (/^OSS ([^:]*)/.exec(headerOf(message, 'authorization') ?? '')?.[1] ?? ''),
      ...pairLines(
        query.filter(([name]) => isOssSubResource(name) || (inUrl && /^(OSSAccessKeyId|Expires)$/.test(name))),
      ),
      ...headerLines(
        message,
        (name) =>
          name.startsWith('x-oss-') || name === 'content-type' || name === 'content-md5' || (!inUrl && name === date),
        // V1 has a line for each of these, empty when there is none.
      ).filter((line) => line !== 'content-type:' && line !== 'content-md5:'),
    ].join('\n');
  };

const v4Meaning =
  (inUrl: boolean): Subject['meaning'] =>
  (message) => {
    const query = readPairs(splitTarget(message.target).query);
    const authorization = headerOf(message, 'authorization') ?? '';
    const [, list = ''] = /AdditionalHeaders=([^,]*)/.exec(authorization) ?? [];
    const signed = inUrl ? (query.find(([name]) => name === 'x-oss-additional-headers')?.[1] ?? '') : list;
    const additional = signed.split(';');
    return [
      message.method.toUpperCase(),
      inUrl ? '' : (/Credential=([^,]*)/.exec(authorization)?.[1] ?? ''),
      signed,
      ...pairLines(query.filter(([name]) => !inUrl || name !== 'x-oss-signature')),
      ...headerLines(
        message,
        (name) =>
          name.startsWith('x-oss-') || name === 'content-type' || name === 'content-md5' || additional.includes(name),
      ),
    ].join('\n');
  };

const named = (headers: readonly Pair[]): string[] => headers.map(([name]) => name).filter((name) => name === 'range');

const ossSubjects: readonly Subject[] = [
  {
    name: 'OSS V1, header',
    plane: 'oss',
    make: (world, random) =>
      ossMessage(world, random, ({ method, bucket, key, query, headers }, keys) => {
        const all: Pair[] = [...headers, ...tokenHeader(keys), ['x-oss-date', formatHttpDate(world.now())]];
        const request = { method, bucket, key, query, headers: new Map(all) };
        const { accessKeyId, accessKeySecret } = keys;
        all.push(['authorization', signOssV1Header(nodeDigests, accessKeyId, accessKeySecret, request)]);
        return { query, headers: all };
      }),
    meaning: v1Meaning(false),
    equivalent: [...ossEquivalent, queryRespelled, pathRespelled],
  },
  {
    name: 'OSS V1, URL',
    plane: 'oss',
    make: (world, random) =>
      ossMessage(world, random, ({ method, bucket, key, query, headers }, keys) => {
        const request = { method, bucket, key, query, headers: new Map(headers) };
        const expires = Math.floor(world.now() / 1000) + 600;
        return { query: signOssV1Url(nodeDigests, keys, request, expires), headers };
      }),
    meaning: v1Meaning(true),
    equivalent: [...ossEquivalent, queryRespelled, pathRespelled],
  },
  {
    name: 'OSS V4, header',
    plane: 'oss',
    make: (world, random) =>
      ossMessage(world, random, ({ method, bucket, key, query, headers }, keys) => {
        const all: Pair[] = [
          ...headers,
          ...tokenHeader(keys),
          ['x-oss-date', formatBasic(world.now())],
          ['x-oss-content-sha256', 'UNSIGNED-PAYLOAD'],
        ];
        const request = { method, bucket, key, query, headers: new Map(all) };
        const { accessKeyId, accessKeySecret } = keys;
        const more = named(headers);
        all.push([
          'authorization',
          signOssV4Header(nodeDigests, accessKeyId, accessKeySecret, 'cn-shanghai', request, more),
        ]);
        return { query, headers: all };
      }),
    meaning: v4Meaning(false),
    equivalent: [...ossEquivalent, queryRespelled, pathRespelled],
  },
  {
    name: 'OSS V4, URL',
    plane: 'oss',
    make: (world, random) =>
      ossMessage(world, random, ({ method, bucket, key, query, headers }, keys) => {
        const request = { method, bucket, key, query, headers: new Map(headers) };
        const date = formatBasic(world.now());
        return {
          query: signOssV4Url(nodeDigests, keys, 'cn-shanghai', request, date, 600, named(headers)),
          headers,
        };
      }),
    meaning: v4Meaning(true),
    equivalent: [...ossEquivalent, queryRespelled, pathRespelled],
  },
];

const form = (v4: boolean): Subject => ({
  name: `POST policy, ${v4 ? 'V4' : 'V1'}`,
  plane: 'form',
  make(world, random) {
    const keys = random.pick(world.keys);
    const ask = {
      at: world.now(),
      conditions: [['starts-with', '$key', `user-${random.int(99)}/`], { bucket: world.bucket }],
      secret: keys.accessKeySecret,
    };
    const signed = v4 ? signFormV4(ask, 'cn-shanghai') : signFormV1(ask);
    const fields = Object.entries({
      ...signed,
      ...(v4
        ? { 'x-oss-credential': String(signed['x-oss-credential']).replace(/^[^/]*/, keys.accessKeyId) }
        : { OSSAccessKeyId: keys.accessKeyId }),
      ...(keys.securityToken === undefined ? {} : { 'x-oss-security-token': keys.securityToken }),
      key: 'user-1/a',
    });
    return { method: 'POST', target: '/', headers: [['Host', 'form']], body: formOf(fields) };
  },
  // A form is signed as far as its policy goes; the other fields are judged by it.
  meaning: (message) =>
    readPairs(message.body)
      .map(([name, value]) => [name.toLowerCase(), value] as const)
      .filter(([name]) => /^(policy|ossaccesskeyid|x-oss-credential)$/.test(name))
      .map((pair) => JSON.stringify(pair))
      .sort()
      .join('\n'),
  equivalent: [formRespelled],
});

export const subjects: readonly Subject[] = [
  rpcSubject('get'),
  rpcSubject('post'),
  rpcSubject('split'),
  acs3,
  ...ossSubjects,
  form(false),
  form(true),
];
