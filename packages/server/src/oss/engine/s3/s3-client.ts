import { IncomingMessage } from 'node:http';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import type { S3EngineOptions, S3Limits } from './s3-options.js';
import { watchAnswer } from './watch-answer.js';

/** Stores close idle connections after 5 s and more; one that is closed as a body is sent into it costs that body. */
const IDLE_CONNECTION_MS = 4_000;
const TRIES = 3;

/** As in the clients of the bench: nothing of the SDK is ever printed. */
const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/**
 * The SDK, set so that it works on stores of any kind and age, and streams:
 *
 * - `WHEN_REQUIRED`: otherwise bodies are sent in chunks with a checksum at the end, which Ceph before 19 and others refuse
 *   with 411 or store as they are.
 * - Bodies are not hashed a second time for the signature (`UNSIGNED-PAYLOAD`); AWS, Ceph and MinIO take that over http and
 *   https. What came in is compared with the ETag instead.
 * - No `Expect: 100-continue`: with it the SDK makes a new connection for every body above 2 MiB.
 */
export function createS3Client(options: S3EngineOptions, limits: S3Limits): S3Client {
  // Which Node we run on is decided in package.json; on Node 20 the SDK would tell the operator of it at every start.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const agent = { keepAlive: true, maxSockets: options.connections, timeout: IDLE_CONNECTION_MS };
  const config: S3ClientConfig = {
    region: options.region,
    forcePathStyle: options.pathStyle,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    expectContinueHeader: false,
    maxAttempts: TRIES,
    retryMode: 'standard',
    logger: silent,
    requestHandler: {
      httpAgent: agent,
      httpsAgent: agent,
      connectionTimeout: limits.connectMs,
      throwOnRequestTimeout: true,
    },
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    ...(options.keys === undefined ? {} : { credentials: { ...options.keys } }),
  };
  const client = new S3Client(config);
  client.middlewareStack.add(
    (next) => (args) => {
      const { request } = args as { request?: { headers?: Record<string, string>; body?: unknown } };
      if (
        request?.headers &&
        request.body !== undefined &&
        BODY_METHODS.has(String((request as { method?: string }).method))
      )
        request.headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD';
      return next(args);
    },
    { step: 'build', name: 'unsignedPayload' },
  );
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { body } = result.response as { body?: unknown };
      if (body instanceof IncomingMessage) watchAnswer(body, limits.stallMs);
      return result;
    },
    // Next to the socket: before anything of the SDK reads the answer.
    { step: 'deserialize', priority: 'low', name: 'watchAnswer' },
  );
  return client;
}

const BODY_METHODS = new Set(['PUT']);
