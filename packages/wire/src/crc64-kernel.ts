/** Brings a CRC-64/XZ, as [low half, high half], forward by `data`. Zero is the value of nothing. */
export type Crc64Kernel = (state: Int32Array, data: Uint8Array) => void;

/**
 * The tables of plain JavaScript (slicing by eight bytes), and what reads them. It refers to nothing outside itself: its
 * source text is also handed to workers.
 */
export function crc64Kernel(): Crc64Kernel {
  // Each entry of the eight tables of 256 as two 32-bit halves.
  const H = new Int32Array(2048);
  const L = new Int32Array(2048);
  for (let i = 0; i < 256; i++) {
    let h = 0;
    let l = i;
    for (let bit = 0; bit < 8; bit++) {
      const odd = -(l & 1);
      l = ((l >>> 1) | (h << 31)) ^ (0xd7870f42 & odd);
      h = (h >>> 1) ^ (0xc96c5795 & odd);
    }
    H[i] = h;
    L[i] = l;
  }
  for (let i = 256; i < 2048; i++) {
    const h = H[i - 256] as number;
    const l = L[i - 256] as number;
    H[i] = (h >>> 8) ^ (H[l & 255] as number);
    L[i] = ((l >>> 8) | (h << 24)) ^ (L[l & 255] as number);
  }
  const littleEndian = new Uint8Array(Int32Array.of(1).buffer)[0] === 1;

  return (state, data) => {
    let low = ~(state[0] as number);
    let high = ~(state[1] as number);
    let at = 0;
    // Whole words, where they are aligned: putting them together from bytes costs a third of the speed.
    const aligned = littleEndian ? Math.min(data.length, -data.byteOffset & 3) : data.length;
    for (; at < aligned; at++) {
      const index = (low ^ (data[at] as number)) & 255;
      low = ((low >>> 8) | (high << 24)) ^ (L[index] as number);
      high = (high >>> 8) ^ (H[index] as number);
    }
    const count = ((data.length - at) >> 3) * 2;
    const words = new Int32Array(data.buffer, count > 0 ? data.byteOffset + at : 0, count);
    for (let i = 0; i < count; i += 2) {
      low ^= words[i] as number;
      high ^= words[i + 1] as number;
      const a = 1792 + (low & 255);
      const b = 1536 + ((low >>> 8) & 255);
      const c = 1280 + ((low >>> 16) & 255);
      const d = 1024 + (low >>> 24);
      const e = 768 + (high & 255);
      const f = 512 + ((high >>> 8) & 255);
      const g = 256 + ((high >>> 16) & 255);
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
    for (at += count * 4; at < data.length; at++) {
      const index = (low ^ (data[at] as number)) & 255;
      low = ((low >>> 8) | (high << 24)) ^ (L[index] as number);
      high = (high >>> 8) ^ (H[index] as number);
    }
    state[0] = ~low;
    state[1] = ~high;
  };
}

/** Any bigint; what is above 64 bits is left out. */
export function splitCrc64(value: bigint, halves: Int32Array): void {
  halves[0] = Number(BigInt.asUintN(32, value));
  halves[1] = Number(BigInt.asUintN(32, value >> 32n));
}

/** A CRC-64 from its low and high half. */
export const joinCrc64 = (halves: Int32Array): bigint =>
  (BigInt((halves[1] as number) >>> 0) << 32n) | BigInt((halves[0] as number) >>> 0);
