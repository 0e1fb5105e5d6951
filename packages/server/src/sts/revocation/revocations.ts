import type { Database, Queryable, RevocationsTable } from '../../db/schema.js';
import { transact } from '../../db/transact.js';
import type { SessionLink, SessionOrigin } from '../../gate/session-origin.js';
import type { Clock, Random } from '../../runtime.js';

export type Revocation = Readonly<RevocationsTable>;
export type NewRevocation = Omit<Revocation, 'revocation_id' | 'created_at' | 'expires_at'>;

/**
 * Sessions that are dead before their time. Every request of a temporary key asks, so all of them are in memory: a few maps,
 * however many there are; and a revocation counts from the moment it is written.
 */
export interface Revocations {
  /** Whether one of the sessions behind a credential was revoked. */
  covers(origin: SessionOrigin): boolean;
  /** In force, and on disk, when it resolves. */
  revoke(revocation: NewRevocation): Promise<Revocation>;
  /** Those of an account that can still matter, newest first. */
  list(accountId: string): readonly Revocation[];
  /** Tokens that it killed and that are not over live again. @returns whether there was one */
  lift(accountId: string, revocationId: string): Promise<boolean>;
}

export interface RevocationParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly random: Random;
  /** How long a token can live, milliseconds: a revocation is kept as long as it can speak of one. */
  readonly longestTokenMs: number;
}

/** Reads what is in force; to be done before the first request is answered. */
export async function openRevocations({ db, clock, random, longestTokenMs }: RevocationParts): Promise<Revocations> {
  await forgetEnded(db, clock.now());
  const inForce = new Map<string, Revocation>();
  for (const row of await db.selectFrom('revocations').selectAll().execute()) inForce.set(row.revocation_id, row);
  let index = indexOf(inForce.values());

  const change = (edit: () => void): void => {
    const now = clock.now();
    for (const [id, row] of inForce) if (row.expires_at <= now) inForce.delete(id);
    edit();
    index = indexOf(inForce.values());
  };

  return {
    covers: ({ links, sourceIdentity }) =>
      // Mostly there is nothing to look for, and every request asks.
      index.size > 0 &&
      links.some((link) => namesOf(link, sourceIdentity).some((name) => link.issuedAt <= (index.get(name) ?? -1))),

    async revoke(given) {
      const now = clock.now();
      const row: Revocation = {
        ...given,
        revocation_id: Buffer.from(random.bytes(16)).toString('hex'),
        created_at: now,
        // From now on, also where `not_before` is long ago: an upload grant that such a session asked for just now has its own life.
        expires_at: now + longestTokenMs,
      };
      await transact(db, async (transaction) => {
        await forgetEnded(transaction, now);
        await transaction.insertInto('revocations').values(row).execute();
      });
      change(() => inForce.set(row.revocation_id, row));
      return row;
    },

    list(accountId) {
      const now = clock.now();
      return [...inForce.values()]
        .filter((row) => row.account_id === accountId && row.expires_at > now)
        .sort((a, b) => b.created_at - a.created_at || (a.revocation_id < b.revocation_id ? -1 : 1));
    },

    async lift(accountId, revocationId) {
      if (inForce.get(revocationId)?.account_id !== accountId) return false;
      await transact(db, (transaction) =>
        transaction.deleteFrom('revocations').where('revocation_id', '=', revocationId).execute(),
      );
      change(() => inForce.delete(revocationId));
      return true;
    },
  };
}

/** Whether a revocation names one of the sessions behind something. */
export function isNamedBy(revocation: Revocation, { links, sourceIdentity }: SessionOrigin): boolean {
  const name = nameOf(revocation);
  return links.some((link) => link.issuedAt <= revocation.not_before && namesOf(link, sourceIdentity).includes(name));
}

/** From what a revocation names to the newest instant for it. */
function indexOf(rows: Iterable<Revocation>): ReadonlyMap<string, number> {
  const index = new Map<string, number>();
  for (const row of rows) {
    const name = nameOf(row);
    index.set(name, Math.max(row.not_before, index.get(name) ?? -1));
  }
  return index;
}

const nameOf = ({ account_id, kind, subject }: Pick<Revocation, 'account_id' | 'kind' | 'subject'>): string =>
  `${account_id} ${kind} ${subject}`;

/** Everything that a revocation can call a session. */
function namesOf(
  { accountId, roleId, sessionName, tokenId }: SessionLink,
  sourceIdentity: string | undefined,
): readonly string[] {
  const name = (kind: Revocation['kind'], subject: string) => nameOf({ account_id: accountId, kind, subject });
  return [
    name('role', roleId),
    name('session-name', `${roleId}:${sessionName}`),
    name('session-name', `:${sessionName}`),
    name('token', tokenId),
    ...(sourceIdentity === undefined ? [] : [name('source-identity', sourceIdentity)]),
  ];
}

async function forgetEnded(db: Queryable, now: number): Promise<void> {
  await db.deleteFrom('revocations').where('expires_at', '<=', now).execute();
}
