import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
} from '@aws-sdk/client-s3';
import type { BlobKeys } from './blob-keys.js';
import { codeOf, engineFailure } from './failures.js';
import type { Store } from './store.js';

/** Blobs of other runs, a page at a time. */
export async function* listEarlierBlobs(store: Store, keys: BlobKeys): AsyncIterable<string> {
  for (let after: string | undefined; ; ) {
    const page = await pageOfObjects(store, keys.folder, after);
    for (const { Key = '' } of page.Contents ?? []) {
      const blob = keys.earlierBlob(Key);
      if (blob !== undefined) yield blob;
    }
    after = page.IsTruncated ? page.NextContinuationToken : undefined;
    if (after === undefined) return;
  }
}

async function pageOfObjects(
  { client, bucket, limits }: Store,
  prefix: string,
  after: string | undefined,
): Promise<ListObjectsV2CommandOutput> {
  try {
    const command = new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: after });
    return await client.send(command, { requestTimeout: limits.answerMs });
  } catch (error) {
    throw engineFailure(error, 'ListObjectsV2');
  }
}

/** Ends uploads in the store that other runs left unfinished. A store that cannot list them is no reason to stop. */
export async function abortEarlierUploads(store: Store, keys: BlobKeys): Promise<void> {
  const { client, bucket, limits, log } = store;
  const options = { requestTimeout: limits.answerMs };
  try {
    for (let marker: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {}; marker; ) {
      const command = new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: keys.folder, ...marker });
      const page: ListMultipartUploadsCommandOutput = await client.send(command, options);
      for (const { Key = '', UploadId } of page.Uploads ?? []) {
        if (keys.earlierBlob(Key) === undefined) continue;
        await client
          .send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }), options)
          .catch((error) => {
            if (codeOf(error as Error) !== 'NoSuchUpload') throw error;
          });
      }
      const { NextKeyMarker, NextUploadIdMarker } = page;
      marker =
        page.IsTruncated && NextKeyMarker
          ? { KeyMarker: NextKeyMarker, ...(NextUploadIdMarker ? { UploadIdMarker: NextUploadIdMarker } : {}) }
          : undefined;
    }
  } catch (error) {
    const err = engineFailure(error, 'ListMultipartUploads');
    log.warn({ err }, 'unfinished uploads in the store could not be ended; a lifecycle rule of the bucket can do it');
  }
}
