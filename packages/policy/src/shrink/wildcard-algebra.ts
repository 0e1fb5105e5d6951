/** What can be said about two patterns without a text: does one cover the other, do they meet, what have they in common. */

const STAR = '*';
const ANY = '?';

/**
 * Whether `wide` matches everything that `narrow` matches. Never true by mistake; in rare cases (`a*` and `*` with `?`
 * between) false although it does.
 *
 * The narrow pattern is read like a text in which `*` and `?` are characters of their own, that only a `*` takes, or for
 * a `?` also a `?`: what holds for them holds for whatever they stand for.
 */
export function covers(wide: string, narrow: string): boolean {
  const [p, t] = [[...wide], [...narrow]];
  let at = 0;
  let i = 0;
  let star = -1;
  let resume = 0;
  while (i < t.length) {
    const [wanted, given] = [p[at], t[i]];
    if (wanted === STAR) {
      star = ++at;
      resume = i;
    } else if (wanted !== undefined && given !== STAR && (wanted === ANY || wanted === given)) {
      at += 1;
      i += 1;
    } else if (star >= 0) {
      resume += 1;
      i = resume;
      at = star;
    } else return false;
  }
  while (p[at] === STAR) at += 1;
  return at === p.length;
}

/** Whether some text matches both patterns; exact. */
export function overlaps(one: string, other: string): boolean {
  const [a, b] = [[...one], [...other]];
  // row[j]: the first i characters of a and the first j of b have a text in common.
  let row = [true];
  for (const [j, character] of b.entries()) row[j + 1] = row[j] === true && character === STAR;
  for (const mine of a) {
    const next = [row[0] === true && mine === STAR];
    for (const [j, theirs] of b.entries()) {
      const met = mine === theirs || mine === ANY || theirs === ANY;
      next[j + 1] =
        mine === STAR || theirs === STAR
          ? row[j + 1] === true || next[j] === true || row[j] === true
          : met && row[j] === true;
    }
    row = next;
  }
  return row[b.length] === true;
}

/** Patterns that together match what `pattern` matches of the texts that begin with `stem`; empty if there are none. */
export function beginningWith(stem: string, pattern: string): readonly string[] {
  const p = [...pattern];
  let states = closed(new Set([0]), p);
  for (const character of stem) {
    const next = new Set<number>();
    for (const i of states) {
      if (p[i] === STAR) next.add(i);
      else if (p[i] === ANY || p[i] === character) next.add(i + 1);
    }
    states = closed(next, p);
  }
  // A later `*` takes whatever an earlier state would have taken before it came there.
  const farthest = Math.max(0, ...[...states].filter((i) => p[i] === STAR));
  const rests = [...states].filter((i) => i >= farthest).map((i) => p.slice(i).join(''));
  const few = rests.sort((a, b) => a.length - b.length).slice(0, MOST_PATTERNS);
  return widest(few).map((rest) => stem + rest);
}

/** Of more, which takes hundreds of `?`, the shortest are kept: less is allowed then, never more. */
const MOST_PATTERNS = 16;

/** A `*` may take nothing. */
function closed(states: Set<number>, p: readonly string[]): Set<number> {
  for (const i of states) if (p[i] === STAR) states.add(i + 1);
  return states;
}

/** Without those that another one covers. */
export function widest(patterns: readonly string[]): readonly string[] {
  const distinct = [...new Set(patterns)];
  return distinct.filter(
    (one, i) => !distinct.some((other, j) => i !== j && covers(other, one) && (i > j || !covers(one, other))),
  );
}
