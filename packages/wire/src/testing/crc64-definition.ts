/** CRC-64/XZ by its definition, bit by bit: what the fast ones are compared with. */
const POLYNOMIAL = 0xc96c5795d7870f42n;
const MASK = 0xffffffffffffffffn;

export function crc64ByBits(data: Uint8Array): bigint {
  let crc = MASK;
  for (const byte of data) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ POLYNOMIAL : crc >> 1n;
  }
  return crc ^ MASK;
}

/** x^(8·e) modulo the polynomial; x⁰ is the highest bit. */
export function powerOfX8(e: number): bigint {
  let power = 1n << 63n;
  for (let bit = 0; bit < 8 * e; bit++) power = power & 1n ? (power >> 1n) ^ POLYNOMIAL : power >> 1n;
  return power;
}

/** Operators «append 2^k zero bits». */
const zeros = [[POLYNOMIAL, ...Array.from({ length: 63 }, (_, i) => 1n << BigInt(i))]];

/** CRC of two pieces by 64 × 64 matrices over GF(2), as zlib's crc32_combine did it. */
export function combineByMatrices(crcA: bigint, crcB: bigint, lengthB: number): bigint {
  let crc = crcA;
  for (let k = 3, rest = lengthB; rest > 0; k++, rest = Math.floor(rest / 2)) {
    while (zeros.length <= k) zeros.push(square(zeros[zeros.length - 1] as bigint[]));
    if (rest % 2 === 1) crc = multiply(zeros[k] as bigint[], crc);
  }
  return crc ^ crcB;
}

function multiply(matrix: readonly bigint[], vector: bigint): bigint {
  let sum = 0n;
  for (let i = 0, rest = vector; rest !== 0n; i++, rest >>= 1n) if (rest & 1n) sum ^= matrix[i] as bigint;
  return sum;
}

const square = (matrix: readonly bigint[]): bigint[] => matrix.map((column) => multiply(matrix, column));
