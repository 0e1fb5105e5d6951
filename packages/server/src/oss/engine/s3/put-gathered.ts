import type { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { BodyHash } from '../body-hash.js';
import { BodyInterrupted, type BodySums, BodyTooLong, EngineUnavailable, type PutOptions } from '../engine.js';
import { gather } from '../gather.js';
import { codeOf, engineFailure } from './failures.js';
import { putWhole } from './put-whole.js';
import { removeQuietly } from './remove.js';
import type { Store } from './store.js';

const MAX_PARTS = 10_000;

/**
 * Stores a body whose length is not known, or beyond what S3 takes at once. Gathered to a part's size; what fits into one
 * part becomes a simple object, more an upload of the store's own, that is completed when the sums are found right.
 */
export async function putGathered(
  store: Store,
  key: string,
  body: Readable,
  hash: BodyHash,
  { signal, verify, maxBytes, length }: PutOptions,
): Promise<BodySums> {
  const partBytes = Math.max(store.limits.partBytes, Math.ceil((length ?? 0) / MAX_PARTS));
  let upload: BackEndUpload | undefined;
  let only: Buffer | undefined;
  let received = 0;
  try {
    await gather(body, {
      gatherBytes: partBytes,
      signal,
      onChunk: (chunk) => {
        received += chunk.length;
        if (received > maxBytes) throw new BodyTooLong('the body is too long');
        hash.update(chunk);
      },
      write: async (chunks, bytes) => {
        const part = Buffer.concat(chunks, bytes);
        // Only the end of a body is smaller than a part, so this is all of it.
        if (upload === undefined && (bytes < partBytes || received === length)) {
          only = part;
          return;
        }
        upload ??= await beginUpload(store, key);
        await upload.add(part, signal);
      },
    });
    if (length !== undefined && received !== length) throw new BodyInterrupted('the body is shorter than was said');
    const sums = await hash.sums();
    verify?.(sums);
    if (upload) await upload.complete(sums.size);
    else await putWhole(store, key, only ?? Buffer.alloc(0), sums);
    return sums;
  } catch (error) {
    await upload?.abort();
    throw engineFailure(error, 'an upload of parts');
  }
}

interface BackEndUpload {
  add(part: Buffer, signal: AbortSignal): Promise<void>;
  complete(size: number): Promise<void>;
  abort(): Promise<void>;
}

/** A multipart upload in the store. Its parts are in memory, so the SDK may send them again. */
async function beginUpload(store: Store, key: string): Promise<BackEndUpload> {
  const { client, bucket, limits, log } = store;
  const quick = { requestTimeout: limits.answerMs };
  const object = { Bucket: bucket, Key: key };
  const begun = await client.send(new CreateMultipartUploadCommand(object), quick);
  const upload = { ...object, UploadId: begun.UploadId };
  const parts: { PartNumber: number; ETag: string | undefined }[] = [];

  const isStored = async (size: number): Promise<boolean> => {
    const head = await client.send(new HeadObjectCommand(object), quick).catch(() => undefined);
    return head?.ContentLength === size;
  };

  return {
    async add(part, signal) {
      const PartNumber = parts.length + 1;
      if (PartNumber > MAX_PARTS) throw new BodyTooLong('the body has too many parts');
      const { ETag } = await client.send(
        new UploadPartCommand({ ...upload, PartNumber, Body: part, ContentLength: part.length }),
        { requestTimeout: limits.answerMs + limits.stallMs, abortSignal: signal },
      );
      parts.push({ PartNumber, ETag });
    },

    async complete(size) {
      // It may take the store a while to put many parts together.
      const patient = { requestTimeout: 2 * limits.stallMs };
      const command = new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: parts } });
      try {
        const { ETag } = await client.send(command, patient);
        // A 200 is sent before the work is done. The SDK knows some of the errors that may follow it, not all forms of them.
        if (ETag === undefined && !(await isStored(size))) {
          throw new EngineUnavailable('the store answered 200, and did not put an upload together');
        }
      } catch (error) {
        // Repeated by the SDK after a lost answer, a complete that succeeded finds no upload any more.
        if (codeOf(error as Error) === 'NoSuchUpload' && (await isStored(size))) return;
        await removeQuietly(store, key);
        throw codeOf(error as Error) === 'NoSuchUpload' ? new EngineUnavailable('the store lost an upload') : error;
      }
    },

    async abort() {
      await client.send(new AbortMultipartUploadCommand(upload), quick).catch((error: unknown) => {
        if (codeOf(error as Error) === 'NoSuchUpload') return;
        const err = engineFailure(error, 'AbortMultipartUpload');
        log.warn({ err, key }, 'a failed upload could not be aborted in the store; the next sweep tries again');
      });
    },
  };
}
