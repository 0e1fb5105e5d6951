import type { DatabaseTransaction, ObjectsTable } from '../db/schema.js';
import type { Bucket } from './catalog/buckets.js';
import { discardBlobs } from './catalog/garbage.js';
import { type Extent, rewriteManifest } from './catalog/manifest.js';
import { findObject, replaceObject } from './catalog/objects.js';
import type { DataPlane } from './data-plane.js';
import { requireBucket } from './no-such-bucket.js';
import type { StoredObject } from './object-events.js';
import type { ObjectCall } from './operation.js';
import { OssError } from './oss-error.js';

/** An object about to become whole. */
export interface NewObject {
  readonly row: Omit<ObjectsTable, 'bucket' | 'object_key' | 'object_id' | 'manifest_id'>;
  readonly bytes: NewBytes;
  readonly forbidOverwrite: boolean;
  /** The bytes are those that were there under this name: the listeners are told nothing. */
  readonly sameContent?: true;
}

/** Blobs of its own; the manifest of an object that is there; or that manifest, with other extents from now on. */
export type NewBytes =
  | { readonly extents: readonly Extent[] }
  | {
      readonly manifestId: string;
      /** The manifest must be named by no other object. */
      readonly rewritten?: { readonly extents: readonly Extent[]; readonly discarded: readonly string[] };
    };

/**
 * Makes an object whole, tells the listeners inside the same transaction, and again after it.
 * @param call its bucket is the one that permission was asked for; `undefined` for whoever asked for none
 * @param prepare decides in the transaction what is stored; it may run twice
 * @throws {OssError} `FileAlreadyExists`; when it rejects nothing was stored
 */
export async function storeObject(
  plane: DataPlane,
  { name, requestId, bucket }: Pick<ObjectCall, 'name' | 'requestId'> & { readonly bucket: Bucket | undefined },
  prepare: (transaction: DatabaseTransaction) => Promise<NewObject>,
): Promise<StoredObject> {
  const objectId = Buffer.from(plane.random.bytes(16)).toString('hex');
  const { stored, told } = await plane.commits.commit(async (transaction) => {
    await requireBucket(transaction, name.bucket, bucket);
    const { row, bytes, forbidOverwrite, sameContent } = await prepare(transaction);
    if (forbidOverwrite && (await findObject(transaction, name))) throw new OssError('FileAlreadyExists');
    const [manifestId, extents] = 'extents' in bytes ? [objectId, bytes.extents] : [bytes.manifestId, undefined];
    await replaceObject(
      transaction,
      { ...row, bucket: name.bucket, object_key: name.key, object_id: objectId, manifest_id: manifestId },
      extents,
    );
    if ('rewritten' in bytes && bytes.rewritten) {
      await rewriteManifest(transaction, manifestId, bytes.rewritten.extents);
      await discardBlobs(transaction, bytes.rewritten.discarded, row.last_modified);
    }
    const object: StoredObject = { ...name, size: row.size, etag: row.etag, crc64: row.crc64, requestId };
    if (!sameContent) await plane.objectEvents.stored(transaction, object);
    return { stored: object, told: !sameContent };
  });
  plane.reaper.wake();
  if (!told) return stored;
  try {
    plane.objectEvents.committed(stored);
  } catch (error) {
    // The object is stored, whatever a listener makes of it.
    plane.log.error({ err: error, bucket: name.bucket, key: name.key }, 'a listener failed after an object was stored');
  }
  return stored;
}
