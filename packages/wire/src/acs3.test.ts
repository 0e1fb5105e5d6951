import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Acs3Request,
  acs3CanonicalRequest,
  acs3SignableHeaders,
  acs3StringToSign,
  parseAcs3Authorization,
  signAcs3,
  verifyAcs3,
} from './acs3.js';
import { hex, type Pair, utf8 } from './encoding.js';
import { nobleDigests } from './noble.js';
import { nodeDigests } from './node.js';
import { changedText, headerValue, pairsOf, uniquePairs } from './testing/arbitraries.js';
import vectors from './vectors/acs3.json' with { type: 'json' };

const sha256 = (text: string): string => hex(nodeDigests.sha256(utf8(text)));

describe.each([
  ['node', nodeDigests],
  ['noble', nobleDigests],
] as const)('ACS3 signature (%s)', (_, digests) => {
  test.each(vectors)('$name', (vector) => {
    const request: Acs3Request = {
      method: vector.method,
      query: pairsOf(vector.query).reverse(),
      headers: new Map(pairsOf(vector.headers).reverse()),
      bodySha256: hex(digests.sha256(utf8(vector.body))),
    };
    const canonical = acs3CanonicalRequest(request, acs3SignableHeaders(request.headers));
    expect(acs3StringToSign(digests, canonical)).toBe(`ACS3-HMAC-SHA256\n${vector.canonicalHash}`);
    const header = signAcs3(digests, vector.accessKeyId, vector.secret, request);
    const authorization = parseAcs3Authorization(header);
    expect(authorization).toEqual({
      accessKeyId: vector.accessKeyId,
      signedHeaders: Object.keys(vector.headers),
      signature: vector.signature,
    });
    expect(authorization && verifyAcs3(digests, vector.secret, request, authorization)).toBe(true);
  });
});

describe('parseAcs3Authorization', () => {
  const signature = 'a'.repeat(64);
  test('reads members with and without blanks between them', () => {
    const read = { accessKeyId: 'STS.x', signedHeaders: ['a', 'b'], signature };
    expect(
      parseAcs3Authorization(`ACS3-HMAC-SHA256 Credential=STS.x,SignedHeaders=a;b,Signature=${signature}`),
    ).toEqual(read);
    expect(
      parseAcs3Authorization(`ACS3-HMAC-SHA256 Credential=STS.x, SignedHeaders=a;b, Signature=${signature}`),
    ).toEqual(read);
  });

  test.each([
    '',
    'ACS3-HMAC-SHA256',
    `ACS3-HMAC-SM3 Credential=x,SignedHeaders=a,Signature=${signature}`,
    `ACS3-HMAC-SHA256 Credential=,SignedHeaders=a,Signature=${signature}`,
    `ACS3-HMAC-SHA256 Credential=x,SignedHeaders=,Signature=${signature}`,
    `ACS3-HMAC-SHA256 Credential=x,Signature=${signature}`,
    `ACS3-HMAC-SHA256 Credential=x,SignedHeaders=a,Signature=${signature.toUpperCase()}`,
    `ACS3-HMAC-SHA256 Credential=x,SignedHeaders=a,Signature=${signature}0`,
    `ACS3-HMAC-SHA256 Credential=x,SignedHeaders=a,Signature=${signature}\n`,
    `ACS3-HMAC-SHA256 Credential=x,SignedHeaders=a,Signature=${signature},Signature=${signature}`,
  ])('refuses %j', (text) => expect(parseAcs3Authorization(text)).toBeUndefined());
});

describe('verifyAcs3', () => {
  const arbitrary = fc.record({
    key: fc.stringMatching(/^[A-Za-z0-9]{1,40}$/),
    query: uniquePairs(),
    host: fc.domain(),
    token: headerValue,
    body: fc.string({ unit: 'binary', maxLength: 30 }),
  });
  type Given = typeof arbitrary extends fc.Arbitrary<infer T> ? T : never;
  const requestOf = ({ query, host, token, body }: Omit<Given, 'key'>): Acs3Request => ({
    method: 'POST',
    query,
    headers: new Map([
      ['host', host],
      ['user-agent', 'any'],
      ['content-type', 'application/x-www-form-urlencoded'],
      ['x-acs-action', 'AssumeRole'],
      ['x-acs-version', '2015-04-01'],
      ['x-acs-date', '2026-01-01T00:00:00Z'],
      ['x-acs-signature-nonce', 'n'],
      ['x-acs-content-sha256', sha256(body)],
      ['x-acs-security-token', token],
    ]),
    bodySha256: sha256(body),
  });
  const signed = (key: string, request: Acs3Request) => {
    const authorization = parseAcs3Authorization(signAcs3(nodeDigests, 'id', key, request));
    if (!authorization) throw new Error('unreadable');
    return authorization;
  };
  const withHeader = (request: Acs3Request, name: string, value: string | undefined): Acs3Request => {
    const headers = new Map(request.headers);
    if (value === undefined) headers.delete(name);
    else headers.set(name, value);
    return { ...request, headers };
  };
  const SIGNED = [
    'content-type',
    'host',
    'x-acs-action',
    'x-acs-content-sha256',
    'x-acs-date',
    'x-acs-security-token',
    'x-acs-signature-nonce',
    'x-acs-version',
  ];
  const plain = requestOf({ query: [], host: 'h', token: 't', body: 'a=1' });

  test('holds for what was signed, whatever the order and whatever the unsigned headers', () => {
    fc.assert(
      fc.property(arbitrary, ({ key, ...given }) => {
        const request = requestOf(given);
        const sent = {
          ...request,
          query: [...request.query].reverse(),
          headers: new Map([...request.headers].reverse()),
        };
        return verifyAcs3(nodeDigests, key, withHeader(sent, 'user-agent', 'other'), signed(key, request));
      }),
    );
  });

  test('any change of a signed part is refused', () => {
    fc.assert(
      fc.property(
        arbitrary,
        fc.constantFrom(...SIGNED),
        fc.nat(),
        fc.infiniteStream(fc.nat(0xffff)),
        ({ key, ...given }, header, at, picks) => {
          const request = requestOf(given);
          const authorization = signed(key, request);
          const refused = (changed: Acs3Request, secret = key, auth = authorization) =>
            expect(verifyAcs3(nodeDigests, secret, changed, auth)).toBe(false);
          const other = (text: string) => changedText(text, picks);
          const value = request.headers.get(header) as string;
          refused({ ...request, method: 'GET' });
          refused(request, other(key));
          refused(request, key, { ...authorization, signature: other(authorization.signature) });
          refused(withHeader(request, header, undefined));
          const changedValue = other(value);
          if (changedValue.trim() !== value.trim()) refused(withHeader(request, header, changedValue));
          refused({ ...request, bodySha256: sha256(`${given.body}x`) });
          refused(
            withHeader(
              { ...request, bodySha256: sha256(`${given.body}x`) },
              'x-acs-content-sha256',
              sha256(`${given.body}x`),
            ),
          );
          refused({ ...request, query: [...request.query, ['added', '']] });
          if (request.query.length > 0) {
            const i = at % request.query.length;
            const [name, text] = request.query[i] as Pair;
            refused({ ...request, query: request.query.with(i, [name, other(text)]) });
            refused({ ...request, query: request.query.with(i, [other(name), text]) });
            refused({ ...request, query: request.query.toSpliced(i, 1) });
          }
        },
      ),
    );
  });

  test.each(SIGNED)('a signature that leaves %s out is refused', (left) => {
    const signedHeaders = SIGNED.filter((name) => name !== left);
    const canonical = acs3CanonicalRequest(plain, signedHeaders);
    const signature = hex(nodeDigests.hmacSha256(utf8('k'), utf8(acs3StringToSign(nodeDigests, canonical))));
    expect(verifyAcs3(nodeDigests, 'k', plain, { accessKeyId: 'id', signedHeaders, signature })).toBe(false);
  });

  test('without a body the content type may stay unsigned: HTTP stacks add one on their own', () => {
    const request = withHeader(requestOf({ query: [], host: 'h', token: 't', body: '' }), 'content-type', undefined);
    const authorization = signed('k', request);
    expect(verifyAcs3(nodeDigests, 'k', withHeader(request, 'content-type', 'text/plain'), authorization)).toBe(true);
  });

  test('an added x-acs- header is refused', () => {
    expect(verifyAcs3(nodeDigests, 'k', withHeader(plain, 'x-acs-added', ''), signed('k', plain))).toBe(false);
  });

  test.each([
    ['unsorted', [...SIGNED].reverse()],
    ['repeated', [...SIGNED, 'x-acs-version']],
    ['not sent', ['a', ...SIGNED]],
    ['empty', ['', ...SIGNED]],
    ['in upper case', ['Accept', ...SIGNED]],
    ['of Object.prototype', ['constructor', ...SIGNED]],
  ])('a list of signed headers with a name %s is refused', (_, signedHeaders) => {
    const canonical = acs3CanonicalRequest(plain, signedHeaders);
    const signature = hex(nodeDigests.hmacSha256(utf8('k'), utf8(acs3StringToSign(nodeDigests, canonical))));
    expect(verifyAcs3(nodeDigests, 'k', plain, { accessKeyId: 'id', signedHeaders, signature })).toBe(false);
  });

  test('a repeated parameter or a header of two lines is refused even if it was signed so', () => {
    for (const request of [
      {
        ...plain,
        query: [
          ['a', '1'],
          ['a', '2'],
        ] as Pair[],
      },
      withHeader(plain, 'x-acs-action', 'A\nx-acs-b:1'),
    ]) {
      const signedHeaders = acs3SignableHeaders(request.headers);
      const canonical = acs3CanonicalRequest(request, signedHeaders);
      const signature = hex(nodeDigests.hmacSha256(utf8('k'), utf8(acs3StringToSign(nodeDigests, canonical))));
      expect(verifyAcs3(nodeDigests, 'k', request, { accessKeyId: 'id', signedHeaders, signature })).toBe(false);
    }
  });
});
