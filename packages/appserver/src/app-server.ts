import { formatIso, parseIso } from '@sluice/wire';
import { emptyAnswer, jsonAnswer, Refusal } from './answers.js';
import { readJsonBody } from './read-body.js';
import { createHostCheck, createOriginPolicy } from './request-origin.js';
import type { TokenVendor } from './token-vendor.js';
import type { UploadBroker } from './upload-broker.js';
import { readCreateRequest, readVideoId } from './upload-request.js';
import { upstreamAnswer } from './upstream-answer.js';
import { UpstreamError } from './upstream-error.js';
import { createUserRateLimit, type UserRateLimit } from './user-rate-limit.js';

/** A web-standard handler: one request in, one answer out; never rejects. */
export type Handler = (request: Request) => Promise<Response>;

/** Options of {@link createAppServer}. */
export interface AppServerOptions {
  /** Where tokens come from: {@link createTokenVendor}. */
  readonly vendor: TokenVendor;
  /** With it `/upload/create` and `/upload/refresh` exist. */
  readonly broker?: UploadBroker | undefined;
  /** Who asks, by your own login; `undefined` or `null` for nobody. The name becomes the session name and the folder. */
  readonly identify: (request: Request) => Identity | Promise<Identity>;
  /** Origins of pages on other hosts, `https://app.example.com`; default none. `*` is refused. */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** Default 30 requests in 10 seconds for each user. */
  readonly rateLimit?: Partial<UserRateLimit> | undefined;
  /**
   * Names this server answers under, `app.example.com` (on any port) or `app.example.com:8443`; default any. Set it against
   * DNS rebinding.
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Milliseconds since the epoch, for `ServerTime`; default `Date.now`. */
  readonly clock?: (() => number) | undefined;
  /** Told of every failure behind a 5xx answer; for your log. */
  readonly onError?: ((error: unknown, request: Request) => void) | undefined;
}

type Identity = string | null | undefined;

interface Route {
  readonly end: string;
  readonly methods: readonly string[];
  readonly run: (user: string, request: Request) => Promise<Response>;
}

/**
 * Vends tokens and upload credentials over HTTP, wherever it is mounted (the end of the path decides):
 *
 * - `GET|POST …/token`: `{Code: "Success", AccessKeyId, AccessKeySecret, SecurityToken, Expiration, ServerTime}`, the flat
 *   format that official credential clients read from a URL (reference ram-sts 4.2, `credentials_uri`)
 * - `POST …/upload/create` `{kind: "video"|"image", …}` and `POST …/upload/refresh` `{videoId}`: the answer of VOD
 *
 * Errors are `{Code, Message, RequestId?}`: 400, 401 nobody, 403 origin, 404, 405, 413 over 16 KiB, 421 host, 429 with
 * `Retry-After`, 500 something of this process, 502 refused upstream, 503 upstream not available.
 *
 * @throws TypeError for options that could serve nobody: no vendor or login, an origin or host that is none, a limit below 1
 */
export function createAppServer(options: AppServerOptions): Handler {
  const { vendor, broker, identify, clock = Date.now, onError } = options;
  // Found here, and not by the first user.
  if (typeof vendor?.token !== 'function') throw new TypeError('vendor must be what createTokenVendor() made');
  if (typeof identify !== 'function') throw new TypeError('identify must be a function');
  const checkHost = createHostCheck(options.allowedHosts);
  const origins = createOriginPolicy(options.allowedOrigins ?? []);
  const count = createUserRateLimit({ perUser: 30, perSeconds: 10, ...options.rateLimit });
  const routes: readonly Route[] = [
    { end: '/token', methods: ['GET', 'POST'], run: (user) => vendToken(vendor, user, clock()) },
    ...(broker ? uploadRoutes(broker) : []),
  ];

  async function answer(request: Request): Promise<Response> {
    checkHost(request);
    const cors = origins.admit(request);
    return withHeaders(await route(request).catch((error: unknown) => failureAnswer(error, request)), cors);
  }

  async function route(request: Request): Promise<Response> {
    const path = new URL(request.url).pathname;
    const found = routes.find(({ end }) => path.endsWith(end));
    if (found === undefined) throw new Refusal('NotFound');
    const allow = [...found.methods, 'OPTIONS'].join(', ');
    if (request.method === 'OPTIONS') return preflight(allow);
    if (!found.methods.includes(request.method)) throw new Refusal('MethodNotAllowed', { allow });
    const user = (await identify(request)) ?? '';
    // A record of a user is no name: two of them may look alike, and would share a folder.
    if (typeof user !== 'string') throw new TypeError('identify() must answer the name of the user, a text');
    if (user === '') throw new Refusal('Unauthenticated');
    await count(user);
    return found.run(user, request);
  }

  function failureAnswer(error: unknown, request: Request): Response {
    if (error instanceof Refusal) return error.answer();
    onError?.(error, request);
    return error instanceof UpstreamError ? upstreamAnswer(error) : new Refusal('InternalError').answer();
  }

  return (request) => answer(request).catch((error: unknown) => failureAnswer(error, request));
}

async function vendToken(vendor: TokenVendor, user: string, now: number): Promise<Response> {
  const token = await vendor.token(user);
  const expiresAt = parseIso(token.expiration);
  return jsonAnswer(200, {
    // The clients for Python believe nothing without it.
    Code: 'Success',
    AccessKeyId: token.accessKeyId,
    AccessKeySecret: token.accessKeySecret,
    SecurityToken: token.securityToken,
    // Some clients read this length only (reference ram-sts 6.1).
    Expiration: expiresAt === undefined ? token.expiration : formatIso(expiresAt),
    ServerTime: formatIso(now),
  });
}

function uploadRoutes(broker: UploadBroker): readonly Route[] {
  const methods = ['POST'];
  return [
    {
      end: '/upload/create',
      methods,
      run: async (user, request) => {
        const wanted = readCreateRequest(await readJsonBody(request));
        const grant =
          wanted.kind === 'video' ? broker.create(user, wanted.video) : broker.createImage(user, wanted.image);
        return jsonAnswer(200, await grant);
      },
    },
    {
      end: '/upload/refresh',
      methods,
      run: async (user, request) =>
        jsonAnswer(200, await broker.refresh(user, readVideoId(await readJsonBody(request)))),
    },
  ];
}

function preflight(allow: string): Response {
  return emptyAnswer({
    allow,
    'access-control-allow-methods': allow,
    'access-control-allow-headers': 'Authorization, Content-Type',
    'access-control-max-age': '600',
  });
}

function withHeaders(answer: Response, headers: Readonly<Record<string, string>>): Response {
  for (const [name, value] of Object.entries(headers)) answer.headers.set(name, value);
  return answer;
}
