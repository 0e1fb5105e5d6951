/** What other rooms may do with the bytes of objects. */
import type { DatabaseTransaction } from '../db/schema.js';
import { findObject, type ObjectName, type ObjectRow } from './catalog/objects.js';
import { readHeaders, writeHeaders } from './catalog/stored-headers.js';
import type { DataPlane } from './data-plane.js';
import type { StoredObject } from './object-events.js';
import { OssError } from './oss-error.js';
import { openObject } from './read-object.js';
import { storeObject } from './store-object.js';

/** An object whose bytes stay until the release, whatever becomes of it meanwhile. */
export interface OpenContent {
  readonly object: ObjectRow;
  readonly contentType: string | undefined;
  /** All bytes, in order, in chunks of some hundred KiB; rejects when the server stops. */
  bytes(): AsyncIterable<Uint8Array>;
  /** To be called once. */
  release(): void;
}

export interface NewShare {
  readonly name: ObjectName;
  readonly contentType: string;
  readonly requestId: string;
  /** Runs first in the transaction that makes the object; may run twice. What it throws refuses the object. */
  readonly prepare: (transaction: DatabaseTransaction) => Promise<void>;
}

export interface ObjectContents {
  /** `undefined` when there is no such object, or its bytes are quarantined. */
  open(name: ObjectName): Promise<OpenContent | undefined>;
  /**
   * Makes another object of the same bytes. None is copied, and each lives on without the other. The listeners are told
   * as they are of an upload.
   * @returns `undefined` when the source was overwritten or deleted meanwhile, or is one that grows: then nothing was made
   */
  share(source: ObjectRow, share: NewShare): Promise<StoredObject | undefined>;
}

class SourceGone extends Error {
  override readonly name = 'SourceGone';
}

/** @param stopping ends reading and making */
export function objectContents(plane: DataPlane, stopping: AbortSignal): ObjectContents {
  return {
    async open(name) {
      const open = await openObject(plane, name).catch((error: unknown) => {
        if (error instanceof OssError && error.code === 'NoSuchKey') return undefined;
        throw error;
      });
      if (!open) return undefined;
      // What is damaged is not there to be shared: the client sends it, and then it is whole again.
      if (open.damaged.size > 0) {
        open.release();
        return undefined;
      }
      const { object, extents, release } = open;
      return {
        object,
        contentType: readHeaders(object.headers).find(([header]) => header === 'content-type')?.[1],
        async *bytes() {
          for (const [blob, size] of extents) {
            if (size === 0) continue;
            let seen = 0;
            const stream = await plane.engine.read(blob, { start: 0, end: size - 1 });
            for await (const chunk of stream as AsyncIterable<Buffer>) {
              stopping.throwIfAborted();
              seen += chunk.length;
              yield chunk;
            }
            if (seen !== size) throw new Error(`blob ${blob} is shorter than recorded: ${seen} of ${size} bytes`);
          }
        },
        release,
      };
    },

    async share(source, { name, contentType, requestId, prepare }) {
      // Nothing may be committed any more once the database is about to close.
      stopping.throwIfAborted();
      const modified = plane.clock.now();
      try {
        return await storeObject(plane, { name, requestId, bucket: undefined }, async (transaction) => {
          const now = await findObject(transaction, { bucket: source.bucket, key: source.object_key });
          if (now?.object_id !== source.object_id) throw new SourceGone();
          // It grows on, with blobs of its own.
          if (now.type === 'Appendable') throw new SourceGone();
          await prepare(transaction);
          const { type, size, etag, crc64, manifest_id: manifestId } = now;
          const headers = writeHeaders([['content-type', contentType]]);
          return {
            row: {
              type,
              size,
              etag,
              crc64,
              headers,
              acl: 'default',
              tags: '[]',
              last_modified: modified,
              upload_id: null,
            },
            bytes: { manifestId },
            forbidOverwrite: true,
          };
        });
      } catch (error) {
        if (error instanceof SourceGone) return undefined;
        throw error;
      }
    },
  };
}
