import { sql } from 'kysely';
import type { Database, PoliciesTable, Queryable, RolesTable, UsersTable } from '../db/schema.js';
import { type KeyRing, openSecret } from '../keys/key-ring.js';
import { KeyRingUnusable } from '../keys/key-ring-file.js';
import type { Clock, Random } from '../runtime.js';
import { accessKeyContext, insertAccessKey, newAccessKey } from './access-keys/access-key-rows.js';
import { numericId } from './ids.js';

export interface AccessKeyOwner {
  readonly accessKeyId: string;
  readonly secret: string;
  readonly status: 'Active' | 'Inactive';
  readonly accountId: string;
  readonly user: { readonly userId: string; readonly userName: string } | undefined;
}

export interface AttachedPolicy {
  readonly name: string;
  readonly type: 'System' | 'Custom';
  readonly document: string;
}

/** Users, keys, roles and policies as rows. What may be written, and by whom, is decided above this. */
export interface IdentityStore {
  findAccessKey(accessKeyId: string): Promise<AccessKeyOwner | undefined>;
  findRole(accountId: string, roleName: string): Promise<RolesTable | undefined>;
  findRoleById(roleId: string): Promise<RolesTable | undefined>;
  findUserByName(accountId: string, userName: string): Promise<UsersTable | undefined>;
  /**
   * Its own policies, and for a user those of its groups.
   * @param principal `user:<id>` or `role:<id>`
   */
  attachedPolicies(principal: string): Promise<AttachedPolicy[]>;
  createUser(db: Queryable, accountId: string, userName: string, displayName: string): Promise<UsersTable>;
  /** The only time the secret is returned. */
  createAccessKey(
    db: Queryable,
    accountId: string,
    userId: string | null,
  ): Promise<{ accessKeyId: string; accessKeySecret: string }>;
  createRole(
    db: Queryable,
    accountId: string,
    role: { name: string; description: string; trustPolicy: string; maxSessionDuration: number },
  ): Promise<RolesTable>;
  createPolicy(
    db: Queryable,
    policy: Pick<PoliciesTable, 'owner' | 'policy_name' | 'description' | 'document'>,
  ): Promise<void>;
  attachPolicy(db: Queryable, principal: string, policyOwner: string, policyName: string): Promise<void>;
}

export function identityStore(db: Database, ring: KeyRing, clock: Clock, random: Random): IdentityStore {
  const groupPrincipalsOf = (userId: string) =>
    db
      .selectFrom('group_members')
      .select(sql<string>`'group:' || group_id`.as('principal'))
      .where('user_id', '=', userId);

  return {
    async findAccessKey(accessKeyId) {
      const row = await db
        .selectFrom('access_keys as k')
        .leftJoin('users as u', 'u.user_id', 'k.user_id')
        .select(['k.access_key_id', 'k.sealed_secret', 'k.status', 'k.account_id', 'k.user_id', 'u.user_name'])
        .where('k.access_key_id', '=', accessKeyId)
        .executeTakeFirst();
      // A key of a user who is gone is nobody's; without a user it is the account's own.
      if (!row || (row.user_id !== null && row.user_name === null)) return undefined;
      const secret = openSecret(ring, accessKeyContext(row.access_key_id), row.sealed_secret);
      if (secret === undefined) {
        throw new KeyRingUnusable(
          `the key ring does not open the secret of access key ${row.access_key_id}; restore the right one from a backup`,
        );
      }
      return {
        accessKeyId: row.access_key_id,
        secret,
        status: row.status,
        accountId: row.account_id,
        user:
          row.user_id !== null && row.user_name !== null ? { userId: row.user_id, userName: row.user_name } : undefined,
      };
    },
    findRole: (accountId, roleName) =>
      db
        .selectFrom('roles')
        .selectAll()
        .where('account_id', '=', accountId)
        .where('role_name', '=', roleName)
        .executeTakeFirst(),
    findRoleById: (roleId) => db.selectFrom('roles').selectAll().where('role_id', '=', roleId).executeTakeFirst(),
    findUserByName: (accountId, userName) =>
      db
        .selectFrom('users')
        .selectAll()
        .where('account_id', '=', accountId)
        .where('user_name', '=', userName)
        .executeTakeFirst(),
    async attachedPolicies(principal) {
      const rows = await db
        .selectFrom('policy_attachments as a')
        .innerJoin('policies as p', (join) =>
          join.onRef('p.owner', '=', 'a.policy_owner').onRef('p.policy_name', '=', 'a.policy_name'),
        )
        .select(['p.owner', 'p.policy_name', 'p.document'])
        .distinct()
        .where((e) => {
          const own = e('a.principal', '=', principal);
          const user = /^user:(.*)$/.exec(principal);
          return user ? e.or([own, e('a.principal', 'in', groupPrincipalsOf(user[1] as string))]) : own;
        })
        .execute();
      return rows.map((row) => ({
        name: row.policy_name,
        type: row.owner === 'system' ? 'System' : 'Custom',
        document: row.document,
      }));
    },
    async createUser(queryable, accountId, userName, displayName) {
      const user: UsersTable = {
        user_id: numericId(random),
        account_id: accountId,
        user_name: userName,
        display_name: displayName,
        mobile_phone: '',
        email: '',
        comments: '',
        created_at: clock.now(),
        updated_at: clock.now(),
        last_login_at: null,
      };
      await queryable.insertInto('users').values(user).execute();
      return user;
    },
    async createAccessKey(queryable, accountId, userId) {
      const { row, secret } = newAccessKey({ ring, clock, random }, { accountId, userId });
      await insertAccessKey(queryable, row);
      return { accessKeyId: row.access_key_id, accessKeySecret: secret };
    },
    async createRole(queryable, accountId, role) {
      const row: RolesTable = {
        role_id: numericId(random),
        account_id: accountId,
        role_name: role.name,
        description: role.description,
        trust_policy: role.trustPolicy,
        max_session_duration: role.maxSessionDuration,
        created_at: clock.now(),
        updated_at: clock.now(),
      };
      await queryable.insertInto('roles').values(row).execute();
      return row;
    },
    async createPolicy(queryable, policy) {
      const now = clock.now();
      const { owner, policy_name, document } = policy;
      await queryable
        .insertInto('policies')
        .values({ ...policy, default_version: 1, newest_version: 1, created_at: now, updated_at: now })
        .execute();
      await queryable
        .insertInto('policy_versions')
        .values({ owner, policy_name, version: 1, document, created_at: now })
        .execute();
    },
    async attachPolicy(queryable, principal, policyOwner, policyName) {
      await queryable
        .insertInto('policy_attachments')
        .values({ principal, policy_owner: policyOwner, policy_name: policyName, attached_at: clock.now() })
        .execute();
    },
  };
}
