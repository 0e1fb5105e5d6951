import { formatIso } from '@sluice/wire';
import type { DatabaseTransaction, MediaTable } from '../db/schema.js';
import type { Outbox } from '../events/outbox.js';
import type { ObjectEvents, RemovedObject, StoredObject } from '../oss/object-events.js';
import { OssError } from '../oss/oss-error.js';
import type { Clock, Log } from '../runtime.js';
import type { MediaStore } from './media-store.js';
import { MEDIA_PREFIX, type UploadParts } from './upload-parts.js';

export interface UploadCompletion extends ObjectEvents {
  /** Takes up what a stop left between UploadSucc and Normal. */
  recover(): Promise<void>;
  /** Waits for what is under way. */
  settle(): Promise<void>;
}

export interface UploadCompletionParts extends Pick<UploadParts, 'bucket' | 'objectUrl'> {
  readonly media: MediaStore;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * From stored object to finished media: Uploading → UploadSucc together with the object, and the event with it, in one
 * transaction; → Normal afterwards (no transcoding here, so nothing stands between). Reference: vod 4.12, 5.
 */
export function uploadCompletion(parts: UploadCompletionParts): UploadCompletion {
  const { media, outbox, clock, log } = parts;
  const underWay = new Set<Promise<void>>();
  let left = false;

  async function stored(transaction: DatabaseTransaction, object: StoredObject): Promise<void> {
    const row = await media.findByObject(transaction, object.bucket, object.key);
    if (!row) {
      // Its media was deleted while the body was on its way: kept, it would be a file that nobody knows of.
      if (object.bucket === parts.bucket && object.key.startsWith(MEDIA_PREFIX)) throw new OssError('AccessDenied');
      return;
    }
    await media.update(transaction, row.media_id, { status: 'UploadSucc', size: object.size });
    await outbox.add(transaction, completionEvent(row, object));
  }

  /** A media goes with its file; one whose unfinished upload is gone can be begun again with a refresh. */
  async function removed(transaction: DatabaseTransaction, { bucket, key, what }: RemovedObject): Promise<void> {
    // Thousands may go at once, and most are nobody's media.
    if (!key.startsWith(MEDIA_PREFIX)) return;
    const row = await media.findByObject(transaction, bucket, key);
    if (!row) return;
    if (what === 'object') await media.fileGone(transaction, row.media_id);
    else await media.fail(transaction, row.media_id);
  }

  function completionEvent(row: MediaTable, object: StoredObject): { type: string; body: object } {
    const type = EVENT_TYPES[row.kind];
    const common = { Status: 'success', EventTime: formatIso(clock.now()), EventType: type };
    return { type, body: { ...common, ...members(row, object) } };
  }

  // The casing of the URL members differs in the real service, and receivers rely on it.
  function members(row: MediaTable, object: StoredObject): object {
    const url = parts.objectUrl(object.bucket, object.key);
    switch (row.kind) {
      case 'video':
        return { VideoId: row.media_id, Size: object.size, FileUrl: url, ...extendOf(row.user_data) };
      case 'image':
        return { ImageId: row.media_id, Size: object.size, FileURL: url, AppId: row.app_id };
      case 'attached':
        return { AttachedMediaId: row.media_id, Size: object.size, FileURL: url };
    }
  }

  function finish({ bucket, key }: StoredObject): void {
    // The database was away for those that were left; it has just taken a commit.
    const finishing = left ? recover() : media.finish(bucket, key);
    left = false;
    const work = finishing
      .catch((error: unknown) => {
        left = true;
        log.error({ key, error: String(error) }, 'media left in UploadSucc until the next upload or start');
      })
      .finally(() => underWay.delete(work));
    underWay.add(work);
  }

  async function recover(): Promise<void> {
    for (const row of await media.withStatus('UploadSucc')) await media.finish(row.bucket, row.object_key);
  }

  return {
    stored,
    committed(object) {
      outbox.wake();
      if (object.key.startsWith(MEDIA_PREFIX)) finish(object);
    },
    removed,
    recover,
    async settle() {
      await Promise.all(underWay);
    },
  };
}

const EVENT_TYPES = {
  video: 'FileUploadComplete',
  image: 'ImageUploadComplete',
  attached: 'AttachedMediaUploadComplete',
} as const satisfies Record<MediaTable['kind'], string>;

/** `Extend` of UserData comes back in events as a JSON text. */
function extendOf(userData: string): { Extend?: string } {
  if (userData === '') return {};
  const { Extend } = JSON.parse(userData) as { Extend?: unknown };
  return Extend === undefined ? {} : { Extend: typeof Extend === 'string' ? Extend : JSON.stringify(Extend) };
}
