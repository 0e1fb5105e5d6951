/**
 * CRC-64/XZ (reflected ECMA-182 polynomial, initial value and final xor all ones): `x-oss-hash-crc64ecma`.
 * Reference: oss 1.22. Tables are built on first use.
 *
 * A value is carried as an unsigned 64-bit `bigint`; on the wire it is its decimal text.
 */
const POLYNOMIAL_HIGH = 0xc96c5795;
const POLYNOMIAL_LOW = 0xd7870f42;
const MASK = 0xffffffffffffffffn;

// Eight tables of 256 entries, each entry as two 32-bit halves, for slicing by eight bytes.
let tables: { high: Int32Array; low: Int32Array } | undefined;

function buildTables(): { high: Int32Array; low: Int32Array } {
  const high = new Int32Array(8 * 256);
  const low = new Int32Array(8 * 256);
  for (let i = 0; i < 256; i++) {
    let h = 0;
    let l = i;
    for (let bit = 0; bit < 8; bit++) {
      const odd = l & 1;
      l = (l >>> 1) | (h << 31);
      h >>>= 1;
      if (odd) {
        l ^= POLYNOMIAL_LOW;
        h ^= POLYNOMIAL_HIGH;
      }
    }
    high[i] = h;
    low[i] = l;
  }
  for (let i = 256; i < 8 * 256; i++) {
    const h = high[i - 256] as number;
    const l = low[i - 256] as number;
    const index = l & 0xff;
    low[i] = ((l >>> 8) | (h << 24)) ^ (low[index] as number);
    high[i] = (h >>> 8) ^ (high[index] as number);
  }
  return { high, low };
}

/** CRC of `data`, going on from `previous` (0 for a beginning). */
export function crc64(data: Uint8Array, previous = 0n): bigint {
  tables ??= buildTables();
  const { high: H, low: L } = tables;
  let high = ~Number(previous >> 32n);
  let low = ~Number(previous & 0xffffffffn);
  let i = 0;
  for (const end = data.length - (data.length % 8); i < end; i += 8) {
    low ^=
      (data[i] as number) |
      ((data[i + 1] as number) << 8) |
      ((data[i + 2] as number) << 16) |
      ((data[i + 3] as number) << 24);
    high ^=
      (data[i + 4] as number) |
      ((data[i + 5] as number) << 8) |
      ((data[i + 6] as number) << 16) |
      ((data[i + 7] as number) << 24);
    const a = 1792 + (low & 0xff);
    const b = 1536 + ((low >>> 8) & 0xff);
    const c = 1280 + ((low >>> 16) & 0xff);
    const d = 1024 + (low >>> 24);
    const e = 768 + (high & 0xff);
    const f = 512 + ((high >>> 8) & 0xff);
    const g = 256 + ((high >>> 16) & 0xff);
    const h = high >>> 24;
    low =
      (L[a] as number) ^
      (L[b] as number) ^
      (L[c] as number) ^
      (L[d] as number) ^
      (L[e] as number) ^
      (L[f] as number) ^
      (L[g] as number) ^
      (L[h] as number);
    high =
      (H[a] as number) ^
      (H[b] as number) ^
      (H[c] as number) ^
      (H[d] as number) ^
      (H[e] as number) ^
      (H[f] as number) ^
      (H[g] as number) ^
      (H[h] as number);
  }
  for (; i < data.length; i++) {
    const index = (low ^ (data[i] as number)) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ (L[index] as number);
    high = (high >>> 8) ^ (H[index] as number);
  }
  return (BigInt(~high >>> 0) << 32n) | BigInt(~low >>> 0);
}

const POLYNOMIAL = (BigInt(POLYNOMIAL_HIGH) << 32n) | BigInt(POLYNOMIAL_LOW);

// Operators "append 2^k zero bytes" as 64 x 64 matrices over GF(2), one bigint a column.
const zeroOperators: bigint[][] = [];

function zeroOperator(k: number): bigint[] {
  if (zeroOperators.length === 0) {
    const oneBit: bigint[] = [POLYNOMIAL, ...Array.from({ length: 63 }, (_, i) => 1n << BigInt(i))];
    let bits = oneBit;
    for (let i = 0; i < 3; i++) bits = square(bits);
    zeroOperators.push(bits);
  }
  while (zeroOperators.length <= k) zeroOperators.push(square(zeroOperators[zeroOperators.length - 1] as bigint[]));
  return zeroOperators[k] as bigint[];
}

function multiply(matrix: readonly bigint[], vector: bigint): bigint {
  let sum = 0n;
  for (let i = 0; vector !== 0n; i++, vector >>= 1n) if (vector & 1n) sum ^= matrix[i] as bigint;
  return sum;
}

const square = (matrix: readonly bigint[]): bigint[] => matrix.map((column) => multiply(matrix, column));

/** CRC of `A ++ B` from the CRC of each and the length of `B` in bytes; nothing is read again. */
export function crc64Combine(crcA: bigint, crcB: bigint, lengthB: number): bigint {
  let crc = crcA & MASK;
  let rest = lengthB;
  for (let k = 0; rest > 0; k++, rest = Math.floor(rest / 2)) if (rest % 2 === 1) crc = multiply(zeroOperator(k), crc);
  return (crc ^ crcB) & MASK;
}
