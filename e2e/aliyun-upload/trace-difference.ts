/** One place where two traces differ: what only the real SDK does there, and what only ours does. */
export interface Hunk {
  readonly real: readonly string[];
  readonly ours: readonly string[];
}

/** Longest common subsequence, so that one line more does not make all that follow different. */
export function differences(real: readonly string[], ours: readonly string[]): Hunk[] {
  const common = Array.from({ length: real.length + 1 }, () => new Array<number>(ours.length + 1).fill(0));
  const at = (i: number, j: number) => common[i]?.[j] ?? 0;
  for (let i = real.length - 1; i >= 0; i--) {
    for (let j = ours.length - 1; j >= 0; j--) {
      const row = common[i] as number[];
      row[j] = real[i] === ours[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const hunks: Hunk[] = [];
  let open: { real: string[]; ours: string[] } | undefined;
  for (let i = 0, j = 0; i < real.length || j < ours.length; ) {
    if (i < real.length && j < ours.length && real[i] === ours[j]) {
      open = undefined;
      i++;
      j++;
      continue;
    }
    if (!open) {
      open = { real: [], ours: [] };
      hunks.push(open);
    }
    if (j >= ours.length || (i < real.length && at(i + 1, j) >= at(i, j + 1))) open.real.push(real[i++] as string);
    else open.ours.push(ours[j++] as string);
  }
  return hunks;
}
