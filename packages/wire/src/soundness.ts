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
