import { hkdfSync, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { movableClock, someRandom } from '../testing/fixed-parts.js';
import { deriveKey, keyedDigest, keyRing, newMasterKey, openSecret, sealSecret } from './key-ring.js';

const clock = movableClock();
const newKey = (id: number) => newMasterKey(id, clock, someRandom);
const ring = keyRing([newKey(1)]);

describe('a key ring', () => {
  test('signs with its newest key and finds all of them', () => {
    const keys = [newKey(3), newKey(1), newKey(2)];
    const three = keyRing(keys);
    expect(three.current.id).toBe(3);
    expect(three.find(1)).toBe(keys[1]);
    expect(three.find(4)).toBeUndefined();
  });

  test('needs a key', () => {
    expect(() => keyRing([])).toThrow('at least one key');
  });

  test('gives every purpose and every subject bytes of its own', () => {
    const made = ['token', 'visitor', 'secret-at-rest'].flatMap((purpose) =>
      ['a', 'b']
        .map((subject) => Buffer.from(subject))
        .flatMap((subject) => [
          deriveKey(ring.current, purpose, subject, 32).toString('hex'),
          keyedDigest(ring.current, purpose, subject).toString('hex'),
        ]),
    );
    expect(new Set(made).size).toBe(made.length);
  });
});

describe('a sealed secret', () => {
  test('opens in its context, and is never sealed the same way twice', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (context, secret) => {
        const wellFormed = Buffer.from(secret).toString();
        const sealed = sealSecret(ring, someRandom, context, wellFormed);
        expect(openSecret(ring, context, sealed)).toBe(wellFormed);
        expect(sealSecret(ring, someRandom, context, wellFormed)).not.toBe(sealed);
      }),
    );
  });

  test('does not show what is inside', () => {
    const sealed = sealSecret(ring, someRandom, 'access-key:a', 'the-secret-text');
    expect(sealed).not.toContain('the-secret');
    expect(Buffer.from(sealed.split('.')[2] ?? '', 'base64url').toString('latin1')).not.toContain('the-secret');
  });

  test('does not open in another row', () => {
    const sealed = sealSecret(ring, someRandom, 'access-key:a', 'secret');
    expect(openSecret(ring, 'access-key:b', sealed)).toBeUndefined();
    expect(openSecret(ring, '', sealed)).toBeUndefined();
  });

  test('does not open under another installation’s key', () => {
    const sealed = sealSecret(ring, someRandom, 'c', 'secret');
    expect(openSecret(keyRing([newKey(1)]), 'c', sealed)).toBeUndefined();
    expect(openSecret(keyRing([newKey(2)]), 'c', sealed)).toBeUndefined();
  });

  test('goes on to open after the key was rotated', () => {
    const sealed = sealSecret(ring, someRandom, 'c', 'secret');
    expect(openSecret(keyRing([ring.current, newKey(2)]), 'c', sealed)).toBe('secret');
  });

  test('does not open when any character is changed', () => {
    const sealed = sealSecret(ring, someRandom, 'c', 'secret');
    for (let at = 0; at < sealed.length; at++) {
      const other = sealed[at] === 'A' ? 'B' : 'A';
      expect(openSecret(ring, 'c', sealed.slice(0, at) + other + sealed.slice(at + 1)), `at ${at}`).toBeUndefined();
    }
  });

  test('is refused when it is no sealed secret at all', () => {
    for (const text of ['', '.', '..', '1', '1..', '1.AAAA', '1.AAAA.AAAA', 'x.AAAA.AAAA', '1.!.!', '1.AA=.AA=='])
      expect(openSecret(ring, 'c', text), text).toBeUndefined();
  });
});

test.each([1, 31, 32, 33, 44, 64, 100])('derives %i bytes as HKDF-SHA256 does', (length) => {
  const key = newMasterKey(1, { now: () => 0 }, { bytes: (n) => randomBytes(n) });
  for (const subject of [Buffer.alloc(0), randomBytes(16), randomBytes(100)]) {
    const expected = Buffer.from(hkdfSync('sha256', key.secret, subject, 'sluice/token', length));
    expect(deriveKey(key, 'token', subject, length)).toEqual(expected);
  }
});
