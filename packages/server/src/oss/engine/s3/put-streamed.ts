import type { Readable } from 'node:stream';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { BodyHash } from '../body-hash.js';
import { BodyInterrupted, type BodySums, BodyTooLong, type PutOptions } from '../engine.js';
import { gather } from '../gather.js';
import { engineFailure, mayBeStored } from './failures.js';
import { Feed } from './feed.js';
import { checkETag } from './put-whole.js';
import { removeQuietly } from './remove.js';
import type { Store } from './store.js';
import { withinTime } from './time-limit.js';

/** Received while as much is being sent. */
const GATHER_BYTES = 256 * 1024;

/**
 * Streams a body of known length into one object. Its last bytes are held back until its sums are known and found right:
 * a body that is not to be kept never becomes an object.
 */
export async function putStreamed(
  store: Store,
  key: string,
  body: Readable,
  hash: BodyHash,
  options: PutOptions & { readonly length: number },
): Promise<BodySums> {
  const { client, bucket, limits } = store;
  const { length, signal, verify } = options;
  const feed = new Feed();
  const upstream = new AbortController();
  const refused = new AbortController();
  let whole = false;
  let received = 0;
  let last: Buffer | undefined;

  const sending = client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: feed, ContentLength: length }), {
    abortSignal: upstream.signal,
  });
  const sent = sending.catch((error: unknown) => {
    // Refused in the middle: nobody reads the feed any more.
    refused.abort(error);
    feed.destroy();
    throw error;
  });
  sent.catch(() => {});
  try {
    await gather(body, {
      gatherBytes: GATHER_BYTES,
      signal: AbortSignal.any([signal, refused.signal]),
      onChunk: (chunk) => {
        received += chunk.length;
        if (received > length) throw new BodyTooLong('the body is longer than was said');
        hash.update(chunk);
      },
      write: async (chunks) => {
        const ready = last === undefined ? chunks.slice(0, -1) : [last, ...chunks.slice(0, -1)];
        last = chunks.at(-1);
        if (ready.length > 0) await withinTime(feed.write(ready), limits.stallMs, 'to take a piece of a body');
      },
    });
    if (received < length) throw new BodyInterrupted('the body is shorter than was said');
    const sums = await hash.sums();
    verify?.(sums);
    whole = true;
    feed.end(last);
    const { ETag } = await withinTime(sent, limits.stallMs, 'to answer after a body');
    checkETag(store, ETag, sums);
    return sums;
  } catch (error) {
    upstream.abort();
    feed.destroy();
    await sending.catch(() => {});
    if (whole && mayBeStored(error)) await removeQuietly(store, key);
    throw engineFailure(error, 'PutObject');
  }
}
