import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Pair, parseQuery } from './encoding.js';
import { nobleDigests } from './noble.js';
import { nodeDigests } from './node.js';
import type { OssRequest } from './oss-request.js';
import {
  type EmptyValueForm,
  type OssV4Authorization,
  ossV4CanonicalRequest,
  parseAdditionalHeaders,
  parseOssV4Authorization,
  parseOssV4Credential,
  signOssV4Url,
  verifyOssV4,
  withoutOssV4UrlSignature,
} from './oss-v4.js';
import {
  OSS_V4_ALGORITHM,
  ossV4SigningKey,
  ossV4StringToSign,
  signOssV4Header,
  UNSIGNED_PAYLOAD,
} from './oss-v4-sign.js';
import {
  anyText,
  bucketName,
  changedText,
  ossHeaders,
  pairsOf,
  secretKey,
  uniquePairs,
} from './testing/arbitraries.js';
import vectors from './vectors/oss-v4.json' with { type: 'json' };

const DATE = '20231216T162057Z';
const REGION = 'cn-hangzhou';
const memberOf = (query: readonly Pair[], name: string): string => query.find(([n]) => n === name)?.[1] ?? '';

/** What a server reads from a signed URL. */
function fromUrl(query: readonly Pair[]): { date: string; authorization: OssV4Authorization } {
  const credential = parseOssV4Credential(memberOf(query, 'x-oss-credential'));
  const named = memberOf(query, 'x-oss-additional-headers');
  const additionalHeaders = named === '' ? [] : parseAdditionalHeaders(named);
  if (!credential || !additionalHeaders) throw new Error('unreadable');
  const signature = memberOf(query, 'x-oss-signature');
  return { date: memberOf(query, 'x-oss-date'), authorization: { ...credential, additionalHeaders, signature } };
}

function fromHeader(header: string): OssV4Authorization {
  const authorization = parseOssV4Authorization(header);
  if (!authorization) throw new Error('unreadable');
  return authorization;
}

describe.each([
  ['node', nodeDigests],
  ['noble', nobleDigests],
] as const)('OSS V4 signature (%s)', (_, digests) => {
  const { method, bucket, key, query, headers } = vectors.request;
  const request = (type: string, more: Record<string, string>): OssRequest => ({
    method,
    bucket,
    key,
    query: pairsOf(query).reverse(),
    headers: new Map([...pairsOf(headers), ['content-type', type], ...pairsOf(more)]),
  });

  test.each(vectors.header)('header: $name', (vector) => {
    const sent = request('text/plain', {
      'x-oss-date': vector.date,
      'x-oss-content-sha256': UNSIGNED_PAYLOAD,
      ...vector.headers,
    });
    const header = signOssV4Header(
      digests,
      vectors.accessKeyId,
      vectors.secret,
      REGION,
      sent,
      vector.additionalHeaders,
    );
    const authorization = fromHeader(header);
    expect(authorization.signature).toBe(vector.signature);
    const named = vector.additionalHeaders.length > 0 ? ',AdditionalHeaders=abc;zabc' : '';
    const scope = `${vector.date.slice(0, 8)}/${REGION}/oss/aliyun_v4_request`;
    expect(header).toBe(`${OSS_V4_ALGORITHM} Credential=ak/${scope}${named},Signature=${vector.signature}`);
    const signingKey = ossV4SigningKey(digests, vectors.secret, authorization.scope);
    expect(verifyOssV4(digests, signingKey, sent, vector.date, authorization)).toBe(true);
    expect(ossV4CanonicalRequest(sent, []).split('\n').slice(1, 3)).toEqual([
      vectors.canonicalPath,
      vectors.canonicalQuery,
    ]);
  });

  test.each(vectors.url)('URL: $name', (vector) => {
    const plain = request('application/octet-stream', {});
    const credentials = {
      accessKeyId: vectors.accessKeyId,
      accessKeySecret: vectors.secret,
      securityToken: vector.securityToken,
    };
    const url = signOssV4Url(
      digests,
      credentials,
      REGION,
      plain,
      vector.date,
      vector.expires,
      vector.additionalHeaders,
    );
    expect(memberOf(url, 'x-oss-signature')).toBe(vector.signature);
    expect(memberOf(url, 'x-oss-expires')).toBe('599');
    expect(memberOf(url, 'x-oss-additional-headers')).toBe(vector.additionalHeaders.length > 0 ? 'abc;zabc' : '');
    const { date, authorization } = fromUrl(url);
    const signingKey = ossV4SigningKey(digests, vectors.secret, authorization.scope);
    const seen = withoutOssV4UrlSignature({ ...plain, query: url });
    expect(verifyOssV4(digests, signingKey, seen, date, authorization)).toBe(true);
  });
});

describe('reading what a client names', () => {
  const scope = { date: '20231216', region: REGION };
  const signature = 'a'.repeat(64);
  const credential = `STS.x/20231216/${REGION}/oss/aliyun_v4_request`;

  test('an authorization with and without blanks after its commas', () => {
    const read = { accessKeyId: 'STS.x', scope, additionalHeaders: ['abc', 'zabc'], signature };
    for (const gap of ['', ' ']) {
      const text = `OSS4-HMAC-SHA256 Credential=${credential},${gap}AdditionalHeaders=abc;zabc,${gap}Signature=${signature}`;
      expect(parseOssV4Authorization(text)).toEqual(read);
      const none = `OSS4-HMAC-SHA256 Credential=${credential},${gap}Signature=${signature}`;
      expect(parseOssV4Authorization(none)).toEqual({ ...read, additionalHeaders: [] });
    }
  });

  test.each([
    '',
    `OSS4-HMAC-SHA256 Credential=${credential}`,
    `OSS4-HMAC-SHA256 Credential=${credential},AdditionalHeaders=,Signature=${signature}`,
    `OSS4-HMAC-SHA256 Credential=${credential},AdditionalHeaders=b;a,Signature=${signature}`,
    `OSS4-HMAC-SHA256 Credential=${credential},Signature=${signature.toUpperCase()}`,
    `OSS4-HMAC-SHA256 Credential=${credential},Signature=${signature}0`,
    `OSS4-HMAC-SHA256 Credential=${credential},Signature=${signature}\n`,
    `OSS4-HMAC-SHA256 Credential=a/${credential},Signature=${signature}`,
    `AWS4-HMAC-SHA256 Credential=${credential},Signature=${signature}`,
  ])('parseOssV4Authorization refuses %j', (text) => expect(parseOssV4Authorization(text)).toBeUndefined());

  test.each([
    '',
    'x/20231216/r/oss',
    'x/2023121/r/oss/aliyun_v4_request',
    'x/20231216//oss/aliyun_v4_request',
    '/20231216/r/oss/aliyun_v4_request',
    'x/20231216/r/oss-cloudbox/aliyun_v4_request',
    'x/20231216/r/oss/aliyun_v4_request\n',
    'x/20231216/r\nr/oss/aliyun_v4_request',
    'x y/20231216/r/oss/aliyun_v4_request',
  ])('parseOssV4Credential refuses %j', (text) => expect(parseOssV4Credential(text)).toBeUndefined());

  test('additional headers are any header names, lower-case and ascending', () => {
    expect(parseAdditionalHeaders('host')).toEqual(['host']);
    expect(parseAdditionalHeaders('host;range;x_custom.1')).toEqual(['host', 'range', 'x_custom.1']);
  });

  test.each(['', ';', 'host;', 'Host', 'b;a', 'a;a', 'a b', 'a:b', 'content-type', 'content-md5', 'x-oss-date', 'a\n'])(
    'parseAdditionalHeaders refuses %j',
    (text) => expect(parseAdditionalHeaders(text)).toBeUndefined(),
  );
});

describe('signing', () => {
  const request: OssRequest = {
    method: 'PUT',
    bucket: 'b',
    key: 'k',
    query: [],
    headers: new Map([
      ['host', 'h'],
      ['range', 'r'],
      ['x-oss-date', DATE],
      ['content-type', 't'],
    ]),
  };

  test('additional headers are put in the form of the wire', () => {
    const names = ['Range', 'host', 'HOST', 'Content-Type', 'x-oss-date'];
    const authorization = fromHeader(signOssV4Header(nodeDigests, 'ak', 'sk', REGION, request, names));
    expect(authorization.additionalHeaders).toEqual(['host', 'range']);
    const url = signOssV4Url(
      nodeDigests,
      { accessKeyId: 'ak', accessKeySecret: 'sk' },
      REGION,
      request,
      DATE,
      60,
      names,
    );
    expect(memberOf(url, 'x-oss-additional-headers')).toBe('host;range');
  });

  test('the empty values take one of three forms', () => {
    const query: Pair[] = [
      ['uploads', ''],
      ['prefix', ''],
      ['a', '1'],
    ];
    const line = (form: EmptyValueForm) => ossV4CanonicalRequest({ ...request, query }, [], form).split('\n')[2];
    expect(line('bare')).toBe('a=1&prefix&uploads');
    expect(line('sub-resources-bare')).toBe('a=1&prefix=&uploads');
    expect(line('equals')).toBe('a=1&prefix=&uploads=');
  });

  test('the string to sign has four lines', () => {
    const text = ossV4StringToSign(nodeDigests, { date: '20231216', region: REGION }, DATE, 'x');
    expect(text.split('\n').slice(0, 3)).toEqual([OSS_V4_ALGORITHM, DATE, `20231216/${REGION}/oss/aliyun_v4_request`]);
  });
});

describe('verifyOssV4', () => {
  const arbitrary = fc.record({
    secret: secretKey,
    bucket: bucketName,
    key: anyText,
    query: uniquePairs(),
    headers: ossHeaders,
  });
  const requestOf = ({
    bucket,
    key,
    query,
    headers,
  }: {
    bucket: string;
    key: string;
    query: Pair[];
    headers: object;
  }): OssRequest => ({
    method: 'PUT',
    bucket,
    key,
    query,
    headers: new Map([
      ...Object.entries(headers),
      ['x-oss-date', DATE],
      ['x-oss-content-sha256', UNSIGNED_PAYLOAD],
      ['host', 'b.example.com'],
      ['range', 'not signed'],
    ]),
  });
  const verify = (secret: string, request: OssRequest, date: string, authorization: OssV4Authorization): boolean =>
    verifyOssV4(nodeDigests, ossV4SigningKey(nodeDigests, secret, authorization.scope), request, date, authorization);

  /** Every request that differs from the given one in a signed part. */
  function* changes(request: OssRequest, at: number, other: (text: string) => string): Generator<OssRequest> {
    yield { ...request, method: 'POST' };
    yield { ...request, bucket: other(request.bucket as string) };
    yield { ...request, key: other(request.key as string) };
    if (request.query.length > 0) {
      const i = at % request.query.length;
      const [name, value] = request.query[i] as Pair;
      yield { ...request, query: request.query.with(i, [name, other(value)]) };
      yield { ...request, query: request.query.with(i, [other(name), value]) };
      yield { ...request, query: request.query.toSpliced(i, 1) };
    }
    yield { ...request, query: [...request.query, ['added parameter', '']] };
    yield { ...request, query: [...request.query, ['', '']] };
    for (const [name, value] of request.headers) {
      if (name === 'range') continue;
      const changed = other(value);
      if (changed.trim() !== value) yield { ...request, headers: new Map([...request.headers, [name, changed]]) };
      yield { ...request, headers: new Map([...request.headers].filter(([n]) => n !== name)) };
    }
    yield { ...request, headers: new Map([...request.headers, ['x-oss-added', '']]) };
  }

  test('a header signature holds for what was signed, whatever the order and the headers that are not signed', () => {
    fc.assert(
      fc.property(arbitrary, fc.boolean(), ({ secret, ...given }, named) => {
        const request = requestOf(given);
        const authorization = fromHeader(
          signOssV4Header(nodeDigests, 'id', secret, REGION, request, named ? ['Host'] : []),
        );
        const sent = {
          ...request,
          query: [...request.query].reverse(),
          headers: new Map([...request.headers, ['range', 'x'] as const].reverse()),
        };
        return verify(secret, sent, DATE, authorization);
      }),
    );
  });

  test('any change of a signed part, the secret, the scope, the date or the signature is refused in a header', () => {
    fc.assert(
      fc.property(arbitrary, fc.nat(), fc.infiniteStream(fc.nat(0xffff)), ({ secret, ...given }, at, picks) => {
        const request = requestOf(given);
        const other = (text: string) => changedText(text, picks);
        const authorization = fromHeader(signOssV4Header(nodeDigests, 'id', secret, REGION, request, ['host']));
        const { scope, signature } = authorization;
        expect(verify(secret, request, DATE, authorization)).toBe(true);
        expect(verify(other(secret), request, DATE, authorization)).toBe(false);
        expect(verify(secret, request, other(DATE), authorization)).toBe(false);
        expect(verify(secret, request, DATE, { ...authorization, signature: other(signature) })).toBe(false);
        expect(verify(secret, request, DATE, { ...authorization, scope: { ...scope, region: other(REGION) } })).toBe(
          false,
        );
        expect(verify(secret, request, DATE, { ...authorization, scope: { ...scope, date: other(scope.date) } })).toBe(
          false,
        );
        expect(verify(secret, request, DATE, { ...authorization, additionalHeaders: [] })).toBe(false);
        expect(verify(secret, request, DATE, { ...authorization, additionalHeaders: ['host', 'range'] })).toBe(false);
        for (const changed of changes(request, at, other))
          expect(verify(secret, changed, DATE, authorization)).toBe(false);
      }),
    );
  });

  test('a URL signature holds, and no part of it can be changed', () => {
    const token = fc.option(anyText, { nil: undefined });
    fc.assert(
      fc.property(
        arbitrary,
        token,
        fc.nat(),
        fc.infiniteStream(fc.nat(0xffff)),
        ({ secret, ...given }, securityToken, at, picks) => {
          const request = requestOf(given);
          const credentials = { accessKeyId: 'id', accessKeySecret: secret, securityToken };
          const url = signOssV4Url(nodeDigests, credentials, REGION, request, DATE, 600, ['host']);
          const { date, authorization } = fromUrl(url);
          const seen = withoutOssV4UrlSignature({ ...request, query: url });
          const other = (text: string) => changedText(text, picks);
          expect(verify(secret, seen, date, authorization)).toBe(true);
          expect(verify(other(secret), seen, date, authorization)).toBe(false);
          expect(verify(secret, seen, other(date), authorization)).toBe(false);
          expect(verify(secret, seen, date, { ...authorization, signature: other(authorization.signature) })).toBe(
            false,
          );
          for (const changed of changes(seen, at, other))
            expect(verify(secret, changed, date, authorization)).toBe(false);
        },
      ),
    );
  });

  test('empty values hold in each form that official clients sign', () => {
    const request = requestOf({
      bucket: 'b',
      key: '',
      query: [
        ['uploads', ''],
        ['prefix', ''],
        ['key-marker', ''],
        ['max-uploads', '5'],
      ],
      headers: {},
    });
    const scope = { date: DATE.slice(0, 8), region: REGION };
    const key = ossV4SigningKey(nodeDigests, 'sk', scope);
    for (const form of ['bare', 'sub-resources-bare', 'equals'] as const) {
      const text = ossV4StringToSign(nodeDigests, scope, DATE, ossV4CanonicalRequest(request, [], form));
      const signature = Buffer.from(nodeDigests.hmacSha256(key, new TextEncoder().encode(text))).toString('hex');
      const authorization = { accessKeyId: 'id', scope, additionalHeaders: [], signature };
      expect(verifyOssV4(nodeDigests, key, request, DATE, authorization), form).toBe(true);
      const filled = { ...request, query: request.query.with(1, ['prefix', 'x'] as const) };
      expect(verifyOssV4(nodeDigests, key, filled, DATE, authorization), form).toBe(false);
    }
  });

  test('a request that one text could not tell from another is refused even if it was signed so', () => {
    const plain = requestOf({ bucket: 'b', key: 'k', query: [], headers: {} });
    const odd: OssRequest[] = [
      {
        ...plain,
        query: [
          ['versionId', 'a'],
          ['versionId', 'b'],
        ],
      },
      { ...plain, query: [['', '']] },
      { ...plain, bucket: 'b/c' },
      { ...plain, bucket: '' },
      { ...plain, bucket: undefined },
      { ...plain, headers: new Map([...plain.headers, ['x-oss-a', '1\nx-oss-b:2']]) },
      { ...plain, headers: new Map([...plain.headers, ['x-oss-a:1', '2']]) },
    ];
    for (const request of odd) {
      const authorization = fromHeader(signOssV4Header(nodeDigests, 'id', 'sk', REGION, request));
      expect(verify('sk', request, DATE, authorization)).toBe(false);
    }
  });

  test('a named header that was not sent is refused', () => {
    const request = requestOf({ bucket: 'b', key: 'k', query: [], headers: {} });
    const authorization = fromHeader(signOssV4Header(nodeDigests, 'id', 'sk', REGION, request, ['if-match']));
    expect(verify('sk', request, DATE, authorization)).toBe(false);
  });

  test('a long query is verified in a time that does not explode', () => {
    const query = parseQuery(Array.from({ length: 20_000 }, (_, i) => `p${i}`).join('&')) ?? [];
    const request = requestOf({ bucket: 'b', key: 'k', query, headers: {} });
    const authorization = fromHeader(signOssV4Header(nodeDigests, 'id', 'sk', REGION, request));
    const before = performance.now();
    expect(verify('sk', request, DATE, authorization)).toBe(true);
    expect(performance.now() - before).toBeLessThan(2_000);
  });
});
