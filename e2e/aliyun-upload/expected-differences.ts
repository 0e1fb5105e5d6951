import type { Hunk } from './trace-difference.js';
export type ExpectedDifference =
  | { readonly why: string; readonly hunks: readonly Hunk[] }
  | { readonly why: string; readonly steady: readonly string[]; readonly ours: readonly string[] };
export const EXPECTED: Readonly<Record<string, ExpectedDifference>> = {};
