import { Readable } from 'node:stream';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { type ByteRange, EngineUnavailable } from '../engine.js';
import { engineFailure, statusOf } from './failures.js';
import type { Store } from './store.js';

/**
 * A range of an object, as the store sends it: a reader that stops reading stops the store, one that goes away ends its
 * request.
 */
export async function readBlob(store: Store, key: string, { start, end }: ByteRange): Promise<Readable> {
  const { client, bucket, limits } = store;
  try {
    const command = new GetObjectCommand({ Bucket: bucket, Key: key, Range: `bytes=${start}-${end}` });
    const { Body, ContentRange, ContentLength } = await client.send(command, { requestTimeout: limits.answerMs });
    // In Node the SDK gives the response itself, with methods of its own added.
    const stream = Body as unknown as Readable;
    const [, from = 0, to = Number(ContentLength) - 1] = /^bytes (\d+)-(\d+)\//.exec(ContentRange ?? '') ?? [];
    if (Number(from) === start && Number(to) <= end) return stream;
    stream.destroy();
    throw new EngineUnavailable('the store sent another range than it was asked for');
  } catch (error) {
    // Less is there than the range begins with.
    if (statusOf(error) === 416) return Readable.from([]);
    throw engineFailure(error, 'GetObject');
  }
}
