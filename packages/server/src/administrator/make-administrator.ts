import type { NoteAct } from '../audit/operator-acts.js';
import type { Database } from '../db/schema.js';
import { transact } from '../db/transact.js';
import type { KeyRing } from '../keys/key-ring.js';
import { deleteAccessKeyRow, insertAccessKey, keysOfUser, newAccessKey } from '../ram/access-keys/access-key-rows.js';
import { insertAttachment, policiesAttachedTo, userPrincipal } from '../ram/attachments.js';
import { userName } from '../ram/fields.js';
import { numericId } from '../ram/ids.js';
import { keepSystemPolicies } from '../ram/keep-system-policies.js';
import { RAM_LIMITS } from '../ram/limits.js';
import { ramResource } from '../ram/rows.js';
import { ADMINISTRATOR_ACCESS, SYSTEM_POLICY_OWNER } from '../ram/system-policies.js';
import { findUser, insertUser, type User } from '../ram/users/user-rows.js';
import type { Clock, Random } from '../runtime.js';

/** In the audit trail. */
export const BOOTSTRAP = 'ram:Bootstrap';

/** Cannot be made; the message is one line for the operator. */
export class AdministratorRefused extends Error {
  override readonly name = 'AdministratorRefused';

  constructor(
    message: string,
    /** True: the call itself is wrong, and would be refused again. */
    readonly wrongCall = false,
  ) {
    super(message);
  }
}

export interface AdministratorOptions {
  /** Of the RAM user, who is made when there is none. */
  readonly user: string;
  /** Deletes the access keys that the user has: for when they are lost. */
  readonly replace: boolean;
}

/** What the operator gets; the secret is shown this once. */
export interface AdministratorKey {
  readonly AccountId: string;
  readonly UserName: string;
  readonly AccessKeyId: string;
  readonly AccessKeySecret: string;
}

export interface AdministratorParts {
  readonly db: Database;
  readonly ring: KeyRing;
  readonly clock: Clock;
  readonly random: Random;
  readonly accountId: string;
}

/**
 * A RAM user who may do everything, with a new access key. Who can write into the data directory owns the installation anyway,
 * so nothing is asked here, and it is recorded; and it is a user and not the root account, so that it can be cut down, watched and deleted.
 * @throws {AdministratorRefused} a name that none can have, or two keys already
 */
export async function makeAdministrator(
  { db, ring, clock, random, accountId }: AdministratorParts,
  { user: name, replace }: AdministratorOptions,
  note?: NoteAct,
): Promise<AdministratorKey> {
  if (!userName.safeParse(name).success) {
    throw new AdministratorRefused('the name of a user is 1 to 64 letters, digits, ".", "_" or "-"', true);
  }
  return transact(db, async (transaction) => {
    const now = clock.now();
    await keepSystemPolicies(transaction, now);
    const found = await findUser(transaction, accountId, name);
    const user: User = found ?? {
      user_id: numericId(random),
      account_id: accountId,
      user_name: name,
      display_name: name,
      mobile_phone: '',
      email: '',
      comments: '',
      created_at: now,
      updated_at: now,
      last_login_at: null,
    };
    if (!found) await insertUser(transaction, user);
    const principal = userPrincipal(user.user_id);
    const policies = await policiesAttachedTo(transaction, principal);
    if (!policies.some((row) => row.owner === SYSTEM_POLICY_OWNER && row.policy_name === ADMINISTRATOR_ACCESS)) {
      const policy = { owner: SYSTEM_POLICY_OWNER, name: ADMINISTRATOR_ACCESS };
      await insertAttachment(transaction, principal, policy, now);
    }
    const keys = await keysOfUser(transaction, accountId, user.user_id);
    if (replace) for (const key of keys) await deleteAccessKeyRow(transaction, key.access_key_id);
    else if (keys.length >= RAM_LIMITS.accessKeysPerUser) {
      throw new AdministratorRefused(
        `${name} has ${keys.length} access keys, the most a user can have; delete one, or replace them with --replace`,
      );
    }
    const { row, secret } = newAccessKey({ ring, clock, random }, { accountId, userId: user.user_id });
    await insertAccessKey(transaction, row);
    note?.({
      resource: ramResource(accountId, `user/${name}`),
      subject: `key:${row.access_key_id}`,
      detail: { deletedKeys: replace ? keys.map((key) => key.access_key_id) : undefined },
    });
    return { AccountId: accountId, UserName: name, AccessKeyId: row.access_key_id, AccessKeySecret: secret };
  });
}
