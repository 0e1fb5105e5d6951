import { randomUUID } from 'node:crypto';
import { Client, type ClientConfig } from 'pg';
import { DatabaseInUse, DatabaseUnavailable } from './database-errors.js';
import { reasonOf } from './postgres-errors.js';

/** The first half of the lock's key, so that it meets nobody else's: "Slui" in ASCII. */
const LOCK = 0x536c7569;
/** A server that was killed just now may still be connected for a moment. */
const WAIT_MS = 5_000;
const POLL_MS = 250;
const RUN_TABLE = 'sluice_run';

/**
 * One server a schema: what a server keeps in memory (who reads which file, which nonces were seen) and what it does at
 * its start (reclaiming files that no row names) would be wrong beside a second one. So it holds an advisory lock on a
 * connection of its own. When that connection is lost the lock is taken again before anything else is asked, unless another
 * server has been there in between: then this one is done with the database for good.
 */
export class Ownership {
  readonly #config: ClientConfig;
  readonly #schema: string;
  readonly #title: string;
  readonly #run = randomUUID();
  #client: Client | undefined;
  #backend = 0;
  #regaining: Promise<void> | undefined;
  #taken = false;
  #closed = false;

  constructor(config: ClientConfig, schema: string, title: string) {
    this.#config = config;
    this.#schema = schema;
    this.#title = title;
  }

  /** The connection that holds the lock; for what is asked at the start. */
  get client(): Client {
    if (!this.#client) throw new DatabaseUnavailable(`the ${this.#title} is not connected`);
    return this.#client;
  }

  /** Connects, without the lock. @throws what the driver throws */
  async connect(): Promise<void> {
    const client = new Client(this.#config);
    client.on('error', () => undefined);
    client.on('end', () => {
      if (this.#client === client) this.#client = undefined;
    });
    try {
      await client.connect();
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
      this.#backend = rows[0]?.pid ?? 0;
      this.#client = client;
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
  }

  /** @throws {DatabaseInUse} when another server has it */
  async take(): Promise<void> {
    for (let waited = 0; !(await this.#tryLock()); waited += POLL_MS) {
      if (waited >= WAIT_MS) throw new DatabaseInUse(this.#title);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** From here on a server that comes in between is noticed. */
  async sign(): Promise<void> {
    const table = this.#table();
    await this.client.query(`create table if not exists ${table} (run_id text not null)`);
    await this.client.query(
      `with gone as (delete from ${table}) insert into ${table} (run_id) values ('${this.#run}')`,
    );
  }

  /** Resolves at once while the lock is held. @throws {DatabaseUnavailable} */
  async assure(): Promise<void> {
    if (this.#client) return;
    if (this.#taken) throw this.#goneForGood();
    if (this.#closed) throw new DatabaseUnavailable(`the ${this.#title} was closed`);
    this.#regaining ??= this.#regain().finally(() => {
      this.#regaining = undefined;
    });
    await this.#regaining;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  async #regain(): Promise<void> {
    const before = this.#backend;
    try {
      await this.connect();
      const { rows } = await this.client.query<{ run_id: string }>(`select run_id from ${this.#table()}`);
      if (rows[0]?.run_id !== this.#run) {
        this.#taken = true;
        throw this.#goneForGood();
      }
      // The other end may not have noticed yet that our old connection is dead.
      if (!(await this.#tryLock())) {
        await this.client.query('select pg_terminate_backend($1)', [before]);
        await this.take();
      }
    } catch (error) {
      const client = this.#client;
      this.#client = undefined;
      await client?.end().catch(() => undefined);
      if (error instanceof DatabaseUnavailable) throw error;
      throw new DatabaseUnavailable(`the ${this.#title} cannot be reached: ${reasonOf(error)}`, { cause: error });
    }
  }

  async #tryLock(): Promise<boolean> {
    const { rows } = await this.client.query<{ held: boolean }>(
      'select pg_try_advisory_lock($1, hashtext($2)) as held',
      [LOCK, this.#schema],
    );
    return rows[0]?.held === true;
  }

  #table(): string {
    return `"${this.#schema}".${RUN_TABLE}`;
  }

  #goneForGood(): DatabaseUnavailable {
    return new DatabaseUnavailable(`the ${this.#title} was taken over by another server; stop this one`);
  }
}
