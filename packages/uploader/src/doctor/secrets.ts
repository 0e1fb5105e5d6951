/** Keeps secrets out of whatever is told. */

/** What looks like a credential in a text of somebody else, e.g. in the error of a credentials function. */
const LOOKS: readonly (readonly [RegExp, string])[] = [
  [/(:\/\/)[^/@\s]+@/g, '$1***@'],
  [/\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi, '$1 ***'],
  [
    /((?:security_?-?token|access_?-?key_?-?secret|signature|password|authorization|upload_?auth|api_?-?key)["']?\s*[:=]\s*["']?)[^"'&,\s}]+/gi,
    '$1***',
  ],
];
const LONGEST = 400;

export class Secrets {
  readonly #known = new Set<string>();

  /** Texts that must not be told from now on; short ones are no secrets and would blot out words. */
  add(...texts: readonly unknown[]): void {
    for (const text of texts) {
      if (typeof text !== 'string' || text.length < 6) continue;
      this.#known.add(text).add(encoded(text));
    }
  }

  /** One line without the known secrets, without control characters, of bearable length. */
  clean(text: string): string {
    let clean = text;
    // Long ones first: one secret may be a part of another.
    for (const secret of [...this.#known].sort((a, b) => b.length - a.length)) clean = clean.split(secret).join('***');
    clean = clean.replace(/[\p{Cc}\s]+/gu, ' ').trim();
    return clean.length > LONGEST ? `${clean.slice(0, LONGEST - 1)}…` : clean;
  }

  /** For a text that others wrote: also without whatever looks like a secret. */
  cleanForeign(text: string): string {
    let clean = text;
    for (const [look, instead] of LOOKS) clean = clean.replace(look, instead);
    return this.clean(clean);
  }

  /** ` (what was thrown)`; empty when it says nothing. */
  reasonOf(thrown: unknown): string {
    const text = this.cleanForeign(thrown instanceof Error ? thrown.message : String(thrown)).replace(/[.\s]+$/, '');
    return text === '' ? '' : ` (${text})`;
  }
}

function encoded(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    // Half of a surrogate pair: whatever sent it, it was not percent-encoded.
    return text;
  }
}
