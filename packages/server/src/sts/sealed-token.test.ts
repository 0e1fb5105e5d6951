import { base64Url, base64UrlDecode } from '@sluice/wire';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { keyRing, newMasterKey } from '../keys/key-ring.js';
import { movableClock, someRandom } from '../testing/fixed-parts.js';
import { base62, MAX_TOKEN_LENGTH, openToken, sealToken, type TokenClaims } from './sealed-token.js';

const clock = movableClock();
const newKey = (id: number) => newMasterKey(id, clock, someRandom);
const ring = keyRing([newKey(7)]);

const text = fc.string({ unit: 'binary', maxLength: 60 }).map((given) => Buffer.from(given).toString());
const instant = fc.integer({ min: 0, max: 2 ** 45 });
const session = fc.record(
  {
    kind: fc.constant('session' as const),
    accountId: text,
    roleId: text,
    roleName: text,
    sessionName: text,
    sessionPolicy: text,
    sourceIdentity: text,
    issuedAt: instant,
    expiresAt: instant,
  },
  { requiredKeys: ['kind', 'accountId', 'roleId', 'roleName', 'sessionName', 'issuedAt', 'expiresAt'] },
);
const grant = fc.record({
  kind: fc.constant('upload-grant' as const),
  accountId: text,
  mediaId: text,
  bucket: text,
  key: text,
  issuedAt: instant,
  expiresAt: instant,
});
const anyClaims: fc.Arbitrary<TokenClaims> = fc.oneof(session, grant);

const claims: TokenClaims = {
  kind: 'session',
  accountId: '1000000000000001',
  roleId: '2',
  roleName: 'uploader',
  sessionName: 'alice',
  issuedAt: 1,
  expiresAt: 2,
};
const seal = (given: TokenClaims = claims) => sealToken(ring, someRandom, given);
const malformed = { ok: false, failure: 'malformed-token' };

describe('a security token', () => {
  test('opens to what was sealed, with the secret that was handed out', () => {
    fc.assert(
      fc.property(anyClaims, (given) => {
        const made = seal(given);
        expect(openToken(ring, made.accessKeyId, made.securityToken)).toEqual({
          ok: true,
          claims: given,
          secret: made.accessKeySecret,
        });
      }),
    );
  });

  test('has the shape that clients know: STS.…, a base62 secret, a token safe in URLs', () => {
    const { accessKeyId, accessKeySecret, securityToken } = seal();
    expect(accessKeyId).toMatch(/^STS\.[0-9A-Za-z]{22}$/);
    expect(accessKeySecret).toMatch(/^[0-9A-Za-z]{43}$/);
    expect(securityToken).toMatch(/^[A-Za-z0-9_-]+$/);
  });

  test('shows neither its claims nor its secret', () => {
    const made = seal({ ...claims, sessionPolicy: 'a policy that nobody should read' });
    const bytes = Buffer.from(made.securityToken, 'base64url').toString('latin1');
    for (const hidden of ['alice', 'policy', made.accessKeySecret]) expect(bytes).not.toContain(hidden);
  });

  test('is malformed with any one bit flipped, never accepted', () => {
    fc.assert(
      fc.property(anyClaims, fc.nat(), (given, pick) => {
        const made = seal(given);
        const bytes = Buffer.from(made.securityToken, 'base64url');
        const bit = pick % (bytes.length * 8);
        bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(openToken(ring, made.accessKeyId, base64Url(bytes))).toEqual(malformed);
      }),
      { numRuns: 500 },
    );
  });

  test('is malformed with any one character changed, taken away or put in', () => {
    const made = seal();
    const token = made.securityToken;
    for (let at = 0; at <= token.length; at++) {
      const [head, tail] = [token.slice(0, at), token.slice(at + 1)];
      for (const changed of [`${head}A${tail}`, `${head}~${tail}`, head + tail, `${head}A${token.slice(at)}`]) {
        if (changed !== token) expect(openToken(ring, made.accessKeyId, changed), `at ${at}`).toEqual(malformed);
      }
    }
  });

  test('has one spelling only: no padding, no standard alphabet, no blanks', () => {
    const made = seal();
    for (const other of [`${made.securityToken}=`, ` ${made.securityToken}`, `${made.securityToken}\n`])
      expect(openToken(ring, made.accessKeyId, other)).toEqual(malformed);
  });

  test('of another access key is told apart from a forged one', () => {
    const [a, b] = [seal(), seal()];
    const mismatched = { ok: false, failure: 'mismatched-token' };
    expect(openToken(ring, b.accessKeyId, a.securityToken)).toEqual(mismatched);
    expect(openToken(ring, 'LTAI1', a.securityToken)).toEqual(mismatched);
    expect(openToken(ring, '', a.securityToken)).toEqual(mismatched);
    expect(openToken(ring, `${a.accessKeyId}x`, a.securityToken)).toEqual(mismatched);
  });

  test('never shares an id, a secret or a text with another', () => {
    const made = Array.from({ length: 300 }, () => seal());
    for (const member of ['accessKeyId', 'accessKeySecret', 'securityToken'] as const)
      expect(new Set(made.map((one) => one[member])).size).toBe(made.length);
  });

  test('of an old key opens while the key is in the ring', () => {
    const made = seal();
    const rotated = keyRing([ring.current, newKey(8)]);
    expect(openToken(rotated, made.accessKeyId, made.securityToken).ok).toBe(true);
    expect(sealToken(rotated, someRandom, claims).securityToken).not.toBe(made.securityToken);
    expect(openToken(keyRing([newKey(8)]), made.accessKeyId, made.securityToken)).toEqual(malformed);
  });

  test('does not open under a new key that took the old one’s number', () => {
    const made = seal();
    expect(openToken(keyRing([newKey(7)]), made.accessKeyId, made.securityToken)).toEqual(malformed);
  });

  test('with a policy of the greatest length stays well below the limit', () => {
    const long = seal({ ...claims, sessionPolicy: '用'.repeat(2048), sessionName: 'x'.repeat(64) });
    expect(long.securityToken.length).toBeLessThan(MAX_TOKEN_LENGTH / 1.5);
    expect(openToken(ring, long.accessKeyId, long.securityToken).ok).toBe(true);
  });

  test('beyond the limit is not even decoded', () => {
    const huge = seal({ ...claims, sessionPolicy: 'x'.repeat(MAX_TOKEN_LENGTH) });
    expect(openToken(ring, huge.accessKeyId, huge.securityToken)).toEqual(malformed);
  });

  test('that is garbage is malformed, whatever the garbage', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.base64String(), fc.uint8Array().map(base64Url)),
        (given) => {
          expect(openToken(ring, 'STS.x', given)).toEqual(malformed);
        },
      ),
    );
    // A genuine header with nothing after it.
    const bytes = base64UrlDecode(seal().securityToken) as Uint8Array;
    for (const length of [0, 1, 20, 21, 36, 37, 38])
      expect(openToken(ring, 'STS.x', base64Url(bytes.subarray(0, length)))).toEqual(malformed);
  });

  test('whose claims this version does not know is malformed', () => {
    const odd = sealToken(ring, someRandom, { ...claims, kind: 'root' } as unknown as TokenClaims);
    expect(openToken(ring, odd.accessKeyId, odd.securityToken)).toEqual(malformed);
  });
});

describe('base62', () => {
  test('has one length for a number of bytes, and never the same text for two', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        (a, b) => {
          expect(base62(a)).toHaveLength(22);
          expect(base62(a) === base62(b)).toBe(Buffer.compare(a, b) === 0);
        },
      ),
    );
    expect(base62(new Uint8Array(32).fill(255))).toHaveLength(43);
  });
});
