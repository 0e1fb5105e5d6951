/** Takes up the session a checkpoint remembers, or begins a new one. */
import type { UploadAuth } from '@sluice/wire';
import type { Checkpoint } from '../ports.js';
import type { GrantCall, MediaGrant } from './media-authority.js';
import { sameETag } from './oss-answers.js';
import type { OssTarget } from './oss-target.js';
import { isSinglePut, type PartPlan, partRange, planParts } from './part-plan.js';
import { isMediaGone, isMediaOfOthers } from './refusal.js';
import { Renewable, type Renewed, type RenewReason } from './renewable.js';
import type { DonePart, Session } from './session.js';
import { listParts } from './store-calls.js';
import type { TransferContext } from './transfer-context.js';
import { codeOf, localError } from './upload-error.js';

/** @throws UploadError */
export async function openSession(context: TransferContext, signal: AbortSignal): Promise<Session> {
  const record = await findRecord(context);
  const resumed = record && (await resumeSession(context, record, signal));
  if (record && !resumed) await context.writer?.forget(record.fingerprint);
  return resumed ?? createSession(context, signal);
}

async function findRecord({ checkpoints, fingerprint, kind, listener, source }: TransferContext) {
  // The credential of an image cannot be renewed, so an unfinished one cannot be taken up. Reference: vod 4.4.
  if (kind === 'image') return undefined;
  try {
    const record = await checkpoints?.get(fingerprint);
    const { fileName, size, lastModified } = record ?? {};
    const same = fileName === source.name && size === source.size && lastModified === source.lastModified;
    return same ? record : undefined;
  } catch (error) {
    listener.warning(localError('CheckpointFailed', 'The checkpoint could not be read.', error));
    return undefined;
  }
}

async function createSession(context: TransferContext, signal: AbortSignal): Promise<Session> {
  const { authority, kind, settings, source } = context;
  const plan = planParts(source.size, settings.partSize);
  const grant = await authority.create(kind, grantCall(context, 'initial', signal));
  const target = withOverride(context, grant.target);
  const auth = renewableAuth(context, grant.videoId, target, grant);
  context.meter.begin(plan.size, plan.count);
  return newSession(context, plan, target, auth, grant);
}

/** `undefined` when the server no longer has it, or not for us. */
async function resumeSession(
  context: TransferContext,
  record: Checkpoint,
  signal: AbortSignal,
): Promise<Session | undefined> {
  const plan = planParts(context.source.size, record.partSize);
  if (plan.partSize !== record.partSize || isSinglePut(plan)) return undefined;
  try {
    // The server says where its data plane is today; the record only where the answer leaves the address out.
    let target: OssTarget = { endpoint: record.endpoint, bucket: record.bucket, key: record.key };
    const auth = renewableAuth(context, record.videoId, target, undefined, (to) => {
      target = to;
    });
    await auth.get(signal);
    const ids = { videoId: record.videoId, imageId: undefined };
    const session = newSession(context, plan, target, auth, ids, record.createdAt);
    session.uploadId = record.uploadId;
    session.resumedAt = 0;
    await takeUpParts(context, session, record, signal);
    return session;
  } catch (error) {
    const code = codeOf(error) ?? '';
    if (code === 'NoSuchUpload' || code === MOVED || isMediaGone(code) || isMediaOfOthers(code)) return undefined;
    throw error;
  }
}

async function takeUpParts(context: TransferContext, session: Session, record: Checkpoint, signal: AbortSignal) {
  const remembered = new Map(record.parts?.map(([number, etag, crc]) => [number, { etag, crc64: BigInt(crc) }]));
  context.meter.begin(session.plan.size, session.plan.count);
  await adoptStoredParts(context, session, remembered, signal);
}

/**
 * Takes from the server's list what this session does not know it has: parts of an earlier page, and those whose answer
 * was cut off by a pause.
 * @param remembered what was noted of parts when they were sent
 */
export async function adoptStoredParts(
  context: TransferContext,
  session: Session,
  remembered: ReadonlyMap<number, { etag: string; crc64: bigint }>,
  signal: AbortSignal,
): Promise<void> {
  const listed = await listParts(context.store, session, signal);
  for (const part of listed.values()) {
    const inPlan = Number.isInteger(part.number) && part.number >= 1 && part.number <= session.plan.count;
    if (!inPlan || session.done.has(part.number)) continue;
    if (part.size !== partRange(session.plan, part.number).size || part.etag === '') continue;
    const kept = keepPart(part, remembered.get(part.number));
    if (!kept) continue;
    session.done.set(part.number, kept);
    context.meter.resumed(part.size);
  }
}

/**
 * A part of an earlier page is taken with the CRC it had then, and read again before the upload is completed: name, size,
 * time and samples of a file can be those of another.
 */
function keepPart(
  listed: { etag: string; crc64: bigint | undefined },
  own: { etag: string; crc64: bigint } | undefined,
): DonePart | undefined {
  const { etag, crc64 } = listed;
  if (!own) return { etag, crc64: undefined, listedCrc64: crc64 };
  const differs = crc64 !== undefined && crc64 !== own.crc64;
  return differs || !sameETag(own.etag, etag) ? undefined : { etag, crc64: undefined, listedCrc64: crc64 ?? own.crc64 };
}

/** Code of the internal error: the refreshed address is not that of the checkpoint. */
const MOVED = 'MediaMoved';

/**
 * The credential of one file, renewed by RefreshUploadVideo. Images cannot be renewed.
 * @param first what came with the creation; without it the first use refreshes
 */
function renewableAuth(
  context: TransferContext,
  videoId: string | undefined,
  target: OssTarget,
  first?: MediaGrant,
  onTarget?: (target: OssTarget) => void,
): Renewable<UploadAuth> {
  const { authority, kind, lifetime, line, listener, settings } = context;
  const load = async (reason: RenewReason, signal: AbortSignal): Promise<Renewed<UploadAuth>> => {
    if (kind === 'image') throw localError('UploadAuthExpired', 'The credential of the image ended.');
    const grant = await authority.refresh(videoId ?? '', grantCall(context, reason, signal));
    const to = grant.target && withOverride(context, grant.target);
    if (to && (to.bucket !== target.bucket || to.key !== target.key)) {
      const moved = localError('MalformedAnswer', `RefreshUploadVideo answered another address for ${videoId}.`);
      throw first ? moved : Object.assign(moved, { code: MOVED });
    }
    if (to) onTarget?.(to);
    return { value: grant.auth, expiresAt: grant.expiresAt };
  };
  return new Renewable<UploadAuth>(
    {
      env: line.env,
      serverClock: line.serverClock,
      ahead: settings.renewAhead && kind === 'video',
      retryCount: settings.retryCount,
      retryDelay: settings.retryDelay,
      timeout: settings.credentialsTimeout,
      signal: lifetime,
      load,
      onRenewed: (reason, expiresAt) => listener.credentials({ layer: 'upload', reason, expiresAt }),
      onRetry: (error, attempt, delay) => listener.retry({ scope: 'credentials', attempt, delay, error }),
    },
    first && { value: first.auth, expiresAt: first.expiresAt },
  );
}

function grantCall({ listener, meta, source }: TransferContext, reason: RenewReason, signal: AbortSignal): GrantCall {
  const onRetry: GrantCall['onRetry'] = (error, attempt, delay) =>
    listener.retry({ scope: 'call', attempt, delay, error });
  return { source, meta, reason, signal, onRetry };
}

function withOverride({ targetOverride }: TransferContext, granted: OssTarget | undefined): OssTarget {
  const { endpoint = granted?.endpoint, bucket = granted?.bucket, key = granted?.key } = targetOverride;
  if (endpoint && bucket && key) return { endpoint, bucket, key };
  throw localError('MalformedAnswer', 'The server answered without an UploadAddress.');
}

function newSession(
  context: TransferContext,
  plan: PartPlan,
  { endpoint, bucket, key }: OssTarget,
  auth: Renewable<UploadAuth>,
  { videoId, imageId }: { videoId: string | undefined; imageId: string | undefined },
  createdAt = Math.round(context.line.serverClock.now()),
): Session {
  return {
    videoId,
    imageId,
    target: { endpoint, bucket, key },
    auth,
    plan,
    createdAt,
    uploadId: undefined,
    done: new Map(),
    acknowledgements: 0,
    resumedAt: undefined,
    completionUnknown: false,
  };
}
