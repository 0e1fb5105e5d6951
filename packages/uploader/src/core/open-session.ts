/** Takes up the session a checkpoint remembers, or begins a new one. */
import type { UploadAuth } from '@sluice/wire';
import type { UploadResult } from '../api.js';
import type { Checkpoint } from '../ports.js';
import { adoptStoredParts } from './adopt-parts.js';
import { isSinglePut, type Layout, layOut } from './layout.js';
import type { GrantCall, MediaGrant } from './media-authority.js';
import type { OssTarget } from './oss-target.js';
import { isMediaGone, isMediaOfOthers } from './refusal.js';
import { Renewable, type Renewed, type RenewReason } from './renewable.js';
import type { Session } from './session.js';
import type { TransferContext } from './transfer-context.js';
import { codeOf, localError } from './upload-error.js';

/** @throws UploadError */
export async function openSession(
  context: TransferContext,
  signal: AbortSignal,
): Promise<Session | { readonly finished: UploadResult }> {
  const record = await findRecord(context);
  const resumed = record && (await resumeSession(context, record, signal));
  if (resumed) return resumed;
  if (record) await context.writer?.forget(record.fingerprint);
  if (context.resume) throw localError('FileChanged', 'The unfinished upload is no longer on the server.');
  const finished = context.instant ? await context.authority.instant?.(call(context, 'initial', signal)) : undefined;
  return finished ? { finished } : createSession(context, signal);
}

async function findRecord({ checkpoints, identity, kind, listener, resume, source }: TransferContext) {
  if (resume) {
    if (resume.size === source.size && resume.sample === identity?.sample) return resume;
    throw localError('FileChanged', 'This is not the file whose upload was begun.');
  }
  // The credential of an image cannot be renewed, so an unfinished one cannot be taken up. Reference: vod 4.4.
  if (kind === 'image' || !identity) return undefined;
  try {
    const record = await checkpoints?.get(identity.fingerprint);
    return record?.size === source.size && record?.sample === identity.sample ? record : undefined;
  } catch (error) {
    listener.warning(localError('CheckpointFailed', 'The checkpoint could not be read.', error));
    return undefined;
  }
}

async function createSession(context: TransferContext, signal: AbortSignal): Promise<Session> {
  const { authority, kind, settings, source } = context;
  const layout = layOut(source.size, settings.partSize);
  const grant = await authority.create(kind, call(context, 'initial', signal), layout);
  const target = withOverride(context, grant.target);
  const auth = renewableAuth(context, grant.videoId, target, grant);
  context.meter.begin(source.size ?? 0);
  return newSession(context, layout, target, auth, grant);
}

/** `undefined` when the server no longer has it, or not for us. */
async function resumeSession(
  context: TransferContext,
  record: Checkpoint,
  signal: AbortSignal,
): Promise<Session | undefined> {
  const layout: Layout = { size: record.size, unit: record.unit };
  try {
    // The server says where its data plane is today; the record only where the answer leaves the address out.
    let target: OssTarget = { endpoint: record.endpoint, bucket: record.bucket, key: record.key };
    const auth = renewableAuth(context, record.videoId, target, undefined, (to) => {
      target = to;
    });
    await auth.get(signal);
    const ids = { videoId: record.videoId, imageId: undefined, imageUrl: undefined };
    const session = newSession(context, layout, target, auth, ids, record.createdAt);
    session.singlePut = false;
    session.uploadId = record.uploadId;
    session.resumedAt = 0;
    context.meter.begin(record.size);
    await adoptStoredParts(context, session, record.parts, signal);
    return session;
  } catch (error) {
    const code = codeOf(error) ?? '';
    if (code === 'NoSuchUpload' || code === MOVED || isMediaGone(code) || isMediaOfOthers(code)) return undefined;
    throw error;
  }
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
    const grant = await authority.refresh(videoId ?? '', call(context, reason, signal));
    const to = grant.target && withOverride(context, grant.target);
    // A record of another device knows no address.
    if (to && target.key !== '' && (to.bucket !== target.bucket || to.key !== target.key)) {
      const moved = localError('MalformedAnswer', `RefreshUploadVideo answered another address for ${videoId}.`);
      throw first ? moved : Object.assign(moved, { code: MOVED });
    }
    if (to) onTarget?.(to);
    return { value: grant.auth, expiresAt: grant.expiresAt };
  };
  return new Renewable<UploadAuth>(
    {
      line,
      // Each call of a refresh has its own time, and so has what it waits for.
      settings: {
        ...settings,
        credentialsTimeout: Number.POSITIVE_INFINITY,
        renewAhead: settings.renewAhead && kind === 'video',
      },
      signal: lifetime,
      load,
      onRenewed: (reason, expiresAt) => listener.credentials({ layer: 'upload', reason, expiresAt }),
      onRetry: (error, attempt, delay) => listener.retry({ scope: 'credentials', attempt, delay, error }),
    },
    first && { value: first.auth, expiresAt: first.expiresAt },
  );
}

function call(context: TransferContext, reason: RenewReason, signal: AbortSignal): GrantCall {
  const { identity, listener, meta, source } = context;
  const onRetry: GrantCall['onRetry'] = (error, attempt, delay) =>
    listener.retry({ scope: 'call', attempt, delay, error });
  return { source, meta, sample: identity?.sample, reason, signal, onRetry };
}

function withOverride({ targetOverride }: TransferContext, granted: OssTarget | undefined): OssTarget {
  const { endpoint = granted?.endpoint, bucket = granted?.bucket, key = granted?.key } = targetOverride;
  if (endpoint && bucket && key) return { endpoint, bucket, key };
  throw localError('MalformedAnswer', 'The server answered without an UploadAddress.');
}

function newSession(
  { line, settings }: TransferContext,
  layout: Layout,
  { endpoint, bucket, key }: OssTarget,
  auth: Renewable<UploadAuth>,
  { videoId, imageId, imageUrl }: Pick<MediaGrant, 'videoId' | 'imageId' | 'imageUrl'>,
  createdAt = Math.round(line.serverClock.now()),
): Session {
  return {
    videoId,
    imageId,
    imageUrl,
    target: { endpoint, bucket, key },
    auth,
    layout,
    singlePut: layout.size !== undefined && isSinglePut(layout.size, settings.partSize),
    createdAt,
    uploadId: undefined,
    done: new Map(),
    unsent: [],
    reading: Promise.resolve(),
    read: 0,
    pieces: 0,
    ended: false,
    acknowledgements: 0,
    resumedAt: undefined,
    completionUnknown: false,
  };
}
