import type { DatabaseTransaction, QuarantineTable, Queryable } from '../../db/schema.js';
import { discardBlobs } from './garbage.js';
import { type Extent, readDamaged, readExtents } from './manifest.js';
import type { PartRow } from './parts.js';

/** How a blob differs from what was recorded. */
export type Damage = Pick<QuarantineTable, 'reason' | 'found_size' | 'found_crc64'>;

/** A damaged blob, and what is recorded of it. */
export interface DamagedBlob extends Damage {
  readonly extent: Extent;
}

const row = ({ extent: [blob, size, crc64], ...damage }: DamagedBlob, now: number) => ({
  blob,
  ...damage,
  recorded_size: size,
  recorded_crc64: crc64 ?? null,
  found_at: now,
});

async function forget(transaction: DatabaseTransaction, blob: string): Promise<void> {
  await transaction.deleteFrom('quarantine').where('blob', '=', blob).execute();
}

/**
 * Marks blobs of a manifest: readers are told, and nothing is moved or deleted.
 * @returns the blobs that were not marked before; none when the manifest is gone
 */
export async function quarantineBlobs(
  transaction: DatabaseTransaction,
  manifestId: string,
  blobs: readonly DamagedBlob[],
  now: number,
): Promise<readonly DamagedBlob[]> {
  const manifest = await nextManifest(transaction, manifestId, 'at');
  if (manifest?.objectId !== manifestId) return [];
  const { damaged } = manifest;
  // An append may have put others in their place.
  const named = new Set(manifest.extents.map(([blob]) => blob));
  const fresh = blobs.filter(({ extent: [blob] }) => named.has(blob) && !damaged.has(blob));
  if (fresh.length === 0) return [];
  for (const blob of fresh) {
    await forget(transaction, blob.extent[0]);
    await transaction
      .insertInto('quarantine')
      .values({ ...row(blob, now), manifest_id: manifestId, part: null })
      .execute();
  }
  await setDamaged(transaction, manifestId, [...damaged, ...fresh.map(({ extent }) => extent[0])]);
  return fresh;
}

/** Whether some of its blobs are quarantined. */
export async function isDamaged(db: Queryable, manifestId: string): Promise<boolean> {
  return ((await damagedOf(db, manifestId))?.size ?? 0) > 0;
}

/** Takes blobs of a manifest out of quarantine. @returns how many were in it */
export async function releaseFromQuarantine(
  transaction: DatabaseTransaction,
  manifestId: string,
  blobs: readonly string[],
): Promise<number> {
  const damaged = await damagedOf(transaction, manifestId);
  const healed = blobs.filter((blob) => damaged?.has(blob));
  if (!damaged || healed.length === 0) return 0;
  for (const blob of healed) await forget(transaction, blob);
  await setDamaged(
    transaction,
    manifestId,
    [...damaged].filter((blob) => !healed.includes(blob)),
  );
  return healed.length;
}

async function damagedOf(db: Queryable, manifestId: string): Promise<ReadonlySet<string> | undefined> {
  const found = await db
    .selectFrom('manifests')
    .select('damaged')
    .where('object_id', '=', manifestId)
    .executeTakeFirst();
  return found && readDamaged(found.damaged);
}

async function setDamaged(
  transaction: DatabaseTransaction,
  manifestId: string,
  damaged: readonly string[],
): Promise<void> {
  await transaction
    .updateTable('manifests')
    .set({ damaged: damaged.length === 0 ? null : JSON.stringify(damaged) })
    .where('object_id', '=', manifestId)
    .execute();
}

/**
 * Takes a damaged part out of its upload, so that the client finds it missing and sends it again.
 * @returns false when it is not a part any more
 */
export async function quarantinePart(
  transaction: DatabaseTransaction,
  part: PartRow,
  damage: Damage,
  now: number,
): Promise<boolean> {
  const taken = await transaction
    .deleteFrom('parts')
    .where('upload_id', '=', part.upload_id)
    .where('part_number', '=', part.part_number)
    .where('blob', '=', part.blob)
    .executeTakeFirst();
  if (taken.numDeletedRows === 0n) return false;
  await forget(transaction, part.blob);
  await transaction
    .insertInto('quarantine')
    .values({
      ...row({ ...damage, extent: [part.blob, part.size, part.crc64] }, now),
      manifest_id: null,
      part: JSON.stringify(part),
    })
    .execute();
  return true;
}

/** What becomes of a quarantined part: see {@link settleQuarantinedPart}. */
export type PartOutcome = 'kept' | 'discarded' | 'restored';

/**
 * Looks again at a part in quarantine: its bytes become garbage when its upload has ended or the part was sent again, and it
 * goes back into the upload when it is sound after all.
 */
export async function settleQuarantinedPart(
  transaction: DatabaseTransaction,
  part: PartRow,
  sound: boolean,
  now: number,
): Promise<PartOutcome> {
  const still = await transaction
    .selectFrom('quarantine')
    .select('blob')
    .where('blob', '=', part.blob)
    .where('part', 'is not', null)
    .executeTakeFirst();
  if (!still) return 'kept';
  const upload = await transaction
    .selectFrom('uploads')
    .select('upload_id')
    .where('upload_id', '=', part.upload_id)
    .executeTakeFirst();
  const successor = await transaction
    .selectFrom('parts')
    .select('blob')
    .where('upload_id', '=', part.upload_id)
    .where('part_number', '=', part.part_number)
    .executeTakeFirst();
  if (!upload || successor) {
    await forget(transaction, part.blob);
    await discardBlobs(transaction, [part.blob], now);
    return 'discarded';
  }
  if (!sound) return 'kept';
  await forget(transaction, part.blob);
  await transaction.insertInto('parts').values(part).execute();
  return 'restored';
}

/** Quarantined blobs after `after`, in the order of their ids. */
export async function pageOfQuarantine(
  db: Queryable,
  after: string,
  limit: number,
): Promise<readonly QuarantineTable[]> {
  return db.selectFrom('quarantine').selectAll().where('blob', '>', after).orderBy('blob').limit(limit).execute();
}

/** The objects that a manifest belongs to, in order. */
export async function objectsOfManifest(
  db: Queryable,
  manifestId: string,
): Promise<readonly { bucket: string; object_key: string; crc64: string }[]> {
  return db
    .selectFrom('objects')
    .select(['bucket', 'object_key', 'crc64'])
    .where('manifest_id', '=', manifestId)
    .orderBy('bucket')
    .orderBy('object_key')
    .execute();
}

export interface StoredManifest {
  readonly objectId: string;
  readonly extents: readonly Extent[];
  /** The column as read, to find out whether it changed. */
  readonly column: string;
  readonly damaged: ReadonlySet<string>;
}

/** The first manifest whose id is `from` or above it (`'at'`), or above it (`'after'`). */
export async function nextManifest(
  db: Queryable,
  from: string,
  how: 'at' | 'after',
): Promise<StoredManifest | undefined> {
  const found = await db
    .selectFrom('manifests')
    .selectAll()
    .where('object_id', how === 'at' ? '>=' : '>', from)
    .orderBy('object_id')
    .limit(1)
    .executeTakeFirst();
  return (
    found && {
      objectId: found.object_id,
      extents: readExtents(found.blobs),
      column: found.blobs,
      damaged: readDamaged(found.damaged),
    }
  );
}

/** Adds the CRC64 of each blob to a manifest of an earlier release, unless it has changed. */
export async function completeManifest(
  transaction: DatabaseTransaction,
  { objectId, column }: StoredManifest,
  extents: readonly Extent[],
): Promise<void> {
  await transaction
    .updateTable('manifests')
    .set({ blobs: JSON.stringify(extents) })
    .where('object_id', '=', objectId)
    .where('blobs', '=', column)
    .execute();
}
