import { expect, test } from 'vitest';
import { acceptedPair, acceptedStep, base32, base32Decode, stepAt, totp } from './totp.js';

const seed = Buffer.from('12345678901234567890');

// RFC 6238, appendix B: the rows with SHA-1, 8 digits.
test.each([
  [59, '94287082'],
  [1111111109, '07081804'],
  [1111111111, '14050471'],
  [1234567890, '89005924'],
  [2000000000, '69279037'],
  [20000000000, '65353130'],
])('at %d s the code of the RFC is %s', (seconds, code) => {
  expect(totp(seed, stepAt(seconds * 1000), 8)).toBe(code);
  expect(totp(seed, stepAt(seconds * 1000))).toBe(code.slice(2));
});

// RFC 4648, section 10, without padding.
test.each([
  ['', ''],
  ['fooba', 'MZXW6YTB'],
  ['foobarfoob', 'MZXW6YTBOJTG633C'],
])('base32 of %j is %s', (text, encoded) => {
  expect(base32(Buffer.from(text))).toBe(encoded);
  expect(Buffer.from(base32Decode(encoded)).toString()).toBe(text);
});

const now = 1_700_000_000_000;
const step = stepAt(now);
const code = (offset: number) => totp(seed, step + offset);

test('a code is taken a step early or late, and no further away', () => {
  expect([-2, -1, 0, 1, 2].map((offset) => acceptedStep(seed, code(offset), 0, now))).toEqual([
    undefined,
    step - 1,
    step,
    step + 1,
    undefined,
  ]);
});

test('no code is taken twice, nor one before it', () => {
  expect(acceptedStep(seed, code(0), step, now)).toBeUndefined();
  expect(acceptedStep(seed, code(-1), step, now)).toBeUndefined();
  expect(acceptedStep(seed, code(1), step, now)).toBe(step + 1);
});

test('a pair has to follow one another, in this order, and be new', () => {
  expect(acceptedPair(seed, [code(-1), code(0)], 0, now)).toBe(step);
  expect(acceptedPair(seed, [code(-3), code(-2)], 0, now)).toBe(step - 2);
  expect(acceptedPair(seed, [code(-4), code(-3)], 0, now)).toBeUndefined();
  expect(acceptedPair(seed, [code(0), code(-1)], 0, now)).toBeUndefined();
  expect(acceptedPair(seed, [code(0), code(0)], 0, now)).toBeUndefined();
  expect(acceptedPair(seed, [code(-2), code(0)], 0, now)).toBeUndefined();
  expect(acceptedPair(seed, [code(-1), code(0)], step - 1, now)).toBeUndefined();
});

test.each(['', '12345', '1234567', 'abcdef', '１２３４５６'])('%j is no code', (given) => {
  expect(acceptedStep(seed, given, 0, now)).toBeUndefined();
});
