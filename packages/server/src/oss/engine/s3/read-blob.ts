import type { Readable } from 'node:stream';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { ByteRange } from '../engine.js';
import { engineFailure } from './failures.js';
import type { Store } from './store.js';

/**
 * A range of an object, as the store sends it: a reader that stops reading stops the store, one that goes away ends its
 * request.
 */
export async function readBlob(store: Store, key: string, { start, end }: ByteRange): Promise<Readable> {
  const { client, bucket, limits } = store;
  try {
    const command = new GetObjectCommand({ Bucket: bucket, Key: key, Range: `bytes=${start}-${end}` });
    const { Body } = await client.send(command, { requestTimeout: limits.answerMs });
    // In Node the SDK gives the response itself, with methods of its own added.
    return Body as unknown as Readable;
  } catch (error) {
    throw engineFailure(error, 'GetObject');
  }
}
