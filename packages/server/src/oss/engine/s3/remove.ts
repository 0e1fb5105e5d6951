import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { BlobMissing } from '../engine.js';
import { engineFailure } from './failures.js';
import type { Store } from './store.js';
import { withinTime } from './time-limit.js';

/** Deletes an object; one that is not there is no error. */
export async function removeObject({ client, bucket, limits }: Store, key: string): Promise<void> {
  try {
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }), { requestTimeout: limits.answerMs });
  } catch (error) {
    const failure = engineFailure(error, 'DeleteObject');
    if (!(failure instanceof BlobMissing)) throw failure;
  }
}

/** The client that waits for its error is not to wait for this as well. */
const QUIET_MS = 2_000;

/** After a failed put: the first error is the one to tell, and what cannot be removed now the next sweep finds. */
export async function removeQuietly(store: Store, key: string): Promise<void> {
  await withinTime(removeObject(store, key), QUIET_MS, 'to remove an object').catch((error: unknown) => {
    store.log.warn({ err: error, key }, 'what a failed upload left could not be removed; the next sweep tries again');
  });
}
