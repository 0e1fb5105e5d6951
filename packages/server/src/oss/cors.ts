import type { Answer } from './answer.js';
import { OssError } from './oss-error.js';

/** Which web pages may use the data plane. Applies to every bucket. */
export interface CorsRule {
  readonly allowedOrigins: '*' | readonly string[];
}

const METHODS = 'GET, PUT, DELETE, POST, HEAD';
const MAX_AGE_SECONDS = '86400';
/** What scripts may read: ali-oss cannot upload parts without `ETag` (reference oss 1.20). */
const EXPOSED = [
  'ETag',
  'Date',
  'Content-Length',
  'Content-MD5',
  'Content-Range',
  'Accept-Ranges',
  'Last-Modified',
  'x-oss-request-id',
  'x-oss-server-time',
  'x-oss-hash-crc64ecma',
  'x-oss-object-type',
  'x-oss-next-append-position',
  'x-oss-tagging-count',
  'x-oss-ec',
  'x-oss-err',
];

/** Headers for an answer to a page of `origin`; none when it is not allowed. They go on errors too, or scripts see none. */
export function corsHeaders(rule: CorsRule, origin: string | undefined, metaNames: readonly string[] = []) {
  const headers: Record<string, string> = {};
  if (rule.allowedOrigins !== '*') headers.vary = 'Origin';
  if (origin === undefined || !allows(rule, origin)) return headers;
  headers['access-control-allow-origin'] = rule.allowedOrigins === '*' ? '*' : origin;
  headers['access-control-expose-headers'] = [...EXPOSED, ...metaNames].join(', ');
  return headers;
}

/** A header name (RFC 9110 section 5.6.2), or nothing between two commas. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]*$/;
const MAX_ASKED = 8 * 1024;

/**
 * `OPTIONS` needs no signature. Every header may be sent: scripts of ali-oss send a dozen, and `*` would leave out
 * `Authorization`, so what is asked for is echoed.
 * @throws {OssError} `BadRequest`, `AccessForbidden`
 */
export function answerPreflight(rule: CorsRule, headers: ReadonlyMap<string, string>): Answer {
  const origin = headers.get('origin');
  const method = headers.get('access-control-request-method');
  if (!origin || !method) {
    throw new OssError('BadRequest', {
      message: 'Insufficient information. Origin request header needed, and Access-Control-Request-Method.',
    });
  }
  const asked = headers.get('access-control-request-headers') ?? '';
  // Name by name: one expression for the whole list would backtrack for ever on a list made for that.
  const wellFormed = asked.length <= MAX_ASKED && asked.split(',').every((name) => TOKEN.test(name.trim()));
  if (!allows(rule, origin) || !METHODS.split(', ').includes(method) || !wellFormed) {
    throw new OssError('AccessForbidden');
  }
  return {
    status: 200,
    headers: {
      'access-control-allow-methods': METHODS,
      ...(asked === '' ? {} : { 'access-control-allow-headers': asked }),
      'access-control-max-age': MAX_AGE_SECONDS,
      vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
    },
    body: '',
  };
}

const allows = ({ allowedOrigins }: CorsRule, origin: string): boolean =>
  allowedOrigins === '*' || allowedOrigins.includes(origin);
