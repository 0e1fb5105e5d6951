/** The database cannot be used; the message is one line for the operator. */
export class DatabaseUnusable extends Error {
  override readonly name: string = 'DatabaseUnusable';
}

/** Another server has the database. */
export class DatabaseInUse extends DatabaseUnusable {
  override readonly name = 'DatabaseInUse';

  /** @param title what the database is called */
  constructor(title: string) {
    super(`the ${title} is in use by another server`);
  }
}

/** The database does not answer just now. Whoever asked may ask again. The message holds no password. */
export class DatabaseUnavailable extends Error {
  override readonly name: string = 'DatabaseUnavailable';
}

/**
 * The connection was lost while a commit was under way: what was written may be there or not. Nothing may be tried again
 * or cleaned up as if it were not there.
 */
export class CommitUnknown extends DatabaseUnavailable {
  override readonly name = 'CommitUnknown';

  constructor(cause: Error) {
    super(`whether the last changes were stored is not known: ${cause.message}`, { cause });
  }
}

/** The disk of the database is full. Nothing was stored; it goes on when there is space. */
export class DatabaseFull extends Error {
  override readonly name = 'DatabaseFull';

  constructor(cause: Error) {
    super('no space left for the database', { cause });
  }
}
