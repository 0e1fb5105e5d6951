import type { IncomingMessage } from 'node:http';
import { type Pair, parseQuery } from '@sluice/wire';
import { invalidArgument, OssError } from './oss-error.js';

/** A request as it came: nothing normalised, nothing decoded but names and values of the query. */
export interface RawRequest {
  readonly method: string;
  /** `Host` as sent; the empty text when there is none. */
  readonly host: string;
  /** Still percent-encoded, beginning with `/`. */
  readonly path: string;
  readonly query: readonly Pair[];
  /** Lower-case names, UTF-8 values. */
  readonly headers: ReadonlyMap<string, string>;
  /** Headers that came more than once. */
  readonly repeated: ReadonlySet<string>;
}

/**
 * @throws {OssError} `InvalidObjectName` or `InvalidArgument` when the request target is not text
 */
export function readRawRequest(req: IncomingMessage): RawRequest {
  const { headers, repeated } = readHeaders(req.rawHeaders);
  const target = readTarget(req.url ?? '/');
  const cut = target.text.indexOf('?');
  const path = cut < 0 ? target.text : target.text.slice(0, cut);
  // The SDK for Python writes blanks of the query as `+`; every client writes a plus as `%2B`. In the path it is itself.
  const query = parseQuery(cut < 0 ? '' : target.text.slice(cut + 1), 'space');
  if (query === undefined) throw new OssError('InvalidArgument', { message: 'The query string is not valid UTF-8.' });
  for (const [name, value] of query) {
    // The database ends texts at NUL, so two names could become one there.
    if (name.includes('\0') || value.includes('\0')) {
      throw invalidArgument(name, value, 'Parameters must not contain the character NUL.');
    }
  }
  const host = target.host ?? headers.get('host') ?? '';
  if (repeated.has('host')) throw invalidArgument('Host', host, 'The header Host was sent more than once.');
  return { method: req.method ?? 'GET', host, path, query, headers, repeated };
}

/** The absolute form of RFC 9112 (section 3.2.2) names the host itself; every other target is a path. */
function readTarget(url: string): { text: string; host?: string } {
  const text = fromWire(url);
  if (text === undefined) throw new OssError('InvalidObjectName', { message: 'The path is not valid UTF-8.' });
  const absolute = /^https?:\/\/([^/?]*)(.*)$/is.exec(text);
  if (!absolute) return { text: text.startsWith('/') ? text : `/${text}` };
  const rest = absolute[2] as string;
  return { text: rest.startsWith('/') ? rest : `/${rest}`, host: absolute[1] as string };
}

function readHeaders(raw: readonly string[]): Pick<RawRequest, 'headers' | 'repeated'> {
  const headers = new Map<string, string>();
  const repeated = new Set<string>();
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase();
    // A value that is not UTF-8 is kept as sent: it matches no signature and no rule.
    const value = fromWire(raw[i + 1] as string) ?? (raw[i + 1] as string);
    const before = headers.get(name);
    if (before !== undefined) repeated.add(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return { headers, repeated };
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Node hands header bytes over as latin1 text (reference oss 2.3); `undefined` when the bytes are not UTF-8. */
function fromWire(text: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the question is whether all bytes are ASCII
  if (/^[\x00-\x7f]*$/.test(text)) return text;
  try {
    return strict.decode(Buffer.from(text, 'latin1'));
  } catch {
    return undefined;
  }
}

/** The other way: text as the header bytes that carry its UTF-8. */
export const toWire = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
