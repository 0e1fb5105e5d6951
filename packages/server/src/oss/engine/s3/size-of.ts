import type { Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { BlobMissing, EngineUnavailable } from '../engine.js';
import { engineFailure, statusOf } from './failures.js';
import type { Store } from './store.js';

/** Bytes of an object; `undefined` when there is none. */
export async function sizeOf(store: Store, key: string): Promise<number | undefined> {
  const { client, bucket, limits } = store;
  try {
    const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }), {
      requestTimeout: limits.answerMs,
    });
    return head.ContentLength;
  } catch (error) {
    if (statusOf(error) !== 404) throw engineFailure(error, 'HeadObject');
    await checkMissing(store, key);
    return undefined;
  }
}

/**
 * An answer to HEAD has no body that says what is not there: the object, the bucket, or the store behind a proxy. An answer
 * to GET has.
 * @throws {EngineUnavailable} not the object
 */
async function checkMissing({ client, bucket, limits }: Store, key: string): Promise<void> {
  try {
    const command = new GetObjectCommand({ Bucket: bucket, Key: key, Range: 'bytes=0-0' });
    const { Body } = await client.send(command, { requestTimeout: limits.answerMs });
    (Body as unknown as Readable).destroy();
  } catch (error) {
    const failure = engineFailure(error, 'GetObject');
    if (failure instanceof BlobMissing) return;
    throw failure;
  }
  throw new EngineUnavailable('the store has an object of which it said that there is none');
}
