/** Wildcards of the policy language: `*` is any run of characters, `?` exactly one, nothing else is special. */

const STAR = 42;
const ANY = 63;

/** True if the text holds neither `*` nor `?`, so that it may be put into a pattern and mean only itself. */
export function isLiteral(text: string): boolean {
  return !/[*?]/.test(text);
}

/**
 * Matches the whole of `text` (reference ram-sts 3.1); `*` crosses every character, `/` included. There is no escape.
 * A character is a code point: one `?` takes one emoji.
 *
 * Two pointers and no recursion: at most the length of the text times the longest stretch between two `*`, whatever
 * the pattern (reference ram-sts 3.7 case 53).
 */
export function matchesWildcard(pattern: string, text: string, options: { ignoreCase?: boolean } = {}): boolean {
  return options.ignoreCase === true
    ? walk(pattern.toLowerCase(), text.toLowerCase()).matched
    : walk(pattern, text).matched;
}

/** {@link matchesWildcard} that also tells how many characters it looked at. */
export function walk(pattern: string, text: string): { readonly matched: boolean; readonly steps: number } {
  let p = 0;
  let t = 0;
  let steps = 0;
  // Where to go on when the stretch after the last `*` fails: only the last one has to give way, since an earlier
  // `*` that took more would leave a shorter rest to the same stretches.
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    steps += 1;
    const wanted = pattern.charCodeAt(p);
    if (wanted === STAR) {
      p += 1;
      star = p;
      resume = t;
    } else if (wanted === ANY) {
      p += 1;
      t += width(text, t);
    } else if (wanted === text.charCodeAt(t)) {
      p += 1;
      t += 1;
    } else if (star >= 0) {
      resume += width(text, resume);
      t = resume;
      p = star;
    } else {
      return { matched: false, steps };
    }
  }
  while (pattern.charCodeAt(p) === STAR) p += 1;
  return { matched: p === pattern.length, steps };
}

/** UTF-16 units of the code point that starts here. */
function width(text: string, at: number): 1 | 2 {
  const unit = text.charCodeAt(at);
  if (unit < 0xd800 || unit > 0xdbff) return 1;
  const next = text.charCodeAt(at + 1);
  return next >= 0xdc00 && next <= 0xdfff ? 2 : 1;
}
