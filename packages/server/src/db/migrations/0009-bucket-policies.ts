import type { Kysely } from 'kysely';

/** In the row that every request reads anyway: a bucket without a policy costs nothing more. */
export async function bucketPolicies(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('buckets').addColumn('policy', 'text').execute();
}
