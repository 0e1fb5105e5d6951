// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\p{Cs}]/gu;

/** Most texts are of these alone, and need no second look. */
const PRINTABLE = /^[\x20-\x7e]*$/;

/**
 * Text of strangers, fit to be stored, hashed and shown on a terminal: control characters, invisible ones, those that turn the
 * direction of writing, and halves of surrogate pairs are written as `\u{…}`; at most `max` characters, the last one `…` where
 * some were cut off.
 */
export function plainText(text: string, max: number): string {
  if (text.length <= max && PRINTABLE.test(text)) return text;
  // Before it is escaped, too: nothing is done with megabytes.
  const clean = text.slice(0, max + 1).replace(UNPRINTABLE, (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`);
  if (clean.length <= max) return clean;
  // The cut must not leave half of a pair.
  return `${clean.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
