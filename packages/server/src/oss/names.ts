/** Naming rules. Reference: oss 0.5. */

const BUCKET = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;
const MAX_KEY_BYTES = 1023;

/** 3 to 63 of `a-z 0-9 -`, a letter or digit at both ends. */
export const isBucketName = (text: string): boolean => BUCKET.test(text);

/**
 * 1 to 1023 bytes of UTF-8, not starting with `/` or `\`. Everything else is a good key, `..`, blanks and control
 * characters included: a key is never a path. NUL alone is refused, because databases end a text there (SQLite) or do not
 * take it at all (PostgreSQL), and two keys must never become one.
 */
export function isObjectKey(key: string): boolean {
  return !/^[/\\]/.test(key) && !key.includes('\0') && key !== '' && Buffer.byteLength(key) <= MAX_KEY_BYTES;
}
