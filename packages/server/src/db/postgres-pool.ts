import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import { Pool, type PoolClient, type PoolConfig } from 'pg';
import { DatabaseUnavailable } from './database-errors.js';
import { endsConnection, isAway, reasonOf } from './postgres-errors.js';

/** Statements are few and fixed; a bound keeps dynamic IN lists from piling up in every connection. */
const MAX_PREPARED = 300;
const MAX_PREPARED_LENGTH = 4_000;

/** The pool as Kysely sees it: statements are prepared once a connection, and what is not their fault is told apart. */
export class PreparingPool implements PostgresPool {
  readonly #pool: Pool;
  readonly #title: string;
  readonly #before: () => Promise<void>;
  readonly #after: () => Promise<void>;
  readonly #names = new Map<string, string>();

  /**
   * @param before awaited before a connection is given out
   * @param after awaited when the pool is closed
   */
  constructor(config: PoolConfig, title: string, before: () => Promise<void>, after: () => Promise<void>) {
    this.#pool = new Pool(config);
    // Idle connections that the server ends are taken out by the pool itself; one in use fails its statement.
    this.#pool.on('error', () => undefined);
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
    this.#title = title;
    this.#before = before;
    this.#after = after;
  }

  async connect(): Promise<PostgresPoolClient> {
    try {
      await this.#before();
      return new PreparingClient(await this.#pool.connect(), (sql) => this.#nameOf(sql), this.#title);
    } catch (error) {
      throw away(this.#title, error);
    }
  }

  async end(): Promise<void> {
    await this.#pool.end();
    await this.#after();
  }

  #nameOf(sql: string): string | undefined {
    const known = this.#names.get(sql);
    if (known !== undefined || this.#names.size >= MAX_PREPARED || sql.length > MAX_PREPARED_LENGTH) return known;
    const name = `s${this.#names.size}`;
    this.#names.set(sql, name);
    return name;
  }
}

class PreparingClient implements PostgresPoolClient {
  readonly #client: PoolClient;
  readonly #nameOf: (sql: string) => string | undefined;
  readonly #title: string;
  #lost = false;

  constructor(client: PoolClient, nameOf: (sql: string) => string | undefined, title: string) {
    this.#client = client;
    this.#nameOf = nameOf;
    this.#title = title;
  }

  query<R>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>;
  query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
  query<R>(
    sql: string | PostgresCursor<R>,
    parameters: readonly unknown[] = [],
  ): Promise<PostgresQueryResult<R>> | PostgresCursor<R> {
    if (typeof sql !== 'string') throw new TypeError('cursors are not in use');
    return this.#run(sql, parameters) as Promise<PostgresQueryResult<R>>;
  }

  async #run(sql: string, parameters: readonly unknown[]): Promise<unknown> {
    // What a lost connection had begun is undone by the server.
    if (this.#lost && sql === 'rollback') return { command: 'ROLLBACK', rowCount: 0, rows: [] };
    try {
      const name = parameters.length > 0 ? this.#nameOf(sql) : undefined;
      const result = await this.#client.query({
        // A transaction that was not begun by `transact` fails rather than being wrong.
        text: sql === 'begin' ? 'start transaction isolation level serializable' : sql,
        values: [...parameters],
        ...(name === undefined ? {} : { name }),
      });
      // A step that passed over a failed statement would have its commit answered like this, and nothing stored.
      if (sql === 'commit' && result.command === 'ROLLBACK') {
        throw new Error('nothing was committed: a statement of the transaction had failed');
      }
      return result;
    } catch (error) {
      if (endsConnection(error)) this.#lost = true;
      throw away(this.#title, error);
    }
  }

  release(): void {
    this.#client.release(this.#lost);
  }
}

/** The same error, or that the database is away. */
function away(title: string, error: unknown): unknown {
  if (error instanceof DatabaseUnavailable || !isAway(error)) return error;
  return new DatabaseUnavailable(`the ${title} does not answer: ${reasonOf(error)}`, { cause: error });
}
