import { createHash } from 'node:crypto';

/** Chance that is the same for the same seed. */
export interface Seeded {
  /** 0 to below 1. */
  next(): number;
  /** `from` to `to`, both included. */
  integer(from: number, to: number): number;
  pick<T>(items: readonly T[]): T;
  /** Bytes that occur nowhere else. */
  bytes(length: number): Buffer;
}

const POOL_BYTES = 4 * 1024 * 1024;

/** Mulberry32. */
export function seeded(seed: number): Seeded {
  let state = seed >>> 0;
  let made = 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  const pool = Buffer.alloc(POOL_BYTES);
  for (let i = 0; i < POOL_BYTES; i += 4) pool.writeUInt32LE(Math.floor(next() * 2 ** 32), i);
  return {
    next,
    integer,
    pick: (items) => items[integer(0, items.length - 1)] as (typeof items)[number],
    bytes(length) {
      const from = integer(0, POOL_BYTES - length);
      const bytes = Buffer.from(pool.subarray(from, from + length));
      createHash('md5').update(String(made++)).digest().copy(bytes);
      return bytes;
    },
  };
}
