import { CompiledQuery } from 'kysely';
import type { AuditTable, Database, DatabaseTransaction } from '../db/schema.js';

/** Rows of one statement, largest first: a few statements that stay prepared, whatever the number of rows. */
const SIZES = [64, 8, 1];

const EMPTY: AuditTable = {
  seq: 0,
  at: 0,
  account_id: '',
  principal: '',
  action: '',
  resource: '',
  outcome: 'Allowed',
  request_id: '',
  source_ip: '',
  token_id: '',
  media_id: '',
  upload_id: '',
  subject: '',
  detail: '',
  hash: '',
  seal: '',
};
const COLUMNS = Object.keys(EMPTY) as (keyof AuditTable)[];

export type InsertRecords = (transaction: DatabaseTransaction, rows: readonly AuditTable[]) => Promise<void>;

/** Building a statement costs more than running it, so each is built once. */
export function recordInserter(db: Database): InsertRecords {
  const statements = SIZES.map((size) => {
    const { sql, query } = db
      .insertInto('audit')
      .values(Array.from({ length: size }, () => EMPTY))
      .compile();
    return { size, sql, query };
  });
  return async (transaction, rows) => {
    let done = 0;
    for (const { size, sql, query } of statements) {
      for (; rows.length - done >= size; done += size) {
        const parameters = rows.slice(done, done + size).flatMap((row) => COLUMNS.map((column) => row[column]));
        await transaction.executeQuery({ ...CompiledQuery.raw(sql, parameters), query });
      }
    }
  };
}
