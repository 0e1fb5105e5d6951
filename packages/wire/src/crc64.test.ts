import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crc64, crc64Combine } from './crc64.js';
import { utf8 } from './encoding.js';
import { combineByMatrices, crc64ByBits } from './testing/crc64-definition.js';
import vectors from './vectors/crc64.json' with { type: 'json' };

const bytes = fc.uint8Array({ maxLength: 300 });

describe('crc64', () => {
  test.each(vectors)('of "$text" is $crc', ({ text, crc }) => {
    expect(crc64(utf8(text)).toString()).toBe(crc);
  });

  test('equals the definition for any bytes', () => {
    fc.assert(fc.property(bytes, (data) => crc64(data) === crc64ByBits(data)));
  });

  test('goes on from a previous value, wherever the data is cut', () => {
    fc.assert(fc.property(bytes, bytes, (a, b) => crc64(b, crc64(a)) === crc64(Uint8Array.of(...a, ...b))));
  });

  test('reads a view at its own offset', () => {
    const whole = utf8('xx123456789');
    expect(crc64(whole.subarray(2))).toBe(11051210869376104954n);
  });

  test('does not care how a view is aligned', () => {
    fc.assert(
      fc.property(bytes, fc.nat(8), (data, shift) => {
        const whole = new Uint8Array(data.length + shift);
        whole.set(data, shift);
        return crc64(whole.subarray(shift)) === crc64ByBits(data);
      }),
    );
  });
});

describe('crc64Combine', () => {
  test('gives the value of the concatenation', () => {
    fc.assert(
      fc.property(
        bytes,
        bytes,
        (a, b) => crc64Combine(crc64(a), crc64(b), b.length) === crc64(Uint8Array.of(...a, ...b)),
      ),
    );
  });

  test('equals the plain operators, whatever lengths follow each other', () => {
    const value = fc.bigInt(0n, (1n << 64n) - 1n);
    const length = fc.oneof(fc.constantFrom(0, 1, 102_400, 8 * 2 ** 20), fc.integer({ min: 0, max: 2 ** 53 - 1 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value, length), { maxLength: 8 }), (calls) => {
        for (const [a, b, n] of calls) expect(crc64Combine(a, b, n)).toBe(combineByMatrices(a, b, n));
      }),
    );
  });

  test('an empty side changes nothing', () => {
    const crc = crc64(utf8('hello'));
    expect(crc64Combine(crc, 0n, 0)).toBe(crc);
    expect(crc64Combine(0n, crc, 5)).toBe(crc);
  });

  test('is associative for lengths beyond 32 bits, as parts of a large object need it', () => {
    const value = fc.bigInt(0n, (1n << 64n) - 1n);
    const length = fc.integer({ min: 0, max: 48_800 * 2 ** 30 });
    fc.assert(
      fc.property(value, value, value, length, length, (a, b, c, lengthB, lengthC) => {
        const leftFirst = crc64Combine(crc64Combine(a, b, lengthB), c, lengthC);
        const rightFirst = crc64Combine(a, crc64Combine(b, c, lengthC), lengthB + lengthC);
        return leftFirst === rightFirst && leftFirst >= 0n && leftFirst < 1n << 64n;
      }),
    );
  });

  test('ends for values that are no 64-bit number', () => {
    expect(crc64Combine(-1n, 0n, 1)).toBe(crc64Combine((1n << 64n) - 1n, 0n, 1));
    expect(crc64Combine(1n << 70n, 5n, 3)).toBe(5n);
  });
});
