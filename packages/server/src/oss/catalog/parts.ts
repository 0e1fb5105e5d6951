import { sql } from 'kysely';
import type { DatabaseTransaction, PartsTable, Queryable } from '../../db/schema.js';
import { discardBlobs } from './garbage.js';

export type PartRow = Readonly<PartsTable>;

/**
 * Records a part; one of the same number is replaced and its blob becomes garbage.
 * @returns whether there was one
 */
export async function replacePart(transaction: DatabaseTransaction, row: PartRow): Promise<boolean> {
  const old = await transaction
    .selectFrom('parts')
    .select('blob')
    .where('upload_id', '=', row.upload_id)
    .where('part_number', '=', row.part_number)
    .executeTakeFirst();
  if (old) {
    await transaction
      .deleteFrom('parts')
      .where('upload_id', '=', row.upload_id)
      .where('part_number', '=', row.part_number)
      .execute();
    await discardBlobs(transaction, [old.blob], row.uploaded_at);
  }
  await transaction.insertInto('parts').values(row).execute();
  return old !== undefined;
}

/** What makes an object of parts. */
export type StoredPart = Pick<PartRow, 'part_number' | 'blob' | 'size' | 'etag' | 'crc64'>;

/**
 * All parts of an upload, ascending. They come as one text, for of 10 000 rows each that is handed over costs microseconds; no value
 * has a blank in it.
 */
export async function findParts(db: Queryable, uploadId: string): Promise<readonly StoredPart[]> {
  const row = await db
    .selectFrom('parts')
    .select(
      sql<string | null>`string_agg(part_number || ' ' || blob || ' ' || size || ' ' || etag || ' ' || crc64, ' ')`.as(
        'words',
      ),
    )
    .where('upload_id', '=', uploadId)
    .executeTakeFirst();
  const words = row?.words ? row.words.split(' ') : [];
  const parts: StoredPart[] = [];
  for (let i = 0; i < words.length; i += 5) {
    const [number, blob, size, etag, crc64] = words.slice(i, i + 5) as [string, string, string, string, string];
    parts.push({ part_number: Number(number), blob, size: Number(size), etag, crc64 });
  }
  return parts.sort((a, b) => a.part_number - b.part_number);
}

/** Parts with a number above `after`, ascending. */
export async function pageOfParts(
  db: Queryable,
  uploadId: string,
  after: number,
  limit: number,
): Promise<readonly PartRow[]> {
  return db
    .selectFrom('parts')
    .selectAll()
    .where('upload_id', '=', uploadId)
    .where('part_number', '>', after)
    .orderBy('part_number')
    .limit(limit)
    .execute();
}

/** One page of all parts, in the order of their primary key; for the sweep. */
export async function pageOfAllParts(
  db: Queryable,
  after: Pick<PartRow, 'upload_id' | 'part_number'>,
  limit: number,
): Promise<readonly PartRow[]> {
  return db
    .selectFrom('parts')
    .selectAll()
    .where((e) =>
      e.or([
        e('upload_id', '>', after.upload_id),
        e.and([e('upload_id', '=', after.upload_id), e('part_number', '>', after.part_number)]),
      ]),
    )
    .orderBy('upload_id')
    .orderBy('part_number')
    .limit(limit)
    .execute();
}

/** Bytes of all parts of an upload. */
export async function sizeOfParts(db: Queryable, uploadId: string): Promise<number> {
  const row = await db
    .selectFrom('parts')
    .select((e) => e.fn.sum<number | null>('size').as('bytes'))
    .where('upload_id', '=', uploadId)
    .executeTakeFirst();
  return Number(row?.bytes ?? 0);
}

/** When the newest part of an upload came; `undefined` when it has none. */
export async function lastPartAt(db: Queryable, uploadId: string): Promise<number | undefined> {
  const row = await db
    .selectFrom('parts')
    .select((e) => e.fn.max<number | null>('uploaded_at').as('at'))
    .where('upload_id', '=', uploadId)
    .executeTakeFirst();
  return row?.at == null ? undefined : Number(row.at);
}
