import { ossEntryOfServer } from '../audit/oss-entry.js';
import type { SessionOrigin } from '../gate/session-origin.js';
import { pageOfUploadsBySessions, removeUpload } from './catalog/uploads.js';
import type { DataPlane } from './data-plane.js';

/** What of the data plane it takes to end uploads. */
export interface UploadAborter extends Pick<DataPlane, 'db' | 'commits' | 'clock' | 'audit'> {
  readonly reaper: Pick<DataPlane['reaper'], 'wake'>;
}

const ROWS_AT_ONCE = 500;

/**
 * Ends the unfinished multipart uploads that certain sessions began. A part that is on its way finds no upload any more.
 * @returns how many
 */
export async function abortUploadsOf(
  plane: UploadAborter,
  ofSessions: (origin: SessionOrigin) => boolean,
): Promise<number> {
  const { audit } = plane;
  let aborted = 0;
  let after = '';
  for (;;) {
    const page = await pageOfUploadsBySessions(plane.db, after, ROWS_AT_ONCE);
    for (const { upload_id: uploadId, bucket, object_key: key, origin } of page) {
      if (!ofSessions(JSON.parse(origin) as SessionOrigin)) continue;
      const at = plane.clock.now();
      const recording = audit?.begin(() =>
        ossEntryOfServer({ action: 'revocation:AbortUpload', at, bucket, key, uploadId }, audit.accountId),
      );
      await plane.commits.commit((transaction) => removeUpload(transaction, uploadId, at), recording);
      aborted += 1;
    }
    const last = page.at(-1);
    if (!last || page.length < ROWS_AT_ONCE) break;
    after = last.upload_id;
  }
  if (aborted > 0) plane.reaper.wake();
  return aborted;
}
