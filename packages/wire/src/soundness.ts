/**
 * Requests that no honest client sends and that would let one signed text stand for two requests. Verifiers refuse
 * them before any text is compared.
 */
import type { Pair } from './encoding.js';
import type { OssRequest } from './oss-request.js';

/** A name given twice: the signed texts sort the pairs, so their order, and with it "the first one", is not signed. */
export function repeatsName(pairs: readonly Pair[]): boolean {
  return new Set(pairs.map(([name]) => name)).size !== pairs.length;
}

/**
 * A header value without the blanks around it that HTTP itself takes away (RFC 9110 section 5.5). `trim()` would take more,
 * a no-break space for one: values that the server tells apart would have one signature.
 */
export function headerValue(value: string): string {
  let from = 0;
  let to = value.length;
  while (from < to && isBlank(value, from)) from++;
  while (to > from && isBlank(value, to - 1)) to--;
  return value.slice(from, to);
}

const isBlank = (text: string, at: number): boolean => text[at] === ' ' || text[at] === '\t';

/** No line break in a value and no separator in a name: a header then fills exactly one line of the signed text. */
export function isHeaderPerLine(headers: ReadonlyMap<string, string>): boolean {
  for (const [name, value] of headers) if (/[:\s]/.test(name) || /[\r\n]/.test(value)) return false;
  return true;
}

/** A bucket is one path segment, and a key never stands without one: else the key would not be in the signed text. */
export function isSoundOssRequest(request: OssRequest): boolean {
  const { bucket, key, headers } = request;
  const addressed = bucket === undefined ? !key : /^[^/?\s]+$/.test(bucket);
  return addressed && isHeaderPerLine(headers);
}
