import { Kysely, PostgresDialect } from 'kysely';
import type { Client, ClientConfig } from 'pg';
import type { Log } from '../runtime.js';
import { ByteOrder } from './byte-order.js';
import { DatabaseUnusable } from './database-errors.js';
import { isOfAnotherVersion, migrate } from './migrate.js';
import { isAway, reasonOf } from './postgres-errors.js';
import { Ownership } from './postgres-ownership.js';
import { PreparingPool } from './postgres-pool.js';
import { driverUrl, postgresTitle, postgresUrlProblem } from './postgres-url.js';
import { postgresValues } from './postgres-values.js';
import type { Database, Schema } from './schema.js';
import { type WriteWatch, watchedDialect } from './watched-dialect.js';

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`, see docs/settings.md. */
  readonly url: string;
  /** Where the tables are; made when it is missing and may be. Default `public`. */
  readonly schema?: string;
  /** Connections at a time, one more than that for the lock. Default 10. */
  readonly connections?: number;
  /** Longest time of a statement, milliseconds. Default 30 000. */
  readonly timeoutMs?: number;
  readonly log?: Log;
  /** Told of what is written. */
  readonly watch?: WriteWatch | undefined;
}

const OLDEST_VERSION = 130_000;
const CONNECT_MS = 10_000;
/** The server ends a statement by itself; this is for one that cannot be heard any more. */
const SILENCE_MS = 5_000;

/**
 * Opens a PostgreSQL database for this server alone, checks it and brings it to the newest schema. A commit is on disk when
 * it returns. The connection is taken up again by itself when it was lost; until then statements are answered with
 * {@link DatabaseUnavailable}.
 *
 * @throws {DatabaseUnusable} with one line for the operator, which holds no password
 */
export async function openPostgres(options: PostgresOptions): Promise<Database> {
  const { schema = 'public', connections = 10, timeoutMs = 30_000, log } = options;
  const problem = postgresUrlProblem(options.url);
  if (problem !== undefined) throw new DatabaseUnusable(`the URL of the database cannot be used: ${problem}`);
  const title = `${postgresTitle(options.url)}${schema === 'public' ? '' : `, schema ${schema},`}`;

  const config = (settings: readonly string[] = []): ClientConfig => ({
    application_name: 'sluice',
    connectionString: driverUrl(options.url),
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    query_timeout: timeoutMs + SILENCE_MS,
    types: postgresValues,
    options: [
      `search_path=${schema}`,
      `statement_timeout=${timeoutMs}`,
      `idle_in_transaction_session_timeout=${Math.max(60_000, 2 * timeoutMs)}`,
      'client_min_messages=warning',
      ...settings,
    ]
      .map((setting) => `-c ${setting}`)
      .join(' '),
  });

  const owner = new Ownership(config(), schema, title);
  let db: Database | undefined;
  try {
    await owner.connect();
    await owner.take();
    await checkServer(owner.client, log);
    await prepareSchema(owner.client, schema, title);
    // An operator who trades safety for speed in the whole cluster has not asked what a 200 of ours means.
    const durable = await settingOf(owner.client, 'synchronous_commit');
    const pool = new PreparingPool(
      { ...config(durable === 'off' ? ['synchronous_commit=on'] : []), max: connections },
      title,
      () => owner.assure(),
      () => owner.close(),
    );
    const dialect = new PostgresDialect({ pool });
    db = new Kysely<Schema>({ dialect: options.watch ? watchedDialect(dialect, options.watch) : dialect });
    await migrate(db, { plugins: [new ByteOrder()], schema });
    await owner.sign();
    return db;
  } catch (error) {
    await db?.destroy().catch(() => undefined);
    await owner.close();
    throw error instanceof DatabaseUnusable ? error : new DatabaseUnusable(describe(title, error));
  }
}

async function settingOf(client: Client, name: string): Promise<string> {
  const { rows } = await client.query<{ value: string }>('select current_setting($1) as value', [name]);
  return rows[0]?.value ?? '';
}

async function checkServer(client: Client, log: Log | undefined): Promise<void> {
  const version = Number(await settingOf(client, 'server_version_num'));
  if (version < OLDEST_VERSION) {
    throw new Error(`it is of version ${await settingOf(client, 'server_version')}; use PostgreSQL 13 or newer`);
  }
  const encoding = await settingOf(client, 'server_encoding');
  if (encoding !== 'UTF8') throw new Error(`its encoding is ${encoding}; create it with encoding UTF8`);
  for (const name of ['fsync', 'full_page_writes']) {
    if ((await settingOf(client, name)) === 'off') {
      log?.warn({ setting: name }, `PostgreSQL runs with ${name}=off: a power cut can cost what was acknowledged`);
    }
  }
}

/** @throws when there are tables of somebody else: ours have names that others use too */
async function prepareSchema(client: Client, schema: string, title: string): Promise<void> {
  const found = await client.query('select 1 from pg_namespace where nspname = $1', [schema]);
  if (found.rowCount === 0) await client.query(`create schema "${schema}"`);
  const { rows } = await client.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = (select oid from pg_namespace where nspname = $1)
     and relkind in ('r', 'p', 'v', 'm', 'f') order by relname limit 1000`,
    [schema],
  );
  const names = rows.map((row) => row.name);
  if (names.length > 0 && !names.includes('kysely_migration')) {
    throw new DatabaseUnusable(
      `the ${title} holds tables of something else (${names.slice(0, 3).join(', ')}); give Sluice a database or a databaseSchema of its own`,
    );
  }
}

function describe(title: string, error: unknown): string {
  const { code } = error as { code?: unknown };
  const reason = reasonOf(error);
  if (code === '28P01' || code === '28000') return `the ${title} refused the login: ${reason}`;
  if (code === '3D000') return `the ${title} does not exist; create it`;
  if (code === '42501') return `the ${title} does not let its user make tables: ${reason}`;
  if (isOfAnotherVersion(error)) {
    return `the ${title} was made by a newer version of Sluice or by something else (${reason})`;
  }
  if (isAway(error)) return `the ${title} cannot be reached: ${reason}`;
  return `the ${title} cannot be used: ${reason}`;
}
