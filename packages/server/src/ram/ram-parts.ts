import type { Database, DatabaseTransaction } from '../db/schema.js';
import type { KeyRing } from '../keys/key-ring.js';
import type { Clock, Random } from '../runtime.js';
import type { KeyUsage } from './access-keys/key-usage.js';
import type { PasswordHashing } from './login/password-hashing.js';

/** What the operations of RAM are made of. */
export interface RamParts {
  readonly db: Database;
  readonly ring: KeyRing;
  readonly clock: Clock;
  readonly random: Random;
  /** When access keys were used last. Absent: only what is written counts, and nothing is. */
  readonly usage?: Pick<KeyUsage, 'lastUsed'> | undefined;
  /** Whether an issuer without TLS is one for tests: on this machine, and allowed by the operator. */
  readonly allowsHttpIssuer: (issuer: URL) => boolean;
  readonly hashing: PasswordHashing;
  /**
   * Asked before a user is deleted, in the same transaction.
   * @throws RpcError `DeleteConflict.User.…` when something of theirs is still there
   */
  readonly holdersOfUser: readonly ((transaction: DatabaseTransaction, userId: string) => Promise<void>)[];
}
