import { PutObjectCommand } from '@aws-sdk/client-s3';
import { type BodySums, EngineUnavailable } from '../engine.js';
import { engineFailure, mayBeStored } from './failures.js';
import { removeQuietly } from './remove.js';
import type { Store } from './store.js';

/** Stores a body that is in memory. The store checks its MD5, and the SDK may send it again. */
export async function putWhole(store: Store, key: string, body: Buffer, sums: BodySums): Promise<void> {
  const { client, bucket, limits } = store;
  const md5 = Buffer.from(sums.md5, 'hex').toString('base64');
  try {
    const { ETag } = await client.send(
      new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentLength: body.length, ContentMD5: md5 }),
      { requestTimeout: limits.answerMs + limits.stallMs },
    );
    checkETag(store, ETag, sums);
  } catch (error) {
    if (mayBeStored(error)) await removeQuietly(store, key);
    throw engineFailure(error, 'PutObject');
  }
}

/** What the store has must be what we saw. */
export function checkETag({ etagIsMd5 }: Store, etag: string | undefined, { md5 }: BodySums): void {
  const told = etag?.replaceAll('"', '').toUpperCase();
  if (etagIsMd5 && told !== md5) throw new EngineUnavailable('the store has other bytes than it was sent');
}
