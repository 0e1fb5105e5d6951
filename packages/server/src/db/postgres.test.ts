/** What only PostgreSQL has: the way to it, its lock, its values. */
import { sql } from 'kysely';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { recordedLog } from '../testing/fixed-parts.js';
import { postgresPlace } from '../testing/test-database.js';
import { DatabaseUnavailable, DatabaseUnusable } from './database-errors.js';
import { openPostgres, type PostgresOptions } from './postgres.js';
import { exactNumber } from './postgres-values.js';
import type { Database } from './schema.js';

let place: { readonly url: string; readonly schema: string };
const opened: Database[] = [];
beforeEach(async () => {
  place = await postgresPlace();
});
afterEach(async () => {
  for (const db of opened.splice(0)) await db.destroy();
});

async function open(options: Partial<PostgresOptions> = {}): Promise<Database> {
  const db = await openPostgres({ ...place, connections: 3, ...options });
  opened.push(db);
  return db;
}
async function refusal(options: Partial<PostgresOptions> = {}): Promise<string> {
  const error = await open(options).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DatabaseUnusable);
  const { message } = error as Error;
  expect(message).not.toContain('\n');
  expect(message).not.toContain(new URL(options.url ?? place.url).password);
  return message;
}
const withUrl = (change: (url: URL) => void): { url: string } => {
  const url = new URL(place.url);
  change(url);
  return { url: url.href };
};
/** As an administrator of the cluster. */
async function administer<T extends object>(statement: string): Promise<T[]> {
  const client = new Client({ connectionString: place.url });
  await client.connect();
  try {
    return (await client.query<T>(statement)).rows;
  } finally {
    await client.end();
  }
}
const note = (name: string, value = '') => ({ name, value });

describe('PostgreSQL that cannot be used is refused in one line', () => {
  test('when nothing listens', async () => {
    expect(await refusal(withUrl((url) => Object.assign(url, { port: '1' })))).toMatch(
      /^the PostgreSQL database test_\w+ at 127\.0\.0\.1:1, schema \w+, cannot be reached: connect ECONNREFUSED/,
    );
  });

  test('when the password is wrong', async () => {
    expect(await refusal(withUrl((url) => Object.assign(url, { password: 'a-wrong-password' })))).toMatch(
      /refused the login: password authentication failed for user "sluice"$/,
    );
  });

  test('when there is no such database', async () => {
    expect(await refusal(withUrl((url) => Object.assign(url, { pathname: '/nowhere' })))).toMatch(
      /^the PostgreSQL database nowhere at .* does not exist; create it$/,
    );
  });

  test('when it must speak TLS and does not', async () => {
    expect(await refusal(withUrl((url) => url.searchParams.set('sslmode', 'verify-full')))).toMatch(
      /cannot be reached: The server does not support SSL connections$/,
    );
  });

  test('when the schema holds the tables of something else, and nothing is changed there', async () => {
    await administer(`create schema ${place.schema}; create table ${place.schema}.users (id int)`);
    expect(await refusal()).toMatch(
      /holds tables of something else \(users\); give Sluice a database or a databaseSchema/,
    );
    const tables = await administer<{ count: string }>(
      `select count(*) from pg_class where relkind = 'r' and relnamespace = '${place.schema}'::regnamespace`,
    );
    expect(tables[0]?.count).toBe('1');
  });

  test('when it is of a newer Sluice', async () => {
    await (await open()).destroy();
    opened.pop();
    await administer(`insert into ${place.schema}.kysely_migration values ('9999-future', '2030-01-01T00:00:00Z')`);
    expect(await refusal()).toMatch(/was made by a newer version of Sluice or by something else \(.*9999-future/);
  });

  test('when its user may make no tables', async () => {
    const name = `limited_${place.schema}`;
    await administer(`create role ${name} login password 'limited-password'`);
    const url = withUrl((changed) => Object.assign(changed, { username: name, password: 'limited-password' }));
    expect(await refusal(url)).toMatch(/does not let its user make tables: permission denied/);
  });

  test('when its encoding is not UTF-8', async () => {
    const name = `latin_${place.schema}`;
    await administer(`create database ${name} template template0 encoding 'LATIN1' locale 'C'`);
    expect(await refusal(withUrl((url) => Object.assign(url, { pathname: `/${name}` })))).toMatch(
      /its encoding is LATIN1; create it with encoding UTF8$/,
    );
  });

  test('when another server has it; not when that has another schema', async () => {
    await open();
    expect(await refusal()).toMatch(/is in use by another server$/);
    const other = await postgresPlace();
    await open({ schema: other.schema });
  });
});

describe('the lock', () => {
  const backends = () =>
    administer<{ pid: number }>(
      `select pid from pg_locks where locktype = 'advisory' and classid = ${0x536c7569}::oid and objid::bigint = (hashtext('${place.schema}')::bigint & 4294967295)`,
    );

  test('is taken again when its connection was lost', async () => {
    const db = await open();
    const [before] = await backends();
    await administer(`select pg_terminate_backend(${before?.pid})`);
    await expect
      .poll(async () => {
        await db
          .insertInto('settings')
          .values(note('x'))
          .onConflict((c) => c.doNothing())
          .execute();
        return (await backends()).map(({ pid }) => pid !== before?.pid);
      })
      .toEqual([true]);
    expect(await refusal()).toMatch(/is in use by another server$/);
  });

  test('that another server had meanwhile ends the first one for good', async () => {
    const first = await open();
    // Our connections are cut, and before we ask again another server has been here and gone.
    await administer(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'sluice' and datname = current_database()`,
    );
    await expect.poll(backends).toEqual([]);
    const second = await openPostgres({ ...place });
    await second.destroy();
    const asking = () => first.selectFrom('settings').selectAll().execute();
    await expect(asking()).rejects.toThrow(/was taken over by another server; stop this one$/);
    await expect(asking()).rejects.toBeInstanceOf(DatabaseUnavailable);
  });
});

describe('PostgreSQL in use', () => {
  test('keeps numbers up to 2^53 and refuses to round greater ones', async () => {
    const db = await open();
    const big = Number.MAX_SAFE_INTEGER;
    await db
      .insertInto('garbage')
      .values([
        { blob: 'a', since: big },
        { blob: 'b', since: 5 },
      ])
      .execute();
    expect(await db.selectFrom('garbage').selectAll().where('blob', '=', 'a').executeTakeFirst()).toEqual({
      blob: 'a',
      since: big,
    });
    const sums = await sql<{
      n: number;
      s: number;
    }>`select count(*) as n, sum(since) as s from garbage where blob = 'b'`.execute(db);
    expect(sums.rows).toEqual([{ n: 1, s: 5 }]);
    await expect(
      db
        .selectFrom('garbage')
        .select((e) => e.fn.sum('since').as('s'))
        .execute(),
    ).rejects.toThrow(/beyond 2\^53/);
    expect(() => exactNumber('9007199254740993')).toThrow(RangeError);
  });

  test('ends a statement that takes too long, and goes on', async () => {
    const db = await open({ timeoutMs: 200 });
    await expect(sql`select pg_sleep(20)`.execute(db)).rejects.toThrow(
      /does not answer: canceling statement due to statement timeout/,
    );
    expect((await sql<{ one: number }>`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }]);
  });

  test('says that it is away when a connection is cut, and goes on with the next statement', async () => {
    const db = await open();
    const cut = db.transaction().execute(async (transaction) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(transaction);
      await administer(`select pg_terminate_backend(${rows[0]?.pid})`);
      await transaction.insertInto('settings').values(note('lost')).execute();
    });
    await expect(cut).rejects.toBeInstanceOf(DatabaseUnavailable);
    expect(await db.selectFrom('settings').selectAll().execute()).toEqual([]);
  });

  test('commits durably although the database is set to lose what is new', async () => {
    const name = new URL(place.url).pathname.slice(1);
    await administer(`alter database ${name} set synchronous_commit = off`);
    try {
      const db = await open();
      const { rows } = await sql<{ value: string }>`select current_setting('synchronous_commit') as value`.execute(db);
      expect(rows).toEqual([{ value: 'on' }]);
    } finally {
      await administer(`alter database ${name} reset synchronous_commit`);
    }
  });

  test('writes no password into the log or an error of a statement', async () => {
    const log = recordedLog();
    const db = await open({ log });
    const error = await sql`select nonsense`.execute(db).catch((thrown: unknown) => thrown as Error);
    const { password } = new URL(place.url);
    expect(`${log.text()}${(error as Error).stack}${JSON.stringify(error)}`).not.toContain(password);
  });
});
