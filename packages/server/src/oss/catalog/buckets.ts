import type { BucketsTable, DatabaseTransaction, Queryable } from '../../db/schema.js';

export type Bucket = Readonly<BucketsTable>;
/** A bucket is made without a policy. */
export type NewBucket = Omit<Bucket, 'policy'>;

/** What an owner can set on a bucket. */
export type BucketSetting = 'cors' | 'lifecycle' | 'storage';

export async function findBucket(db: Queryable, bucket: string): Promise<Bucket | undefined> {
  return db.selectFrom('buckets').selectAll().where('bucket', '=', bucket).executeTakeFirst();
}

/** All buckets of an account in the order of their names; there are few (`OssLimits.maxBuckets`). */
export async function bucketsOf(db: Queryable, accountId: string): Promise<readonly Bucket[]> {
  return db.selectFrom('buckets').selectAll().where('account_id', '=', accountId).orderBy('bucket').execute();
}

export async function insertBucket(transaction: DatabaseTransaction, bucket: NewBucket): Promise<void> {
  await transaction.insertInto('buckets').values(bucket).execute();
}

export async function setBucketAcl(
  transaction: DatabaseTransaction,
  bucket: string,
  acl: Bucket['acl'],
): Promise<void> {
  await transaction.updateTable('buckets').set({ acl }).where('bucket', '=', bucket).execute();
}

export async function setBucketPolicy(
  transaction: DatabaseTransaction,
  { bucket, account_id }: Pick<Bucket, 'bucket' | 'account_id'>,
  policy: string | null,
): Promise<void> {
  const of = transaction.updateTable('buckets').where('bucket', '=', bucket);
  // Not that of who has made a bucket of this name since.
  await of.set({ policy }).where('account_id', '=', account_id).execute();
}

/** Whether it holds an object or an unfinished upload. */
export async function isBucketUsed(db: Queryable, bucket: string): Promise<boolean> {
  for (const table of ['objects', 'uploads'] as const) {
    const row = await db
      .selectFrom(table)
      .select('object_key')
      .where('bucket', '=', bucket)
      .limit(1)
      .executeTakeFirst();
    if (row) return true;
  }
  return false;
}

/** With everything that was set on it. It has to be empty. */
export async function deleteBucket(transaction: DatabaseTransaction, bucket: string): Promise<void> {
  await transaction.deleteFrom('bucket_settings').where('bucket', '=', bucket).execute();
  await transaction.deleteFrom('buckets').where('bucket', '=', bucket).execute();
}

/** The JSON of a setting. */
export async function findSetting(db: Queryable, bucket: string, name: BucketSetting): Promise<string | undefined> {
  const row = await db
    .selectFrom('bucket_settings')
    .select('value')
    .where('bucket', '=', bucket)
    .where('name', '=', name)
    .executeTakeFirst();
  return row?.value;
}

/** One setting of every bucket that has it. */
export async function settingsNamed(
  db: Queryable,
  name: BucketSetting,
): Promise<readonly { readonly bucket: string; readonly value: string }[]> {
  return db
    .selectFrom('bucket_settings')
    .select(['bucket', 'value'])
    .where('name', '=', name)
    .orderBy('bucket')
    .execute();
}

export async function putSetting(
  transaction: DatabaseTransaction,
  bucket: string,
  name: BucketSetting,
  value: string,
): Promise<void> {
  await deleteSetting(transaction, bucket, name);
  await transaction.insertInto('bucket_settings').values({ bucket, name, value }).execute();
}

export async function deleteSetting(
  transaction: DatabaseTransaction,
  bucket: string,
  name: BucketSetting,
): Promise<void> {
  await transaction.deleteFrom('bucket_settings').where('bucket', '=', bucket).where('name', '=', name).execute();
}
