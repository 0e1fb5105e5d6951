/** The database of a test: SQLite, or in the project `postgres` (vitest.config.ts) a schema of a real PostgreSQL. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { Client } from 'pg';
import { inject } from 'vitest';
import { openPostgres } from '../db/postgres.js';
import type { Database } from '../db/schema.js';
import { openSqlite } from '../db/sqlite.js';
import type { WriteWatch } from '../db/watched-dialect.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of a superuser; `undefined` in the projects that run on SQLite. */
    postgres: string | undefined;
  }
}

const server = (): string | undefined => inject('postgres');

/** Whether this run is on PostgreSQL. */
export const onPostgres = server() !== undefined;
export const dialect = onPostgres ? 'PostgreSQL' : 'SQLite';

// A file of tests has a database to itself, so that its catalog stays small: migrations look through all of it.
let own: Promise<string> | undefined;

async function ownDatabase(url: string): Promise<string> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  const client = new Client({ connectionString: url });
  await client.connect();
  // A locale of people, as most databases have: what has to be in the order of bytes is so by itself.
  await client.query(`create database ${name} template template0 locale 'C.UTF-8'`);
  await client.end();
  return Object.assign(new URL(url), { pathname: `/${name}` }).href;
}

/** URL and schema of a new place in PostgreSQL. Only where {@link onPostgres}. */
export async function postgresPlace(): Promise<Place> {
  own ??= ownDatabase(server() ?? '');
  return { url: await own, schema: `s_${randomBytes(8).toString('hex')}` };
}

interface Place {
  readonly url: string;
  readonly schema: string;
}

/** Places whose database was closed. Making the tables costs more than most tests do, so they are emptied and used again. */
const closed: Place[] = [];

const markerOf = (directory: string): string => join(directory, 'postgres.json');

/** Where the database that belongs to a directory is; a copy of the directory leads to the same one. */
function knownPlace(directory: string | undefined): Place | undefined {
  if (directory === undefined || !existsSync(markerOf(directory))) return undefined;
  const place = JSON.parse(readFileSync(markerOf(directory), 'utf8')) as Place;
  const at = closed.findIndex(({ schema }) => schema === place.schema);
  if (at >= 0) closed.splice(at, 1);
  return place;
}

function remember(directory: string | undefined, place: Place): void {
  if (directory === undefined) return;
  mkdirSync(directory, { recursive: true });
  writeFileSync(markerOf(directory), JSON.stringify(place));
}

/** @param directory where the database stays when it is closed; without it, it is of no further use then */
export async function openTestDatabase(directory?: string, watch?: WriteWatch): Promise<Database> {
  if (!onPostgres) return openSqlite(directory === undefined ? ':memory:' : join(directory, 'index.db'), watch);
  const known = knownPlace(directory);
  const used = known ? undefined : closed.shift();
  const place = known ?? used ?? (await postgresPlace());
  remember(directory, place);
  const db = await openPostgres({ ...place, connections: 5, watch });
  if (used) await empty(db, used.schema);
  const destroy = db.destroy.bind(db);
  db.destroy = async () => {
    await destroy();
    closed.push(place);
  };
  return db;
}

async function empty(db: Database, schema: string): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_class
    where relkind = 'r' and relnamespace = ${schema}::regnamespace and relname not like 'kysely%' and relname <> 'sluice_run'
  `.execute(db);
  // Without foreign keys, so that the order of the tables does not matter.
  const statements = rows.map(({ name }) => `delete from "${name}";`).join(' ');
  await sql.raw(`begin; set local session_replication_role = replica; ${statements} commit`).execute(db);
}

/** Settings of a server that keeps its data in this directory. */
export async function databaseSettings(directory: string): Promise<Readonly<Record<string, unknown>>> {
  if (!onPostgres) return {};
  const place = knownPlace(directory) ?? (await postgresPlace());
  remember(directory, place);
  const { url, schema } = place;
  return { database: url, databaseSchema: schema, databaseConnections: 5 };
}
