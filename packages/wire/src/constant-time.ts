import { utf8 } from './encoding.js';

/**
 * Compares two texts in a time that depends on the length of `given` only, not on where they differ.
 * Used for every comparison with a value an attacker could guess byte by byte.
 */
export function equalsConstantTime(expected: string, given: string): boolean {
  const a = utf8(expected);
  const b = utf8(given);
  let difference = a.length ^ b.length;
  for (let i = 0; i < b.length; i++) difference |= (a[i % Math.max(a.length, 1)] ?? 0) ^ (b[i] as number);
  return difference === 0;
}
