import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { type Decided, Decisions } from '../audit/decisions.js';
import type { AuditTrail } from '../audit/trail.js';
import type { Database } from '../db/schema.js';
import type { Authoriser } from '../gate/authorise.js';
import type { CredentialSource } from '../gate/credentials.js';
import { createOssAuthenticator, type OssCaller } from '../gate/oss-authenticate.js';
import { createOssFormAuthenticator, readFormAddress } from '../gate/oss-form.js';
import { type Principal, principalName } from '../gate/principal.js';
import type { SessionOrigin } from '../gate/session-origin.js';
import { clientAddress, headerValues, noProxies, type TrustedProxies } from '../http/client-address.js';
import { clientSpokeTls } from '../http/client-tls.js';
import type { KeyRing } from '../keys/key-ring.js';
import type { KeyUsage } from '../ram/access-keys/key-usage.js';
import type { Clock, Log, Random } from '../runtime.js';
import { abortUploadsOf } from './abort-uploads-of.js';
import { type Address, type Addressing, readAddresses } from './addressing.js';
import type { Answer } from './answer.js';
import { authoriseCall, authoriseInAccount } from './authorise-call.js';
import { asksForCallbackKey, callbackKeyAnswer } from './callback/callback-key-answer.js';
import type { UploadCallbacks } from './callback/upload-callbacks.js';
import { GroupCommit } from './catalog/group-commit.js';
import { chooseOperation } from './choose-operation.js';
import { answerClientError } from './client-error.js';
import { type ObjectContents, objectContents } from './contents.js';
import { answerPreflight, type Cors, type CorsRule, installationCors } from './cors.js';
import type { DataPlane } from './data-plane.js';
import type { StorageEngine } from './engine/engine.js';
import { withReserve } from './engine/reserve.js';
import { asOssError, errorAnswer } from './error-answer.js';
import { corsFinder } from './find-cors.js';
import { Leases } from './leases.js';
import type { Expired } from './lifecycle/expire.js';
import { lifecycleFinder } from './lifecycle/find-rules.js';
import { type LifecycleSettings, LifecycleWorker } from './lifecycle/lifecycle-worker.js';
import { defaultOssLimits, type OssLimits } from './limits.js';
import { lookForBucket } from './look-for-bucket.js';
import type { ObjectEvents } from './object-events.js';
import type { AccessTo } from './operation.js';
import { OssError } from './oss-error.js';
import { type Metronome, Pace, readTrafficLimit, systemMetronome, TRAFFIC_LIMIT } from './pace.js';
import { type RawRequest, readRawRequest } from './raw-request.js';
import { ReaderGone } from './read-object.js';
import { Reaper } from './reaper.js';
import { requestRecorder } from './record-request.js';
import { createRequestBody, type RequestBody } from './request-body.js';
import { logRequest, type RequestTrace } from './request-trace.js';
import { runOperation } from './run-operation.js';
import { type BackgroundOptions, Scrubber } from './scrub/scrubber.js';
import { sendAnswer } from './send-answer.js';
import { Strays } from './strays.js';
import { Tidy } from './tidy.js';

export interface OssHandlerOptions {
  readonly db: Database;
  readonly engine: StorageEngine;
  readonly credentials: CredentialSource;
  readonly authoriser: Authoriser;
  readonly objectEvents: ObjectEvents;
  /** Absent: nothing is recorded. */
  readonly audit?: AuditTrail | undefined;
  /** Whether what is read without being refused is recorded too. Default: no. */
  readonly auditReads?: boolean;
  /** Is told of the access keys that are used. */
  readonly usage?: Pick<KeyUsage, 'note'> | undefined;
  /** Region of the buckets that are created. */
  readonly region: string;
  /** Buckets that the server itself needs: DeleteBucket refuses them. Default: none. */
  readonly keptBuckets?: readonly string[];
  readonly addressing: Addressing;
  /** For buckets that have no CORS rules of their own. */
  readonly cors: CorsRule;
  /** Default: every hour, and no upload is given up without a rule. */
  readonly lifecycle?: LifecycleSettings;
  /** Ties continuation tokens to what they were handed out for. */
  readonly ring: KeyRing;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly limits?: Partial<OssLimits>;
  /** What `x-oss-traffic-limit` is measured by. Default: the system's. */
  readonly metronome?: Metronome;
  /** Absent: uploads cannot have their application told. */
  readonly callbacks?: UploadCallbacks;
  /** PEM that receivers of upload callbacks verify with, served under {@link CALLBACK_KEY_PATH}. */
  readonly callbackKey?: string;
  /** Whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed; default: nobody's. */
  readonly trustedProxies?: TrustedProxies;
  /** Scrubs in the background after the start; absent: on demand only. */
  readonly scrub?: BackgroundOptions | undefined;
}

export interface OssHandler {
  /** The bytes of objects, for other rooms. */
  readonly contents: ObjectContents;
  /** Looks whether what is stored is what was recorded. */
  readonly scrubber: Pick<Scrubber, 'run' | 'status'>;
  /** For `request` and `checkContinue`; never rejects. `100 Continue` is sent when the body is wanted, not before. */
  handle(req: IncomingMessage, res: ServerResponse): Promise<void>;
  /** For `clientError`: also tells a half-closed connection that its body was too short. */
  clientError(error: NodeJS.ErrnoException, socket: Duplex): void;
  /** Reclaims what an earlier run left, and begins to look after space; resolves when the first is done. Requests may be served meanwhile. */
  start(): Promise<void>;
  /** Ends the unfinished multipart uploads that certain sessions began. @returns how many */
  abortUploads(ofSessions: (origin: SessionOrigin) => boolean): Promise<number>;
  /** To be called after a transaction outside the data plane deleted objects. */
  wake(): void;
  /** Carries out the lifecycle rules now; `start` does so again and again. */
  expire(): Promise<Expired>;
  /** Ends background work; the database and the engine may be closed afterwards. */
  stop(): Promise<void>;
}

const LIFECYCLE_MS = 3600_000;

/** The OSS dialect on a bare `node:http` server: dispatched by method and sub-resource, on the raw URL. */
export function createOssHandler(options: OssHandlerOptions): OssHandler {
  const { db, authoriser, addressing, clock, random, log } = options;
  const limits = { ...defaultOssLimits, ...options.limits };
  const commits = new GroupCommit(db, options.audit);
  const recorder = requestRecorder(options);
  const leases: Leases = new Leases(() => reaper.wake());
  const strays = new Strays(log);
  const engine = withReserve(options.engine, limits.reserveBytes);
  const reaper = new Reaper({ db, engine, commits, leases, log });
  const scrubber = new Scrubber({ db, engine, commits, leases, strays, wake: () => reaper.wake(), clock, log });
  const tidy = new Tidy({ db, engine, strays, reaper, log }, limits.tidyMs);
  const keptBuckets = new Set(options.keptBuckets);
  const plane: DataPlane = {
    ...options,
    engine,
    keptBuckets,
    commits,
    leases,
    reaper,
    strays,
    lifecycleOf: lifecycleFinder(db),
    limits,
  };
  const lifecycle = new LifecycleWorker(plane, options.lifecycle ?? { everyMs: LIFECYCLE_MS });
  const authenticate = createOssAuthenticator(options);
  const authenticateForm = createOssFormAuthenticator(options);
  const { metronome = systemMetronome } = options;
  const standardCors = installationCors(options.cors);
  const findCors = corsFinder(db, standardCors);
  const stopping = new AbortController();
  // What is being served on a connection, and connections whose input is beyond repair.
  const serving = new WeakMap<Duplex, RequestBody>();
  const broken = new WeakSet<Duplex>();

  const { trustedProxies = noProxies } = options;
  const sourceIpOf = ({ socket, rawHeaders }: IncomingMessage): string =>
    clientAddress(socket.remoteAddress, headerValues(rawHeaders, 'x-forwarded-for'), trustedProxies);
  const isSecure = ({ socket, rawHeaders }: IncomingMessage): boolean => {
    const forwarded = headerValues(rawHeaders, 'x-forwarded-proto');
    return clientSpokeTls(socket instanceof TLSSocket, socket.remoteAddress, forwarded, trustedProxies);
  };
  const newRequestId = () => Buffer.from(random.bytes(12)).toString('hex').toUpperCase();

  async function whoSigned(request: RawRequest, addresses: readonly Address[]): Promise<OssCaller> {
    try {
      return await authenticate(request, addresses);
    } catch (refusal) {
      throw await lookForBucket(db, refusal, request.method, addresses);
    }
  }

  async function answer(
    { req, res }: { req: IncomingMessage; res: ServerResponse },
    request: RawRequest,
    body: RequestBody,
    trace: RequestTrace,
  ): Promise<Answer> {
    const addresses = readAddresses(request, addressing);
    trace.addresses = addresses;
    if (request.method === 'OPTIONS') return answerPreflight(await findCors(addresses), request.headers);
    if (options.callbackKey !== undefined && asksForCallbackKey(request, addresses)) {
      return callbackKeyAnswer(options.callbackKey);
    }
    const form = readFormAddress(request, addresses);
    if (recorder) trace.sourceIp = sourceIpOf(req);
    const { principal, accessKeyId, address } = form ?? (await whoSigned(request, addresses));
    trace.addresses = [address];
    know(trace, principal, accessKeyId);
    const operation = chooseOperation(request.method, address, request.query, request.headers);
    const query = new Map(request.query);
    Object.assign(trace, { operation: operation.name, bucket: address.bucket ?? '', key: address.key ?? '' });
    if (query.has('uploadId')) trace.uploadId = query.get('uploadId') ?? '';
    if (query.has('partNumber')) trace.partNumber = query.get('partNumber') ?? '';
    const bits = readTrafficLimit([request.headers.get(TRAFFIC_LIMIT), query.get(TRAFFIC_LIMIT)]);
    if (bits !== undefined) body.slowTo(new Pace(bits, metronome));
    const secure = isSecure(req);
    const sourceIp = trace.sourceIp ?? sourceIpOf(req);
    const context = { sourceIp, secure, now: clock.now() };
    const copySource = request.headers.get('x-oss-copy-source');
    if (copySource !== undefined) trace.copySource = copySource;
    if (recorder) trace.recording = recorder.begin(trace);
    const decisions = recorder && new Decisions();
    if (decisions) trace.decisions = decisions;
    const access = { authoriser, db, decided: decisions && ((one: Decided) => decisions.add(one)) };
    const own = trace.recording ? { ...plane, commits: commits.recording(trace.recording) } : plane;
    return runOperation(own, operation, {
      principal,
      address,
      query,
      headers: request.headers,
      body,
      requestId: trace.requestId,
      host: request.host,
      secure,
      sourceIp,
      note: (facts) => void Object.assign(trace, facts),
      gone: () => goneSignal(res),
      authorise: (question) => authoriseCall(access, principal, question, context),
      async signIn(fields) {
        const { principal: signer, accessKeyId: by } = await authenticateForm(fields);
        know(trace, signer, by);
        const authorise = (question: AccessTo) => authoriseCall(access, signer, question, context);
        return { principal: signer, authorise };
      },
      authoriseInAccount: (question) => authoriseInAccount(access, principal, question, context),
    });
  }

  async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const trace: RequestTrace = {
      requestId: newRequestId(),
      startedAt: clock.now(),
      method: req.method ?? '',
      host: '',
    };
    let bodyWithheld = /^100-continue$/i.test(req.headers.expect ?? '');
    let outcome: Answer;
    let error: OssError | undefined;
    if (req.headers.origin !== undefined) trace.origin = req.headers.origin;
    try {
      const request = readRawRequest(req);
      trace.host = request.host;
      const body = createRequestBody(req, request.headers, limits, () => {
        if (bodyWithheld) res.writeContinue();
        bodyWithheld = false;
      });
      trace.body = body;
      serving.set(req.socket, body);
      outcome = await answer({ req, res }, request, body, trace);
    } catch (thrown) {
      error = asOssError(thrown);
      outcome = errorAnswer(error, trace);
    }
    if (recorder) {
      const unrecorded = await recorder.end(trace, error);
      if (unrecorded) {
        if (error === undefined && typeof outcome.body === 'object') outcome.body.release();
        error = unrecorded;
        outcome = errorAnswer(error, trace);
      }
    }
    const close = error?.detail.close === true || broken.has(req.socket);
    const exchange = { req, res, limits, bodyWithheld, close, pace: trace.body?.pace };
    const sent = await send(exchange, outcome, await corsOf(trace), trace);
    serving.delete(req.socket);
    if (broken.has(req.socket)) req.socket.destroySoon();
    logRequest(log, trace, { outcome, error, sent, now: clock.now() });
  }

  /** What is not read by a page, and kept by no cache, needs no rules. */
  async function corsOf({ addresses, origin, method }: RequestTrace): Promise<Cors> {
    if (addresses === undefined || (origin === undefined && method !== 'GET' && method !== 'HEAD')) return standardCors;
    // Without rules there is still an answer, and it says why.
    return findCors(addresses).catch(() => standardCors);
  }

  /** @returns what went wrong on the way out */
  async function send(
    exchange: Parameters<typeof sendAnswer>[0],
    outcome: Answer,
    cors: Cors,
    trace: RequestTrace,
  ): Promise<Error | undefined> {
    const { res } = exchange;
    const metaNames = Object.keys(outcome.headers ?? {}).filter((name) => name.startsWith('x-oss-meta-'));
    const common = {
      server: 'AliyunOSS',
      'x-oss-request-id': trace.requestId,
      'x-oss-server-time': String(Math.max(0, clock.now() - trace.startedAt)),
      ...(exchange.pace ? { 'x-oss-qos-delay-time': String(Math.round(exchange.pace.delayMs)) } : {}),
      ...cors.headersFor(trace, metaNames),
    };
    try {
      if (res.destroyed || exchange.req.socket.destroyed) return new ReaderGone();
      await sendAnswer(exchange, outcome, common, () => clock.now());
      return undefined;
    } catch (failure) {
      // A body that cannot be sent to its end must not look whole.
      res.destroy();
      return failure as Error;
    } finally {
      if (typeof outcome.body === 'object') outcome.body.release();
    }
  }

  return {
    contents: objectContents(plane, stopping.signal),
    scrubber,
    handle,
    clientError(error, socket) {
      const body = serving.get(socket);
      if (!body) {
        const about = { now: clock.now(), requestId: newRequestId(), cors: standardCors };
        return answerClientError(error, socket, about);
      }
      // An answer of ours is on its way or will be; nothing may be written into it.
      broken.add(socket);
      body.interrupt(new OssError('IncompleteBody', { close: true, cause: error }));
    },
    async start() {
      lifecycle.start();
      try {
        await tidy.start();
      } finally {
        if (options.scrub) scrubber.start(options.scrub);
      }
    },
    abortUploads: (ofSessions) => abortUploadsOf(plane, ofSessions),
    wake: () => reaper.wake(),
    expire: () => lifecycle.run(),
    async stop() {
      stopping.abort();
      await Promise.all([scrubber.stop(), tidy.stop(), lifecycle.stop()]);
      await reaper.stop();
      await commits.idle();
    },
  };
}

function know(trace: RequestTrace, principal: Principal, accessKeyId: string | undefined): void {
  trace.principal = principalName(principal);
  trace.caller = principal;
  if (accessKeyId !== undefined) trace.accessKeyId = accessKeyId;
}

/** Made when asked for: few operations take longer than their client may. */
function goneSignal(res: ServerResponse): AbortSignal {
  const gone = new AbortController();
  const leave = () => gone.abort(new OssError('RequestTimeout', { message: 'The client went away.', close: true }));
  if (res.destroyed) leave();
  else res.once('close', leave);
  return gone.signal;
}
