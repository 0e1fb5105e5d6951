/**
 * Text and byte encodings of the wire. Pure; the same results in every runtime.
 */

// Hermes has TextEncoder since React Native 0.74 and TextDecoder since 0.85: neither may be needed to load this module.
const encoder = typeof TextEncoder === 'function' ? new TextEncoder() : undefined;
const strictDecoder =
  typeof TextDecoder === 'function' ? new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }) : undefined;
const HEX = '0123456789abcdef';
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** UTF-8 bytes of a text; a lone surrogate becomes U+FFFD. */
export function utf8(text: string): Uint8Array {
  return encoder ? encoder.encode(text) : utf8ByEscapes(text);
}

/** Decodes UTF-8; throws `TypeError` on bytes that are not UTF-8. */
export function utf8Decode(bytes: Uint8Array): string {
  return strictDecoder ? strictDecoder.decode(bytes) : utf8DecodeByEscapes(bytes);
}

/** {@link utf8} where there is no TextEncoder. */
export function utf8ByEscapes(text: string): Uint8Array {
  const escaped = encodeURIComponent(wellFormed(text));
  const out = new Uint8Array(escaped.length);
  let at = 0;
  for (let i = 0; i < escaped.length; i++) {
    const coded = escaped[i] === '%';
    out[at++] = coded ? Number.parseInt(escaped.slice(i + 1, i + 3), 16) : escaped.charCodeAt(i);
    if (coded) i += 2;
  }
  return out.slice(0, at);
}

/** {@link utf8Decode} where there is no TextDecoder. */
export function utf8DecodeByEscapes(bytes: Uint8Array): string {
  let escaped = '';
  for (const byte of bytes) escaped += `%${HEX[byte >> 4]}${HEX[byte & 15]}`;
  try {
    return decodeURIComponent(escaped);
  } catch {
    throw new TypeError('The bytes are not UTF-8');
  }
}

/** All chunks in a row, copied. */
export function concatBytes(...chunks: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(chunks.reduce((n, c) => n + c.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}

/** Lower-case hexadecimal. */
export function hex(bytes: Uint8Array): string {
  let out = '';
  for (const b of bytes) out += (HEX[b >> 4] as string) + (HEX[b & 15] as string);
  return out;
}

/** Standard base64 with padding (RFC 4648 section 4). */
export function base64(bytes: Uint8Array): string {
  let out = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const a = bytes[i] as number;
    const b = bytes[i + 1];
    const c = bytes[i + 2];
    const n = (a << 16) | ((b ?? 0) << 8) | (c ?? 0);
    out += BASE64[n >> 18] as string;
    out += BASE64[(n >> 12) & 63] as string;
    out += b === undefined ? '=' : (BASE64[(n >> 6) & 63] as string);
    out += c === undefined ? '=' : (BASE64[n & 63] as string);
  }
  return out;
}

const BASE64_VALUE: ReadonlyMap<string, number> = new Map([...BASE64].map((c, i) => [c, i]));

/**
 * Decodes standard base64; padding may be left out.
 * Returns `undefined` for any other character, a wrong length or stray bits, so that one value has one text.
 */
export function base64Decode(text: string): Uint8Array | undefined {
  const body = text.replace(/={1,2}$/, '');
  if (text.length % 4 !== 0 && text !== body) return undefined;
  if (body.length % 4 === 1) return undefined;
  const out = new Uint8Array(Math.floor((body.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const c of body) {
    const v = BASE64_VALUE.get(c);
    if (v === undefined) return undefined;
    bits = ((bits << 6) | v) & 0xffffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out[at++] = (bits >> held) & 0xff;
    }
  }
  if ((bits & ((1 << held) - 1)) !== 0) return undefined;
  return out;
}

/** URL-safe base64 without padding (RFC 4648 section 5). */
export function base64Url(bytes: Uint8Array): string {
  return base64(bytes).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

/** `undefined` when it is not base64url without padding. */
export function base64UrlDecode(text: string): Uint8Array | undefined {
  if (/[^A-Za-z0-9_-]/.test(text)) return undefined;
  return base64Decode(text.replace(/-/g, '+').replace(/_/g, '/'));
}

/**
 * Percent-encoding of RFC 3986 as the signature documents ask for it: `A-Z a-z 0-9 - _ . ~` stay,
 * every other UTF-8 byte becomes `%XX` with upper-case digits. A lone surrogate is encoded as U+FFFD.
 */
export function percentEncode(text: string): string {
  return encodeURIComponent(wellFormed(text)).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** {@link percentEncode} that keeps `/`: the canonical path of OSS V4. */
export function percentEncodePath(text: string): string {
  return percentEncode(text).replace(/%2F/g, '/');
}

/** Decodes `%XX`; `undefined` when an escape is broken or the bytes are not UTF-8. `+` stays `+`. */
export function percentDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** A lone surrogate has no UTF-8 form; it becomes U+FFFD. */
function wellFormed(text: string): string {
  // Since ES2024, and many times as fast as the expression.
  if ((text as { isWellFormed?(): boolean }).isWellFormed?.()) return text;
  return text.replace(/[\uD800-\uDBFF][\uDC00-\uDFFF]|[\uD800-\uDFFF]/g, (m) => (m.length === 2 ? m : '\uFFFD'));
}

/** A parameter, decoded. */
export type Pair = readonly [name: string, value: string];

/**
 * Splits a query string into decoded pairs, in the order sent. `plus: 'space'` reads `+` as a blank (form bodies);
 * `plus: 'literal'` keeps it. Returns `undefined` when any escape is broken.
 */
export function parseQuery(query: string, plus: 'space' | 'literal' = 'literal'): Pair[] | undefined {
  const pairs: Pair[] = [];
  for (const piece of query.split('&')) {
    if (piece === '') continue;
    const cut = piece.indexOf('=');
    const rawName = cut < 0 ? piece : piece.slice(0, cut);
    const rawValue = cut < 0 ? '' : piece.slice(cut + 1);
    const name = percentDecode(plus === 'space' ? rawName.replace(/\+/g, ' ') : rawName);
    const value = percentDecode(plus === 'space' ? rawValue.replace(/\+/g, ' ') : rawValue);
    if (name === undefined || value === undefined) return undefined;
    pairs.push([name, value]);
  }
  return pairs;
}

/** Orders by UTF-16 code unit, which for the ASCII names of the protocols is byte order. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
