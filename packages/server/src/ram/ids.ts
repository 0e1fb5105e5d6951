import type { Random } from '../runtime.js';
import { base62 } from '../sts/sealed-token.js';

/** A 16-digit id that never starts with zero: the shape of account, user and role ids. */
export function numericId(random: Random): string {
  const n = Buffer.from(random.bytes(8)).readBigUInt64BE();
  return String(1_000_000_000_000_000n + (n % 9_000_000_000_000_000n));
}

/** `g-` and 16 characters. */
export const groupId = (random: Random): string => `g-${base62(random.bytes(12)).slice(0, 16)}`;
