/**
 * The order of keys is that of their UTF-8 bytes (reference oss 1.17), which is that of their code points. The operators of
 * JavaScript compare UTF-16 units and put an emoji before U+E000; both databases compare bytes.
 */
export const compareBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

const LAST_CODE_POINT = 0x10ffff;

/**
 * The first text after everything that begins with `prefix`; `undefined` when nothing comes after.
 * @param prefix well-formed text
 */
export function afterPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) as number);
  while (points.at(-1) === LAST_CODE_POINT) points.pop();
  const last = points.pop();
  if (last === undefined) return undefined;
  // Surrogates are no characters of their own.
  const next = last + 1 === 0xd800 ? 0xe000 : last + 1;
  return String.fromCodePoint(...points, next);
}
