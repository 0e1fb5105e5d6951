import { BlobMissing, EngineFull, EngineUnavailable } from '../engine.js';

/** The store took too long. */
export class StoreSilent extends Error {
  override readonly name = 'StoreSilent';
}

/** What is of interest in the errors of the SDK, of Node's sockets and of TLS. */
interface Failure {
  readonly name?: string;
  readonly message?: string;
  readonly code?: unknown;
  readonly Code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
  readonly errors?: readonly Failure[];
}

/** AWS, Ceph, MinIO: no room, or no more of it for us. */
const FULL = new Set(['QuotaExceeded', 'XMinioStorageFull', 'InsufficientCapacity', 'StorageFull']);
/** Trouble on the way, as the SDK names it. */
const ON_THE_WAY = new Set(['TimeoutError', 'AbortError', 'CredentialsProviderError', 'StoreSilent']);
const MAX_RETRY_AFTER = 60;

/**
 * What the SDK threw, as an error of the engine. Only status, code and request id are taken over: the errors of some stores
 * repeat the signature and the text that was signed, and these would end in the log.
 */
export function engineFailure(thrown: unknown, doing: string): Error {
  if (thrown instanceof EngineUnavailable || thrown instanceof EngineFull || thrown instanceof BlobMissing)
    return thrown;
  const failure = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as Failure;
  const status = failure.$metadata?.httpStatusCode;
  const code = codeOf(failure);
  const what = `${doing}: ${describeFailure(thrown)}`;
  if (FULL.has(code) || status === 507) return new EngineFull(what);
  // Any other 404, which the SDK calls NotFound, may be that of a proxy or of a bucket that is away.
  if (code === 'NoSuchKey') return new BlobMissing(what);
  const after = Number(failure.$response?.headers?.['retry-after']);
  const retryAfter = after >= 1 ? Math.min(Math.ceil(after), MAX_RETRY_AFTER) : 1;
  if (status !== undefined) return new EngineUnavailable(what, { retryAfter });
  if (ON_THE_WAY.has(failure.name ?? '') || systemCode(failure) !== undefined) return new EngineUnavailable(what);
  return thrown instanceof Error ? thrown : new Error(what);
}

/** Whether an object may be there although its put failed: the answer was lost, or tells of trouble on the store's side. */
export function mayBeStored(thrown: unknown): boolean {
  const status = statusOf(thrown);
  return status === undefined || status < 400 || status >= 500;
}

/** One line without secrets: "403 SignatureDoesNotMatch (request tx0…)", "connect ECONNREFUSED 127.0.0.1:1". */
export function describeFailure(thrown: unknown): string {
  const failure = (typeof thrown === 'object' && thrown !== null ? thrown : { message: String(thrown) }) as Failure;
  const { httpStatusCode: status, requestId } = failure.$metadata ?? {};
  if (status !== undefined) {
    return `the store answered ${status} ${codeOf(failure)}${requestId === undefined ? '' : ` (request ${requestId})`}`;
  }
  const one = (failure.errors?.[0] ?? failure).message ?? '';
  return one.replace(/^@smithy\/\S+ - (\[\w+\] )?/, '').split('\n', 1)[0] || (systemCode(failure) ?? 'no answer');
}

/** `undefined` when there was no answer. */
export function statusOf(thrown: unknown): number | undefined {
  return (thrown as Failure).$metadata?.httpStatusCode;
}

export function codeOf(failure: Failure): string {
  // An answer to HEAD has no body, so its error has no code of the store.
  return typeof failure.Code === 'string' ? failure.Code : (failure.name ?? 'Error');
}

function systemCode(failure: Failure): string | undefined {
  const { code } = failure.errors?.[0] ?? failure;
  // ERR_… are Node's words for misuse, but for those of TLS.
  return typeof code === 'string' && /^(?!ERR_(?!SSL|TLS))[A-Z][A-Z0-9_]+$/.test(code) ? code : undefined;
}
