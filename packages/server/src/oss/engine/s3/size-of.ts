import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { BlobMissing } from '../engine.js';
import { engineFailure } from './failures.js';
import type { Store } from './store.js';

/** Bytes of an object; `undefined` when there is none. */
export async function sizeOf({ client, bucket, limits }: Store, key: string): Promise<number | undefined> {
  try {
    const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }), {
      requestTimeout: limits.answerMs,
    });
    return head.ContentLength;
  } catch (error) {
    const failure = engineFailure(error, 'HeadObject');
    if (failure instanceof BlobMissing) return undefined;
    throw failure;
  }
}
