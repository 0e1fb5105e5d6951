import { invalidArgument } from '../oss-error.js';

/** Fields that become headers of the object as they are. */
const HEADERS = new Set(['cache-control', 'content-disposition', 'content-encoding', 'content-language', 'expires']);

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters a header cannot carry
const UNSENDABLE = /[\u0000-\u0008\u000a-\u001f\u007f]/;
const TOKEN = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;

/** What the object's content type will be (reference oss 1.9): a field before the type of the part. */
export function contentTypeOfForm(fields: ReadonlyMap<string, string>, partType: string): string {
  return fields.get('x-oss-content-type') || fields.get('content-type') || partType;
}

/**
 * The fields of a form as the headers that a PutObject would bring.
 * @throws {OssError} `InvalidArgument` for what no header can carry: it could never be served back
 */
export function formHeaders(fields: ReadonlyMap<string, string>, contentType: string): ReadonlyMap<string, string> {
  const chosen = [...fields].filter(([name]) => HEADERS.has(name) || name.startsWith('x-oss-'));
  const headers = new Map([...chosen, ['content-type', contentType] as const]);
  for (const [name, value] of headers) {
    if (!TOKEN.test(name)) throw invalidArgument(name, '', 'The name of the form field cannot be that of a header.');
    if (UNSENDABLE.test(value))
      throw invalidArgument(name, '', 'The form field holds characters that a header cannot carry.');
  }
  return headers;
}
