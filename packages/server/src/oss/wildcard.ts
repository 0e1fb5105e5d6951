/**
 * Whether a text fits a pattern in which one `*` stands for any characters. Cases count. Takes time in proportion to the
 * text, whatever the pattern: nothing is tried twice.
 */
export function fitsWildcard(pattern: string, text: string): boolean {
  const star = pattern.indexOf('*');
  if (star < 0) return pattern === text;
  const before = pattern.slice(0, star);
  const after = pattern.slice(star + 1);
  return text.length >= before.length + after.length && text.startsWith(before) && text.endsWith(after);
}
