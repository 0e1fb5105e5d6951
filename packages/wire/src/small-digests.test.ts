import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hex, utf8 } from './encoding.js';
import { smallDigests } from './small-digests.js';

const pattern = (length: number, step: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * step + (i >> 3)) & 255);

describe('smallDigests', () => {
  it('hashes the examples of FIPS 180-4', () => {
    expect(hex(smallDigests.sha256(utf8('')))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(hex(smallDigests.sha256(utf8('abc')))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
    expect(hex(smallDigests.sha256(utf8('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq')))).toBe(
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    );
  });

  it('answers the examples of RFC 2202 and RFC 4231, also for keys longer than a block', () => {
    const key = utf8('Jefe');
    const data = utf8('what do ya want for nothing?');
    expect(hex(smallDigests.hmacSha1(key, data))).toBe('effcdf6ae5eb2fa2d27416d5f184df9c259a7c79');
    expect(hex(smallDigests.hmacSha256(key, data))).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
    const long = utf8('Test Using Larger Than Block-Size Key - Hash Key First');
    expect(hex(smallDigests.hmacSha1(new Uint8Array(80).fill(0xaa), long))).toBe(
      'aa4ae5e15272d00e95705637ce8a3b55ed402112',
    );
    expect(hex(smallDigests.hmacSha256(new Uint8Array(131).fill(0xaa), long))).toBe(
      '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    );
  });

  it('agrees with Node for every length around the blocks, of data and of keys, and for a megabyte', () => {
    for (const length of [...Array(260).keys(), 4095, 4096, 1_048_577]) {
      const data = pattern(length, 7);
      expect(hex(smallDigests.sha256(data)), `${length}`).toBe(createHash('sha256').update(data).digest('hex'));
      const key = pattern(length % 140, 11);
      expect(hex(smallDigests.hmacSha1(key, data)), `${length}`).toBe(
        createHmac('sha1', key).update(data).digest('hex'),
      );
      expect(hex(smallDigests.hmacSha256(key, data)), `${length}`).toBe(
        createHmac('sha256', key).update(data).digest('hex'),
      );
    }
  });

  it('hashes a view into a larger buffer, and leaves it as it was', () => {
    const whole = pattern(300, 3);
    const view = whole.subarray(17, 217);
    const before = view.slice();
    expect(hex(smallDigests.sha256(view))).toBe(createHash('sha256').update(before).digest('hex'));
    expect(view).toEqual(before);
  });

  // Roots may differ between engines in their last bit; that must not reach the 32 bits that are used.
  it('takes its constants from roots whose bits are far from where rounding would change them', () => {
    const primes = [...Array(312).keys()].filter(
      (n) => n > 1 && ![...Array(n).keys()].some((d) => d > 1 && n % d === 0),
    );
    expect(primes.length).toBe(64);
    for (const root of [...primes.slice(0, 8).map(Math.sqrt), ...primes.map(Math.cbrt)]) {
      const bits = (root % 1) * 2 ** 32;
      // A last bit is 2^-18 here.
      expect(Math.abs(bits - Math.round(bits)), `${root}`).toBeGreaterThan(2 ** -12);
    }
  });
});
