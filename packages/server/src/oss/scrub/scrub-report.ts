import type { QuarantineTable, Queryable } from '../../db/schema.js';
import type { PartRow } from '../catalog/parts.js';
import { objectsOfManifest, pageOfQuarantine } from '../catalog/quarantine.js';
import type { ScrubTally } from './scrub-pass.js';

/** One damaged blob, as an operator is told of it. */
export interface QuarantinedBlob {
  readonly blob: string;
  readonly reason: QuarantineTable['reason'];
  /** Objects that cannot be read because of it; several may share their bytes. */
  readonly objects: readonly { readonly bucket: string; readonly key: string }[];
  /** The part of an unfinished upload that it was. */
  readonly part?: { readonly uploadId: string; readonly partNumber: number };
  readonly recordedSize: number;
  readonly recordedCrc64: string | null;
  readonly foundSize: number | null;
  readonly foundCrc64: string | null;
  /** ISO 8601. */
  readonly foundAt: string;
}

/** What came of a pass, and all that is in quarantine now. */
export interface ScrubReport extends ScrubTally {
  /** Nothing is damaged and everything could be read. */
  readonly clean: boolean;
  readonly quarantine: readonly QuarantinedBlob[];
  /** Blobs in quarantine beyond those listed. */
  readonly more: number;
}

const MOST_LISTED = 1000;

export async function scrubReport(db: Queryable, tally: ScrubTally): Promise<ScrubReport> {
  const rows = await pageOfQuarantine(db, '', MOST_LISTED);
  const all = await db
    .selectFrom('quarantine')
    .select((e) => e.fn.countAll<number>().as('blobs'))
    .executeTakeFirstOrThrow();
  const quarantine: QuarantinedBlob[] = [];
  for (const row of rows) quarantine.push(await describe(db, row));
  return {
    ...tally,
    clean: rows.length === 0 && tally.unreadable === 0,
    quarantine,
    more: Number(all.blobs) - rows.length,
  };
}

async function describe(db: Queryable, row: QuarantineTable): Promise<QuarantinedBlob> {
  const objects = row.manifest_id === null ? [] : await objectsOfManifest(db, row.manifest_id);
  const part = row.part === null ? undefined : (JSON.parse(row.part) as PartRow);
  return {
    blob: row.blob,
    reason: row.reason,
    objects: objects.map(({ bucket, object_key: key }) => ({ bucket, key })),
    ...(part ? { part: { uploadId: part.upload_id, partNumber: part.part_number } } : {}),
    recordedSize: row.recorded_size,
    recordedCrc64: row.recorded_crc64,
    foundSize: row.found_size,
    foundCrc64: row.found_crc64,
    foundAt: new Date(row.found_at).toISOString(),
  };
}
