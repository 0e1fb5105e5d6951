/**
 * CRC-64/XZ (reflected ECMA-182 polynomial, initial value and final xor all ones): `x-oss-hash-crc64ecma`.
 * Reference: oss 1.22.
 *
 * A value is carried as an unsigned 64-bit `bigint`; on the wire it is its decimal text.
 */
import { type Crc64Kernel, crc64Kernel, joinCrc64, splitCrc64 } from './crc64-kernel.js';

const POLYNOMIAL_HIGH = 0xc96c5795;
const POLYNOMIAL_LOW = 0xd7870f42;

let kernel: Crc64Kernel | undefined;
const state = new Int32Array(2);

/** CRC of `data`, going on from `previous` (0 for a beginning). */
export function crc64(data: Uint8Array, previous = 0n): bigint {
  kernel ??= crc64Kernel();
  splitCrc64(previous, state);
  kernel(state, data);
  return joinCrc64(state);
}

/** CRC of `A ++ B` from the CRC of each and the length of `B` in bytes; nothing is read again. */
export function crc64Combine(crcA: bigint, crcB: bigint, lengthB: number): bigint {
  splitCrc64(crcA, state);
  if (lengthB > 0) multiply(state, shiftBy(lengthB));
  return joinCrc64(state) ^ BigInt.asUintN(64, crcB);
}

// Polynomials modulo that of the CRC, as [low, high]; in the reflected order x⁰ is the highest bit.
const one = (): Int32Array => Int32Array.of(0, 1 << 31);

/** x^(8·2^k): the operator «append 2^k zero bytes». */
const powers = [Int32Array.of(0, 1 << 23)];

// The parts of an object are all equally long but the last: the operator is remembered.
let known = { length: 0, shift: one() };

/** x^(8·length). */
function shiftBy(length: number): Int32Array {
  if (known.length === length) return known.shift;
  const shift = one();
  for (let k = 0, rest = length; rest > 0; k++, rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) multiply(shift, power(k));
  }
  known = { length, shift };
  return shift;
}

function power(k: number): Int32Array {
  while (powers.length <= k) {
    const last = powers[powers.length - 1] as Int32Array;
    const next = last.slice();
    multiply(next, last);
    powers.push(next);
  }
  return powers[k] as Int32Array;
}

/** a ← a · b */
function multiply(a: Int32Array, b: Int32Array): void {
  let low = b[0] as number;
  let high = b[1] as number;
  let sumLow = 0;
  let sumHigh = 0;
  for (let half = 1; half >= 0; half--) {
    for (let bits = a[half] as number, i = 0; i < 32; i++, bits <<= 1) {
      const taken = bits >> 31;
      sumLow ^= low & taken;
      sumHigh ^= high & taken;
      const odd = -(low & 1);
      low = ((low >>> 1) | (high << 31)) ^ (POLYNOMIAL_LOW & odd);
      high = (high >>> 1) ^ (POLYNOMIAL_HIGH & odd);
    }
  }
  a[0] = sumLow;
  a[1] = sumHigh;
}
