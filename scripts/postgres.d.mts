/** Directory of PostgreSQL's programs, installed when they were missing; `undefined` when there are none. */
export function ensurePostgres(): string | undefined;

export interface TestPostgres {
  /** Of a superuser, with its password. */
  readonly url: string;
  readonly password: string;
  readonly bin: string;
  /** Starts it again after `halt`, on the same port; nothing when it runs. */
  start(): Promise<void>;
  /** `SIGINT` (default) is PostgreSQL's fast stop, `SIGQUIT` a crash. */
  halt(signal?: NodeJS.Signals): Promise<void>;
  /** Ends it, and removes its files. */
  stop(): Promise<void>;
}

/** @param options settings as `name=value` */
export function startPostgres(options?: { settings?: readonly string[] }): Promise<TestPostgres>;
