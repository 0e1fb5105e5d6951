/** Inputs of the property tests. */
import fc from 'fast-check';
import type { Pair } from '../encoding.js';

export const pairsOf = (members: Readonly<Record<string, string>>): Pair[] => Object.entries(members);

/** Any text that can be sent: every code point, no lone surrogate. Reserved characters come up often. */
export const anyText = fc.string({
  unit: fc.oneof(fc.constantFrom(..."&=?/+%*~ '!();:@#\n"), fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })),
  maxLength: 20,
});

/** A header value: one line, and not told apart by blanks at its ends. */
export const headerValue = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 20 })
  .map((text) => text.replace(/[\r\n]/g, ' ').trim())
  .filter((text) => text !== '');

export const secretKey = fc.stringMatching(/^[A-Za-z0-9]{1,40}$/);

/** Parameters with distinct names; none is empty or named like the signature. */
export const uniquePairs = (size: { minLength?: number; maxLength?: number } = {}): fc.Arbitrary<Pair[]> =>
  fc.uniqueArray(
    fc.tuple(
      anyText.filter((name) => name !== '' && name !== 'Signature'),
      anyText,
    ),
    {
      maxLength: 6,
      ...size,
      selector: ([name]) => name,
    },
  );

/** Query parameters that every OSS signature covers: sub-resources and `x-oss-` names. */
export const subResources = fc.uniqueArray(
  fc.tuple(
    fc.constantFrom('acl', 'callback', 'partNumber', 'uploadId', 'response-content-type', 'x-oss-process', 'x-oss-a'),
    anyText,
  ),
  { maxLength: 4, selector: ([name]) => name },
);

/** `x-oss-` and `content-` headers of an OSS request, without its date. */
export const ossHeaders = fc
  .record({ type: headerValue, author: headerValue, token: headerValue })
  .map(({ type, author, token }) => ({
    'content-type': type,
    'content-md5': 'eB5eJF1ptWaXm4bijSPyxw==',
    'x-oss-meta-author': author,
    'x-oss-security-token': token,
  }));

export const bucketName = fc.stringMatching(/^[a-z0-9][a-z0-9-]{1,20}[a-z0-9]$/);

/**
 * A text that differs from the given one by one character: replaced, inserted or removed. The new characters are
 * visible, so that neither trimming nor the zero padding of HMAC keys makes the two the same again.
 */
export function changedText(text: string, picks: { next(): IteratorResult<number> }): string {
  const pick = (below: number): number => (picks.next().value as number) % below;
  const characters = [...text];
  const fresh = String.fromCharCode(0x21 + pick(0x5e));
  const at = pick(characters.length + 1);
  const kind = pick(3);
  if (kind === 0 || characters.length === 0 || at === characters.length)
    return characters.toSpliced(at, 0, fresh).join('');
  // Taking a blank or a NUL away may change nothing that is signed; putting something else in its place does.
  if (kind === 1 && (characters[at] as string) > ' ') return characters.toSpliced(at, 1).join('');
  return characters.with(at, characters[at] === fresh ? (fresh === 'x' ? 'y' : 'x') : fresh).join('');
}
