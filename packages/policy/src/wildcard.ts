/** Wildcards of the policy language: `*` is any run of characters, `?` exactly one, nothing else is special. */
import { literalSearch, maskedSearch, type StretchSearch } from './wildcard-search.js';

/** A pattern, read once and matched often. */
export interface Wildcard {
  /** As the author wrote it, but for the case where case does not count. */
  readonly text: string;
  /** Whether it is the whole of `text`, or of what is left of it from the character `from` on. */
  matches(text: string, from?: number): boolean;
}

/** True if the text holds neither `*` nor `?`, so that it may be put into a pattern and mean only itself. */
export function isLiteral(text: string): boolean {
  return !/[*?]/.test(text);
}

/** {@link compileWildcard} for a pattern that is matched once. */
export function matchesWildcard(pattern: string, text: string, options: { ignoreCase?: boolean } = {}): boolean {
  return options.ignoreCase === true
    ? compileWildcard(pattern.toLowerCase()).matches(text.toLowerCase())
    : compileWildcard(pattern).matches(text);
}

/**
 * Matches the whole of a text (reference ram-sts 3.1); `*` crosses every character, `/` included. There is no escape.
 * A character is a code point: one `?` takes one emoji.
 *
 * Time is linear in the text for every pattern: what lies between two `*` is searched for by methods that never go back,
 * and only the last `*` would ever have to give way (reference ram-sts 3.7 case 53). Stretches with `?` cost a step a
 * character for every 32 characters of the stretch.
 */
export function compileWildcard(pattern: string): Wildcard {
  const text = pattern;
  if (isLiteral(pattern)) {
    return { text, matches: (given, from = 0) => given.length - from === pattern.length && given.endsWith(pattern) };
  }
  if (/^\*+$/.test(pattern)) return { text, matches: () => true };
  if (pattern.includes('?') || LONE_SURROGATE.test(pattern)) return { text, matches: masked(pattern) };
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop() ?? '';
  const between = rest.filter((stretch) => stretch !== '').map(literalSearch);
  const shortest = first.length + last.length;
  if (between.length === 0 && last === '') return { text, matches: (given, from = 0) => given.startsWith(first, from) };
  return {
    text,
    matches(given, from = 0) {
      if (given.length - from < shortest || !given.startsWith(first, from) || !given.endsWith(last)) return false;
      return inOrder(between, given, from + first.length, given.length - last.length);
    },
  };
}

/** Each stretch as early as it can be: an earlier `*` that took more would leave a shorter rest to the same stretches. */
function inOrder(stretches: readonly StretchSearch[], text: string, from: number, end: number): boolean {
  let at = from;
  for (const search of stretches) {
    at = search(text, at);
    if (at < 0 || at > end) return false;
  }
  return true;
}

/** With `?`, and for halves of surrogate pairs: over code points. */
function masked(pattern: string): Wildcard['matches'] {
  const stretches = pattern.split('*').map(codePoints);
  const [first = [], ...rest] = stretches;
  const last = rest.pop();
  const between = rest.filter((stretch) => stretch.length > 0).map(maskedSearch);
  return (given, start = 0) => {
    const text = codePoints(start === 0 ? given : given.slice(start));
    if (last === undefined) return text.length === first.length && agrees(first, text, 0);
    const end = text.length - last.length;
    if (end < first.length || !agrees(first, text, 0) || !agrees(last, text, end)) return false;
    let at = first.length;
    for (const search of between) {
      at = search(text, at);
      if (at < 0 || at > end) return false;
    }
    return true;
  };
}

const ANY = 63;
const LONE_SURROGATE = /\p{Surrogate}/u;

function agrees(stretch: readonly number[], text: readonly number[], at: number): boolean {
  return stretch.every((wanted, i) => wanted === ANY || wanted === text[at + i]);
}

/** By hand, for this runs for every pattern: `Array.from` takes ten times as long. */
function codePoints(text: string): number[] {
  const points: number[] = [];
  for (let i = 0; i < text.length; i += 1) {
    const point = text.codePointAt(i) as number;
    points.push(point);
    if (point > 0xffff) i += 1;
  }
  return points;
}
