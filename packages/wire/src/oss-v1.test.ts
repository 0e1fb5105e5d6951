import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Pair } from './encoding.js';
import { nobleDigests } from './noble.js';
import { nodeDigests } from './node.js';
import type { OssRequest } from './oss-request.js';
import { isOssSubResource } from './oss-sub-resources.js';
import {
  OSS_V1_URL_PARAMETERS,
  ossV1Date,
  ossV1StringToSign,
  parseOssV1Authorization,
  signOssV1Header,
  signOssV1Url,
  verifyOssV1Header,
  verifyOssV1Url,
} from './oss-v1.js';
import {
  anyText,
  bucketName,
  changedText,
  ossHeaders,
  pairsOf,
  secretKey,
  subResources,
} from './testing/arbitraries.js';
import vectors from './vectors/oss-v1.json' with { type: 'json' };

const DATE = 'Wed, 28 Dec 2022 10:27:41 GMT';
const memberOf = (query: readonly Pair[], name: string): string => query.find(([n]) => n === name)?.[1] ?? '';

describe.each([
  ['node', nodeDigests],
  ['noble', nobleDigests],
] as const)('OSS V1 signature (%s)', (_, digests) => {
  test.each(vectors.header)('header: $name', ({ accessKeyId, secret, signature, query, headers, ...rest }) => {
    const request: OssRequest = { ...rest, query: pairsOf(query), headers: new Map(pairsOf(headers).reverse()) };
    const header = signOssV1Header(digests, accessKeyId, secret, request);
    expect(header).toBe(`OSS ${accessKeyId}:${signature}`);
    expect(parseOssV1Authorization(header)).toEqual({ accessKeyId, signature });
    expect(verifyOssV1Header(digests, secret, request, signature)).toBe(true);
  });

  test.each(vectors.url)(
    'URL: $name',
    ({ accessKeyId, secret, signature, query, expires, securityToken, bucket, key }) => {
      const request: OssRequest = { method: 'GET', bucket, key, query: pairsOf(query), headers: new Map() };
      const credentials = { accessKeyId, accessKeySecret: secret, securityToken };
      const url = signOssV1Url(digests, credentials, request, expires);
      expect(OSS_V1_URL_PARAMETERS.map((name) => memberOf(url, name))).toEqual([
        accessKeyId,
        String(expires),
        signature,
      ]);
      expect(memberOf(url, 'security-token')).toBe(securityToken ?? '');
      expect(verifyOssV1Url(digests, secret, { ...request, query: url }, String(expires), signature)).toBe(true);
    },
  );
});

describe('ossV1StringToSign', () => {
  test('of a bucket and of the service', () => {
    const request = { method: 'get', query: [], headers: new Map() };
    expect(ossV1StringToSign({ ...request, bucket: 'b' }, DATE)).toBe(`GET\n\n\n${DATE}\n/b/`);
    expect(ossV1StringToSign(request, DATE)).toBe(`GET\n\n\n${DATE}\n/`);
  });

  test('the date line is x-oss-date before date', () => {
    expect(
      ossV1Date(
        new Map([
          ['date', 'a'],
          ['x-oss-date', ' b '],
        ]),
      ),
    ).toBe('b');
    expect(ossV1Date(new Map([['date', 'a']]))).toBe('a');
    expect(ossV1Date(new Map())).toBe('');
  });
});

describe('parseOssV1Authorization', () => {
  const signature = `${'A'.repeat(27)}=`;
  test.each([
    '',
    `OSS id`,
    `OSS id:`,
    `OSS :${signature}`,
    `oss id:${signature}`,
    `OSS  id:${signature}`,
    `OSS id:${signature}=`,
    `OSS id:${signature}\n`,
    `OSS id:x:${signature}`,
    `AWS id:${signature}`,
  ])('refuses %j', (text) => expect(parseOssV1Authorization(text)).toBeUndefined());
});

describe('verifying V1', () => {
  const arbitrary = fc.record({
    secret: secretKey,
    bucket: bucketName,
    key: anyText,
    query: subResources,
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
    query: [...query, ['prefix', 'not signed']],
    headers: new Map([...Object.entries(headers), ['x-oss-date', DATE], ['range', 'not signed']]),
  });
  const headerSignature = (secret: string, request: OssRequest): string =>
    parseOssV1Authorization(signOssV1Header(nodeDigests, 'id', secret, request))?.signature ?? '';

  /** Every request that differs from the given one in a signed part. */
  function* changes(request: OssRequest, at: number, other: (text: string) => string): Generator<OssRequest> {
    yield { ...request, method: 'POST' };
    yield { ...request, bucket: other(request.bucket as string) };
    yield { ...request, key: other(request.key as string) };
    const signed = [...request.query.keys()].filter((i) => isOssSubResource((request.query[i] as Pair)[0]));
    if (signed.length > 0) {
      const i = signed[at % signed.length] as number;
      const [name, value] = request.query[i] as Pair;
      yield { ...request, query: request.query.with(i, [name, other(value)]) };
      yield { ...request, query: request.query.with(i, [other(name), value]) };
      yield { ...request, query: request.query.toSpliced(i, 1) };
    }
    yield { ...request, query: [...request.query, ['worm', '']] };
    for (const [name, value] of request.headers) {
      if (name === 'range') continue;
      const changed = other(value);
      if (changed.trim() !== value) yield { ...request, headers: new Map([...request.headers, [name, changed]]) };
      yield { ...request, headers: new Map([...request.headers].filter(([n]) => n !== name)) };
    }
    yield { ...request, headers: new Map([...request.headers, ['x-oss-added', '']]) };
  }

  test('a header signature holds for what was signed, whatever the order and the parts that are not signed', () => {
    fc.assert(
      fc.property(arbitrary, ({ secret, ...given }) => {
        const request = requestOf(given);
        const sent: OssRequest = {
          ...request,
          query: [...request.query.filter(([name]) => name !== 'prefix'), ['marker', 'x'] as const].reverse(),
          headers: new Map([...request.headers].filter(([name]) => name !== 'range').reverse()),
        };
        return verifyOssV1Header(nodeDigests, secret, sent, headerSignature(secret, request));
      }),
    );
  });

  test('any change of a signed part, the secret or the signature is refused in a header', () => {
    fc.assert(
      fc.property(arbitrary, fc.nat(), fc.infiniteStream(fc.nat(0xffff)), ({ secret, ...given }, at, picks) => {
        const request = requestOf(given);
        const other = (text: string) => changedText(text, picks);
        const signature = headerSignature(secret, request);
        expect(verifyOssV1Header(nodeDigests, other(secret), request, signature)).toBe(false);
        expect(verifyOssV1Header(nodeDigests, secret, request, other(signature))).toBe(false);
        for (const changed of changes(request, at, other)) {
          expect(verifyOssV1Header(nodeDigests, secret, changed, signature)).toBe(false);
        }
      }),
    );
  });

  test('a URL signature holds, and no signed part of it can be changed', () => {
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
          const url = signOssV1Url(nodeDigests, credentials, request, 1_699_807_420);
          const signature = memberOf(url, 'Signature');
          const sent = { ...request, query: url };
          const verify = (changed: OssRequest, expires = '1699807420', key = secret, text = signature) =>
            verifyOssV1Url(nodeDigests, key, changed, expires, text);
          const other = (text: string) => changedText(text, picks);
          expect(verify(sent)).toBe(true);
          expect(verify(sent, other('1699807420'))).toBe(false);
          expect(verify(sent, '1699807420', other(secret))).toBe(false);
          expect(verify(sent, '1699807420', secret, other(signature))).toBe(false);
          for (const changed of changes(sent, at, other)) {
            expect(verify(changed)).toBe(false);
          }
        },
      ),
    );
  });

  describe('one signed text has one accepted request', () => {
    const headers = new Map([['date', DATE]]);
    const holds = (signed: Partial<OssRequest>, sent: Partial<OssRequest>): boolean => {
      const base: OssRequest = { method: 'PUT', bucket: 'b', key: 'k', query: [], headers };
      return verifyOssV1Header(nodeDigests, 's', { ...base, ...sent }, headerSignature('s', { ...base, ...signed }));
    };

    test.each<[string, Partial<OssRequest>, Partial<OssRequest>]>([
      ['a sub-resource moved into the key', { query: [['acl', '']] }, { key: 'k?acl' }],
      [
        'a part upload turned into an object',
        {
          query: [
            ['partNumber', '1'],
            ['uploadId', 'X'],
          ],
        },
        { key: 'k?partNumber=1&uploadId=X' },
      ],
      [
        'a sub-resource moved into a value',
        {
          query: [
            ['response-content-type', 'a'],
            ['versionId', 'v'],
          ],
        },
        { query: [['response-content-type', 'a&versionId=v']] },
      ],
      ['a value moved into a name', { query: [['x-oss-a', 'b']] }, { query: [['x-oss-a=b', '']] }],
      [
        'two names as one',
        {
          query: [
            ['x-oss-a', ''],
            ['x-oss-b', ''],
          ],
        },
        { query: [['x-oss-a&x-oss-b', '']] },
      ],
      ['a key moved into the bucket', { key: 'd/k' }, { bucket: 'b/d', key: 'k' }],
      [
        'a repeated sub-resource',
        {
          query: [
            ['versionId', 'a'],
            ['versionId', 'b'],
          ],
        },
        {
          query: [
            ['versionId', 'a'],
            ['versionId', 'b'],
          ],
        },
      ],
      ['a key without a bucket', { bucket: undefined, key: undefined }, { bucket: undefined, key: 'k' }],
      ['an empty bucket', { bucket: '', key: 'k' }, { bucket: '', key: 'k' }],
    ])('%s is refused', (_, signed, sent) => expect(holds(signed, sent)).toBe(false));

    test.each<[string, Partial<OssRequest>]>([
      ['a question mark in the key', { key: 'why?' }],
      ['a question in the key', { key: 'a?b=c&d', query: [['acl', '']] }],
      ['a key that only looks like a query', { key: 'what?prefix=x' }],
      [
        'an ampersand and a question mark in a value',
        { query: [['response-content-disposition', 'attachment; filename="a&b?acl.mp4"']] },
      ],
      [
        'an equals sign in a value',
        {
          query: [
            ['callback', 'eyJ9=='],
            ['callback-var', 'e30='],
          ],
        },
      ],
      ['a line break in the key', { key: 'a\n/b/c' }],
      ['a call on the service', { bucket: undefined, key: undefined, query: [['regionList', '']] }],
    ])('%s holds', (_, request) => expect(holds(request, request)).toBe(true));

    test('a header line cannot be taken into the date of a URL, nor a header signature into a URL', () => {
      const query: Pair[] = [];
      const signed: OssRequest = { method: 'GET', bucket: 'b', key: 'k', query, headers: new Map([['x-oss-a', '1']]) };
      const url = signOssV1Url(nodeDigests, { accessKeyId: 'id', accessKeySecret: 's' }, signed, 5);
      const bare: OssRequest = { ...signed, headers: new Map() };
      expect(verifyOssV1Url(nodeDigests, 's', signed, '5', memberOf(url, 'Signature'))).toBe(true);
      expect(ossV1StringToSign(bare, '5\nx-oss-a:1')).toBe(ossV1StringToSign(signed, '5'));
      expect(verifyOssV1Url(nodeDigests, 's', bare, '5\nx-oss-a:1', memberOf(url, 'Signature'))).toBe(false);
      const dated: OssRequest = { ...bare, headers: new Map([['date', DATE]]) };
      expect(verifyOssV1Url(nodeDigests, 's', bare, DATE, headerSignature('s', dated))).toBe(false);
    });

    test('a URL signature moved to a header is refused, and so is a header without a date', () => {
      const bare: OssRequest = { method: 'GET', bucket: 'b', key: 'k', query: [], headers: new Map() };
      const url = signOssV1Url(nodeDigests, { accessKeyId: 'id', accessKeySecret: 's' }, bare, 1_699_807_420);
      const dated = { ...bare, headers: new Map([['date', '1699807420']]) };
      expect(verifyOssV1Header(nodeDigests, 's', dated, memberOf(url, 'Signature'))).toBe(false);
      expect(verifyOssV1Header(nodeDigests, 's', bare, headerSignature('s', bare))).toBe(false);
    });

    test('a header of two lines is refused', () => {
      const folded = {
        headers: new Map([
          ['date', DATE],
          ['x-oss-a', '1\nx-oss-b:2'],
        ]),
      };
      expect(holds(folded, folded)).toBe(false);
      const colon = {
        headers: new Map([
          ['date', DATE],
          ['x-oss-a:1', '2'],
        ]),
      };
      expect(holds(colon, colon)).toBe(false);
    });
  });

  test('a key of question marks costs no more than its length', () => {
    const key = '?abc=&'.repeat(20_000);
    const request: OssRequest = { method: 'GET', bucket: 'b', key, query: [], headers: new Map([['date', DATE]]) };
    const signature = headerSignature('s', request);
    const before = performance.now();
    expect(verifyOssV1Header(nodeDigests, 's', request, signature)).toBe(true);
    expect(performance.now() - before).toBeLessThan(500);
  });
});
