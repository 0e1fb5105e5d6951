import type { Readable } from 'node:stream';
import { createBodyHash } from '../body-hash.js';
import { Crc64Pool } from '../crc64-pool.js';
import type { PutOptions, StorageEngine, StoredBlob } from '../engine.js';
import { BodyInterrupted, BodyTooLong } from '../engine.js';
import { BlobKeys } from './blob-keys.js';
import { checkMarker, checkStore } from './check-store.js';

export { StoreUnusable } from './check-store.js';

import { abortEarlierUploads, listEarlierBlobs } from './list-earlier.js';
import { Places } from './places.js';
import { putGathered } from './put-gathered.js';
import { putStreamed } from './put-streamed.js';
import { readBlob } from './read-blob.js';
import { removeObject } from './remove.js';
import { createS3Client } from './s3-client.js';
import { defaultS3Limits, type S3EngineOptions } from './s3-options.js';
import { sizeOf } from './size-of.js';
import type { Store } from './store.js';

/** S3 takes no larger object at once. */
const MAX_SINGLE_BYTES = 5 * 1024 ** 3;

/**
 * Blob storage in a bucket of any S3-compatible store. A blob is one object of any size, so parts below S3's 5 MiB are
 * nothing special. Durable means: the store answered 200. See ADR 9.
 *
 * @param options.first the catalog names no blob yet
 * @throws {StoreUnusable} with one line for the operator
 */
export async function openS3Engine(options: S3EngineOptions & { readonly first: boolean }): Promise<StorageEngine> {
  const limits = { ...defaultS3Limits, ...options.limits };
  const client = createS3Client(options, limits);
  const keys = new BlobKeys(options.prefix, options.random);
  const { etagIsMd5 } = await checkStore(client, options, limits, keys.next());
  await checkMarker(client, options, limits, options.first);
  if (!etagIsMd5)
    options.log.info({ bucket: options.bucket }, 'ETags of this store are no MD5s: they are not compared');
  const store: Store = { client, bucket: options.bucket, limits, log: options.log, etagIsMd5 };
  const crcs = new Crc64Pool();
  const gathering = new Places(limits.gatheredBodies);

  async function put(body: Readable, given: PutOptions): Promise<StoredBlob> {
    const { length, maxBytes, signal } = given;
    if (length !== undefined && length > maxBytes) throw new BodyTooLong('the body is too long');
    const blob = keys.next();
    const key = keys.keyOf(blob);
    const hash = await createBodyHash(crcs);
    try {
      if (length !== undefined && length <= limits.wholeBytes) {
        return { blob, ...(await putGathered(store, key, body, hash, given)) };
      }
      if (length !== undefined && length <= MAX_SINGLE_BYTES) {
        return { blob, ...(await putStreamed(store, key, body, hash, { ...given, length })) };
      }
      await takePlace(gathering, body, signal);
      try {
        body.resume();
        return { blob, ...(await putGathered(store, key, body, hash, given)) };
      } finally {
        gathering.give();
      }
    } finally {
      hash.close();
    }
  }

  return {
    put,
    read: async (blob, range) => readBlob(store, keys.keyOf(blob), range),
    size: async (blob) => sizeOf(store, keys.keyOf(blob)),
    delete: async (blob) => removeObject(store, keys.keyOf(blob)),
    async *listEarlier() {
      await abortEarlierUploads(store, keys);
      yield* listEarlierBlobs(store, keys);
    },
    freeBytes: async () => Number.POSITIVE_INFINITY,
  };
}

/** @throws the signal's reason; {@link BodyInterrupted} when the sender does not wait for the turn of its body */
async function takePlace(places: Places, body: Readable, signal: AbortSignal): Promise<void> {
  // A body that waits is not silent: its sender is told to.
  body.pause();
  const gone = new AbortController();
  const onClose = (): void => gone.abort(new BodyInterrupted('the sender went away'));
  // Nobody else listens yet, and an error that nobody hears ends the process. Left in place: there is no gap after it.
  body.on('error', () => {}).once('close', onClose);
  try {
    await places.take(AbortSignal.any([signal, gone.signal]));
  } finally {
    body.off('close', onClose);
  }
}
