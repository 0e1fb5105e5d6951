import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import helmet from '@fastify/helmet';
import fastifyStatic from '@fastify/static';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { RawRpcRequest } from '../gate/rpc-request.js';
import type { RpcAnswer, RpcDispatch } from '../rpc/dispatch.js';
import { gatewayErrors } from '../rpc/gateway-errors.js';
import { type Format, renderError } from '../rpc/render.js';
import { clientAddress, headerValues, noProxies, type TrustedProxies } from './client-address.js';
import { clientSpokeTls } from './client-tls.js';

export type NodeHandler = (request: IncomingMessage, response: ServerResponse) => void;

export interface ControlPlaneParts {
  readonly createServer: (handler: RequestListener) => Server;
  readonly rpc: RpcDispatch;
  /** `/token` and `/upload/*`; absent when the built-in AppServer is off. */
  readonly appServer: NodeHandler | undefined;
  /** Says who a browser is, before it asks for a token: called with every page of the demo. */
  readonly welcome: (request: IncomingMessage, response: { header(name: string, value: string): unknown }) => void;
  /** Directory of the built pages; absent in servers without them. */
  readonly pages: string | undefined;
  /** Public endpoint of the data plane: the pages may connect to it. */
  readonly ossEndpoint: () => string;
  readonly secure: boolean;
  /** Whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed; default: nobody's. */
  readonly trustedProxies?: TrustedProxies;
}

/**
 * A form with a 2 048-character policy is a few kilobytes; a role with the longest trust policy, all tags, and nine bytes for every
 * character is 140. Whoever sends one is known only when all of it has been taken apart, sorted and hashed.
 */
const BODY_LIMIT = 256 * 1024;
/** For a request to arrive whole; a body that stalls must not hold its connection for ever. */
const REQUEST_TIMEOUT_MS = 60_000;

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'x-acs-request-id, x-acs-retry-after, Retry-After, Date',
} as const;

/**
 * The listener of the control plane: pages, the built-in AppServer, and RPC on any path, since the official SDKs are
 * pointed here by tricks that leave a path behind (reference vod 1.12).
 */
export async function controlPlane(parts: ControlPlaneParts): Promise<{ app: FastifyInstance; server: Server }> {
  let server: Server | undefined;
  const app = fastify({
    bodyLimit: BODY_LIMIT,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: false },
    serverFactory: (handler) => {
      server = parts.createServer(handler);
      server.requestTimeout = REQUEST_TIMEOUT_MS;
      return server;
    },
    // A target that the router cannot decode is still answered in the dialect of the caller.
    frameworkErrors: (_error, request, reply) =>
      refuse(reply as FastifyReply, request as FastifyRequest, gatewayErrors.actionNotFound()),
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.setErrorHandler((error: { statusCode?: number; code?: string }, request, reply) => {
    const refusal =
      error.statusCode === 413
        ? gatewayErrors.bodyTooLarge(BODY_LIMIT)
        : error.code === 'FST_ERR_CTP_INVALID_CONTENT_LENGTH'
          ? gatewayErrors.bodyIncomplete()
          : error.statusCode === 415
            ? gatewayErrors.unsupportedBody()
            : // What the file server refuses: a path that climbs, a NUL.
              (error.statusCode ?? 500) < 500
              ? gatewayErrors.actionNotFound()
              : gatewayErrors.internal();
    return refuse(reply, request, refusal);
  });
  // A page that is not there, or a method that nobody here has.
  app.setNotFoundHandler((request, reply) =>
    refuse(
      reply,
      request,
      request.method === 'GET' ? gatewayErrors.actionNotFound() : gatewayErrors.unsupportedMethod(),
    ),
  );
  if (parts.appServer) mountAppServer(app, parts.appServer);
  if (parts.pages !== undefined) await mountPages(app, parts.pages, parts);
  mountRpc(app, parts);
  await app.ready();
  if (!server) throw new Error('the server factory was not called');
  return { app, server };
}

function mountAppServer(app: FastifyInstance, handler: NodeHandler): void {
  // The AppServer reads bodies itself: no parser of ours may touch them.
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    for (const url of ['/token', '/upload/create', '/upload/refresh']) {
      scope.all(url, (request, reply) => {
        reply.hijack();
        handler(request.raw, reply.raw);
      });
    }
  });
}

async function mountPages(
  app: FastifyInstance,
  root: string,
  { welcome, ossEndpoint, secure }: ControlPlaneParts,
): Promise<void> {
  await app.register(async (scope) => {
    scope.addHook('onRequest', async (request, reply) => welcome(request.raw, reply));
    await scope.register(helmet, helmetOptions(ossEndpoint, secure));
    scope.get('/demo', (_request, reply) => reply.redirect('/demo/'));
    await scope.register(fastifyStatic, { root, prefix: '/demo/', redirect: true, index: 'index.html' });
  });
}

function mountRpc(app: FastifyInstance, { rpc, pages, secure, trustedProxies = noProxies }: ControlPlaneParts): void {
  const hasPages = pages !== undefined;
  app.route({
    method: ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'],
    url: '*',
    handler: async (request, reply) => {
      const target = request.raw.url ?? '/';
      // A signed call may say everything in headers and come without a query.
      const signed = request.headers.authorization !== undefined;
      if (hasPages && request.method === 'GET' && target === '/' && !signed) return reply.redirect('/demo/');
      const { rawHeaders, socket } = request.raw;
      const said = (name: string) => headerValues(rawHeaders, name);
      const raw: RawRpcRequest = {
        method: request.method,
        target,
        rawHeaders,
        body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
        sourceIp: clientAddress(socket.remoteAddress, said('x-forwarded-for'), trustedProxies),
        secure: clientSpokeTls(secure, socket.remoteAddress, said('x-forwarded-proto'), trustedProxies),
      };
      return send(reply, await rpc(raw));
    },
  });
  // RPC answers carry no cookie and need a signature, so any page may read them.
  app.options('*', (_request, reply) =>
    reply
      .code(204)
      .headers({
        ...CORS,
        'access-control-allow-methods': 'GET, POST, OPTIONS',
        'access-control-allow-headers':
          'authorization, content-type, x-acs-action, x-acs-version, x-acs-date, x-acs-signature-nonce, x-acs-content-sha256, x-acs-security-token, x-acs-accesskey-id',
        'access-control-max-age': '86400',
      })
      .send(),
  );
}

function send(reply: FastifyReply, answer: RpcAnswer): FastifyReply {
  return reply
    .code(answer.status)
    .headers({
      ...CORS,
      'content-type': answer.contentType,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...answer.headers,
    })
    .send(answer.body);
}

function refuse(
  reply: FastifyReply,
  request: FastifyRequest,
  error: ReturnType<typeof gatewayErrors.internal>,
): FastifyReply {
  const format: Format = /xml/i.test(request.headers.accept ?? '') ? 'XML' : 'JSON';
  const requestId = randomUUID().toUpperCase();
  return send(reply, {
    ...renderError(format, error, requestId, request.headers.host ?? 'sluice'),
    headers: { 'x-acs-request-id': requestId, ...error.headers },
  });
}

/** The pages load nothing from elsewhere and talk to this origin and the data plane only. */
function helmetOptions(ossEndpoint: () => string, secure: boolean) {
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        connectSrc: ["'self'", () => connectSource(ossEndpoint())],
        // The SDK hashes in a worker that it makes itself.
        workerSrc: ['blob:'],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    crossOriginResourcePolicy: false,
    strictTransportSecurity: secure ? { maxAge: 15_552_000, includeSubDomains: false } : false,
  };
}

/** The endpoint and its buckets, `http://oss.localhost:8401 http://*.oss.localhost:8401`. */
function connectSource(endpoint: string): string {
  return `${endpoint} ${endpoint.replace('://', '://*.')}`;
}
