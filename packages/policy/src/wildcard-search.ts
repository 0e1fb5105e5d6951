/** Where a stretch between two `*` first occurs, in time linear in the text. */

/** @returns where the first occurrence at or after `from` ends, or -1 */
export type StretchSearch = (text: string, from: number) => number;

/**
 * A stretch without `?`, by Knuth, Morris and Pratt: no character of the text is looked at more than twice, whatever the
 * stretch.
 */
export function literalSearch(stretch: string): StretchSearch {
  const { length } = stretch;
  // Short stretches cannot be slow, and the engine's own search is faster.
  if (length <= SHORT) {
    return (text, from) => {
      const at = text.indexOf(stretch, from);
      return at < 0 ? -1 : at + length;
    };
  }
  const fallback = fallbacks(stretch);
  return (text, from) => {
    let matched = 0;
    for (let i = from; i < text.length; i += 1) {
      const unit = text.charCodeAt(i);
      while (matched > 0 && stretch.charCodeAt(matched) !== unit) matched = fallback[matched - 1] as number;
      if (stretch.charCodeAt(matched) === unit) matched += 1;
      if (matched === length) return i + 1;
    }
    return -1;
  };
}

const SHORT = 4;

/** For every beginning of the stretch the length of the longest shorter beginning that it also ends with. */
function fallbacks(stretch: string): Uint32Array {
  const table = new Uint32Array(stretch.length);
  let length = 0;
  for (let i = 1; i < stretch.length; i += 1) {
    while (length > 0 && stretch.charCodeAt(i) !== stretch.charCodeAt(length)) length = table[length - 1] as number;
    if (stretch.charCodeAt(i) === stretch.charCodeAt(length)) length += 1;
    table[i] = length;
  }
  return table;
}

/**
 * A stretch with `?`, by Shift-And: every character of the text costs one step for 32 characters of the stretch. Works on
 * code points, so that `?` takes a whole one.
 */
export function maskedSearch(stretch: readonly number[]): (text: readonly number[], from: number) => number {
  const words = Math.ceil(stretch.length / 32);
  const any = new Int32Array(words);
  const masks = new Map<number, Int32Array>();
  for (const [i, point] of stretch.entries())
    if (point === ANY) any[i >> 5] = (any[i >> 5] as number) | (1 << (i & 31));
  for (const [i, point] of stretch.entries()) {
    if (point === ANY) continue;
    const mask = masks.get(point) ?? any.slice();
    mask[i >> 5] = (mask[i >> 5] as number) | (1 << (i & 31));
    masks.set(point, mask);
  }
  const last = stretch.length - 1;
  return (text, from) => {
    const state = new Int32Array(words);
    for (let t = from; t < text.length; t += 1) {
      const mask = masks.get(text[t] as number) ?? any;
      let carry = 1;
      for (let w = 0; w < words; w += 1) {
        const before = state[w] as number;
        state[w] = ((before << 1) | carry) & (mask[w] as number);
        carry = before >>> 31;
      }
      if (((state[last >> 5] as number) >>> (last & 31)) & 1) return t + 1;
    }
    return -1;
  };
}

const ANY = 63;
