import { invalidArgument, OssError } from './oss-error.js';

const OVERRIDABLE = [
  'content-type',
  'content-language',
  'expires',
  'cache-control',
  'content-disposition',
  'content-encoding',
];

/**
 * `response-*` parameters of a GET (reference oss 1.2): headers in place of the stored ones.
 * @throws {OssError} `InvalidRequest` for anonymous requests, `InvalidArgument` for text that no header can carry
 */
export function responseOverrides(
  query: ReadonlyMap<string, string>,
  anonymous: boolean,
): Readonly<Record<string, string>> {
  const overrides: Record<string, string> = {};
  for (const header of OVERRIDABLE) {
    const name = `response-${header}`;
    const value = query.get(name);
    if (value === undefined) continue;
    if (anonymous) {
      throw new OssError('InvalidRequest', { message: 'An anonymous request cannot override response headers.' });
    }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters a header cannot carry
    if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value)) throw invalidArgument(name, value);
    overrides[header] = value;
  }
  return overrides;
}
