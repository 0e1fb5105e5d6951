import type { Answer } from './answer.js';
import type { BucketCors, BucketCorsRule } from './cors-configuration.js';
import { CORS_METHODS } from './cors-configuration.js';
import { OssError } from './oss-error.js';
import { fitsWildcard } from './wildcard.js';

/** Which web pages may use buckets that have no rules of their own, and the service itself. */
export interface CorsRule {
  readonly allowedOrigins: '*' | readonly string[];
}

/** What applies to a request: the rules of its bucket, or else those of the installation. */
export interface Cors {
  /** Headers for an answer; none of CORS when the page is not allowed. They go on errors too, or scripts see none. */
  headersFor(request: CorsRequest, metaNames: readonly string[]): Readonly<Record<string, string>>;
  /** The headers of a preflight's answer; `undefined` when no rule allows it. */
  preflight(asked: Preflight): Readonly<Record<string, string>> | undefined;
}

export interface CorsRequest {
  readonly method: string;
  /** Absent: not from another page. */
  readonly origin?: string | undefined;
}

export interface Preflight {
  readonly origin: string;
  readonly method: string;
  /** Lower case. */
  readonly headers: readonly string[];
  /** As sent. */
  readonly headerText: string;
}

/** What scripts may read by default: ali-oss cannot upload parts without `ETag` (reference oss 1.20). */
const EXPOSED = [
  'ETag',
  'Date',
  'Content-Length',
  'Content-MD5',
  'Content-Range',
  'Accept-Ranges',
  'Last-Modified',
  'Retry-After',
  'x-oss-request-id',
  'x-oss-server-time',
  'x-oss-hash-crc64ecma',
  'x-oss-object-type',
  'x-oss-next-append-position',
  'x-oss-tagging-count',
  'x-oss-ec',
  'x-oss-err',
];
const MAX_AGE_SECONDS = 86_400;
const PREFLIGHT_VARY = 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers';

/** The installation's own: everything may be sent, and what is useful is exposed. */
export function installationCors({ allowedOrigins }: CorsRule): Cors {
  const allows = (origin: string) => allowedOrigins === '*' || allowedOrigins.includes(origin);
  const shown = (origin: string) => (allowedOrigins === '*' ? '*' : origin);
  return {
    headersFor({ origin }, metaNames) {
      const vary = allowedOrigins === '*' ? {} : { vary: 'Origin' };
      if (origin === undefined || !allows(origin)) return vary;
      return {
        ...vary,
        'access-control-allow-origin': shown(origin),
        'access-control-expose-headers': [...EXPOSED, ...metaNames].join(', '),
      };
    },
    preflight({ origin, method, headerText }) {
      if (!allows(origin) || !CORS_METHODS.includes(method)) return undefined;
      return {
        'access-control-allow-origin': shown(origin),
        'access-control-allow-methods': CORS_METHODS.join(', '),
        // `*` would leave out `Authorization` in browsers, so what is asked for is echoed.
        ...(headerText === '' ? {} : { 'access-control-allow-headers': headerText }),
        'access-control-expose-headers': EXPOSED.join(', '),
        'access-control-max-age': String(MAX_AGE_SECONDS),
        vary: PREFLIGHT_VARY,
      };
    },
  };
}

/** Those of a bucket, as real OSS reads them: the first rule that fits decides (reference oss 1.20). */
export function bucketCors({ rules, responseVary }: BucketCors): Cors {
  const vary = responseVary ? { vary: 'Origin' } : {};
  return {
    headersFor({ method, origin }) {
      if (origin === undefined) return vary;
      for (const rule of rules) {
        const pattern = originPattern(rule, origin);
        if (pattern !== undefined && rule.methods.includes(method)) {
          const shown = pattern === '*' ? {} : { vary: 'Origin' };
          return { ...vary, ...shown, ...headersOf(rule, pattern, origin) };
        }
      }
      return vary;
    },
    preflight({ origin, method, headers, headerText }) {
      for (const rule of rules) {
        const pattern = originPattern(rule, origin);
        if (pattern === undefined || !rule.methods.includes(method)) continue;
        if (!headers.every((header) => allowsHeader(rule, header))) continue;
        return {
          ...headersOf(rule, pattern, origin),
          'access-control-allow-methods': rule.methods.join(', '),
          ...(headerText === '' ? {} : { 'access-control-allow-headers': headerText }),
          ...(rule.maxAge === undefined ? {} : { 'access-control-max-age': String(rule.maxAge) }),
          vary: PREFLIGHT_VARY,
        };
      }
      return undefined;
    },
  };
}

function headersOf({ expose }: BucketCorsRule, pattern: string, origin: string): Record<string, string> {
  return {
    'access-control-allow-origin': pattern === '*' ? '*' : origin,
    ...(expose.length === 0 ? {} : { 'access-control-expose-headers': expose.join(', ') }),
  };
}

/** The pattern of the rule that the origin fits. Schemes and hosts know no cases. */
function originPattern({ origins }: BucketCorsRule, origin: string): string | undefined {
  const text = origin.toLowerCase();
  return origins.find((pattern) => fitsWildcard(pattern.toLowerCase(), text));
}

const allowsHeader = ({ headers }: BucketCorsRule, header: string): boolean =>
  headers.some((pattern) => fitsWildcard(pattern.toLowerCase(), header));

/** A header name (RFC 9110 section 5.6.2), or nothing between two commas. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]*$/;
const MAX_ASKED = 8 * 1024;
/** Ten rules of 16 KB are tried for each: a browser asks for some twenty. */
const MAX_ASKED_HEADERS = 200;

/**
 * `OPTIONS` needs no signature.
 * @throws {OssError} `BadRequest`, `AccessForbidden`
 */
export function answerPreflight(cors: Cors, headers: ReadonlyMap<string, string>): Answer {
  const origin = headers.get('origin');
  const method = headers.get('access-control-request-method');
  if (!origin || !method) {
    throw new OssError('BadRequest', {
      message: 'Insufficient information. Origin request header needed, and Access-Control-Request-Method.',
    });
  }
  const headerText = headers.get('access-control-request-headers') ?? '';
  const asked = headerText.length > MAX_ASKED ? undefined : readNames(headerText);
  const allowed = asked && cors.preflight({ origin, method, headers: asked, headerText });
  if (!allowed) throw new OssError('AccessForbidden');
  return { status: 200, headers: allowed, body: '' };
}

/** Name by name: one expression for the whole list would backtrack for ever on a list made for that. */
function readNames(text: string): readonly string[] | undefined {
  const names = text.split(',').map((name) => name.trim());
  if (!names.every((name) => TOKEN.test(name))) return undefined;
  const distinct = [...new Set(names.filter((name) => name !== '').map((name) => name.toLowerCase()))];
  return distinct.length > MAX_ASKED_HEADERS ? undefined : distinct;
}
