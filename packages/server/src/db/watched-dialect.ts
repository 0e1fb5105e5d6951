import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type OperationNode,
  type QueryResult,
  type RootOperationNode,
  TableNode,
  type TransactionSettings,
} from 'kysely';

/** Who is told when rows may have changed. */
export interface WriteWatch {
  readonly tables: ReadonlySet<string>;
  /** Columns that nobody who watches reads: an update of nothing else is not told. */
  readonly idleColumns: ReadonlySet<string>;
  /** Called after a statement that wrote, and again when its transaction has ended, before whoever wrote hears of it. */
  changed(): void;
}

/** Statements through this dialect are watched, whoever makes them: nobody who writes has to remember a cache. */
export function watchedDialect(dialect: Dialect, watch: WriteWatch): Dialect {
  return {
    createAdapter: () => dialect.createAdapter(),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createDriver: () => new WatchedDriver(dialect.createDriver(), watch),
  };
}

class WatchedDriver implements Driver {
  readonly #driver: Driver;
  readonly #watch: WriteWatch;

  constructor(driver: Driver, watch: WriteWatch) {
    this.#driver = driver;
    this.#watch = watch;
  }

  init(): Promise<void> {
    return this.#driver.init();
  }

  async acquireConnection(): Promise<WatchedConnection> {
    return new WatchedConnection(await this.#driver.acquireConnection(), this.#watch);
  }

  beginTransaction(connection: WatchedConnection, settings: TransactionSettings): Promise<void> {
    return this.#driver.beginTransaction(connection.inner, settings);
  }

  async commitTransaction(connection: WatchedConnection): Promise<void> {
    try {
      await this.#driver.commitTransaction(connection.inner);
    } finally {
      // Also when it failed: a commit that nobody answered may have been made.
      connection.ended();
    }
  }

  async rollbackTransaction(connection: WatchedConnection): Promise<void> {
    try {
      await this.#driver.rollbackTransaction(connection.inner);
    } finally {
      connection.ended();
    }
  }

  releaseConnection(connection: WatchedConnection): Promise<void> {
    return this.#driver.releaseConnection(connection.inner);
  }

  destroy(): Promise<void> {
    return this.#driver.destroy();
  }
}

class WatchedConnection implements DatabaseConnection {
  #wrote = false;

  constructor(
    readonly inner: DatabaseConnection,
    readonly watch: WriteWatch,
  ) {}

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    if (!mayWrite(query, this.watch)) return this.inner.executeQuery<R>(query);
    this.#wrote = true;
    try {
      return await this.inner.executeQuery<R>(query);
    } finally {
      this.watch.changed();
    }
  }

  streamQuery<R>(query: CompiledQuery, chunkSize?: number): AsyncIterableIterator<QueryResult<R>> {
    return this.inner.streamQuery<R>(query, chunkSize);
  }

  ended(): void {
    if (this.#wrote) this.watch.changed();
    this.#wrote = false;
  }
}

const READS = /^\s*(select|pragma|explain|show)\b/i;

/** What cannot be told for sure counts as a write. */
function mayWrite({ query, sql }: CompiledQuery, watch: WriteWatch): boolean {
  const node: RootOperationNode = query;
  switch (node.kind) {
    case 'SelectQueryNode':
      return node.with !== undefined;
    case 'InsertQueryNode':
      return node.into === undefined || isWatched(node.into, watch);
    case 'DeleteQueryNode':
      return node.from.froms.some((from) => isWatched(from, watch));
    case 'UpdateQueryNode': {
      if (node.table === undefined || !isWatched(node.table, watch)) return node.table === undefined;
      const columns = node.updates?.map(({ column }) => columnName(column)) ?? [undefined];
      return columns.some((name) => name === undefined || !watch.idleColumns.has(name));
    }
    case 'RawNode':
      return !READS.test(sql);
    default:
      return true;
  }
}

const isWatched = (node: OperationNode, watch: WriteWatch): boolean =>
  !TableNode.is(node) || watch.tables.has(node.table.identifier.name);

/** Kysely names columns of an update by a node of their own. */
function columnName(node: OperationNode): string | undefined {
  const { column } = node as { readonly column?: { readonly name?: string } };
  return column?.name;
}
