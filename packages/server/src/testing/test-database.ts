/** The database of a test: SQLite, or in the project `postgres` (vitest.config.ts) a schema of a real PostgreSQL. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { inject } from 'vitest';
import { openPostgres } from '../db/postgres.js';
import type { Database } from '../db/schema.js';
import { openSqlite } from '../db/sqlite.js';

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
export async function postgresPlace(): Promise<{ readonly url: string; readonly schema: string }> {
  own ??= ownDatabase(server() ?? '');
  return { url: await own, schema: `s_${randomBytes(8).toString('hex')}` };
}

/** Where the database that belongs to a directory is; a copy of the directory leads to the same one. */
async function placeOf(directory: string): Promise<{ readonly url: string; readonly schema: string }> {
  const marker = join(directory, 'postgres.json');
  if (existsSync(marker)) return JSON.parse(readFileSync(marker, 'utf8')) as { url: string; schema: string };
  const place = await postgresPlace();
  mkdirSync(directory, { recursive: true });
  writeFileSync(marker, JSON.stringify(place));
  return place;
}

/** @param directory where the database stays when it is closed; without it, it is of no further use then */
export async function openTestDatabase(directory?: string): Promise<Database> {
  if (!onPostgres) return openSqlite(directory === undefined ? ':memory:' : join(directory, 'index.db'));
  return openPostgres({
    ...(directory === undefined ? await postgresPlace() : await placeOf(directory)),
    connections: 5,
  });
}

/** Settings of a server that keeps its data in this directory. */
export async function databaseSettings(directory: string): Promise<Readonly<Record<string, unknown>>> {
  if (!onPostgres) return {};
  const { url, schema } = await placeOf(directory);
  return { database: url, databaseSchema: schema, databaseConnections: 5 };
}
