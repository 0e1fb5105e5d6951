/** Answers of the AppServer. Errors have the shape of the RPC services, so that one client parses both. */
import { RPC_JSON_TYPE } from '@sluice/wire';

const HEADERS = {
  'content-type': RPC_JSON_TYPE,
  // Tokens must not stay in a browser's or proxy's cache.
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
} as const;

export function jsonAnswer(status: number, body: object, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { ...HEADERS, ...headers } });
}

/** Answer without a body, to a preflight. */
export function emptyAnswer(headers: Readonly<Record<string, string>>): Response {
  return new Response(null, { status: 204, headers: { 'cache-control': 'no-store', ...headers } });
}

const MESSAGES = {
  BadHost: [400, 'The request target or the Host header is malformed.'],
  InvalidJson: [400, 'The body must be a JSON object.'],
  InvalidParameter: [400, 'A parameter is missing or not valid.'],
  Unauthenticated: [401, 'Log in first.'],
  OriginNotAllowed: [
    403,
    'Requests from this origin are not allowed: allowedOrigins does not name it, and the Host is another.',
  ],
  NotFound: [404, 'There is no such operation.'],
  MethodNotAllowed: [405, 'This method is not supported here.'],
  BodyTooLarge: [413, 'The body is too long.'],
  MisdirectedRequest: [421, 'This server does not answer under that host name.'],
  TooManyRequests: [429, 'Too many requests; wait for the time that Retry-After gives.'],
  InternalError: [500, 'The request failed.'],
} as const;

/** Errors of the AppServer itself; codes of STS and VOD come beside them. */
export type AppServerCode = keyof typeof MESSAGES;

/** A refusal, thrown anywhere below the handler, which turns it into an answer. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    readonly code: AppServerCode,
    readonly headers: Readonly<Record<string, string>> = {},
    detail?: string,
  ) {
    super(detail ?? MESSAGES[code][1]);
  }

  answer(): Response {
    return jsonAnswer(MESSAGES[this.code][0], { Code: this.code, Message: this.message }, this.headers);
  }
}
