import { LRUCache } from 'lru-cache';
import type { RolesTable } from '../db/schema.js';
import type { WriteWatch } from '../db/watched-dialect.js';
import type { Clock } from '../runtime.js';
import type { AccessKeyOwner, AttachedPolicy, IdentityStore } from './identity-store.js';

/** The tables that say who may do what. */
const TABLES = [
  'access_keys',
  'accounts',
  'group_members',
  'groups',
  'policies',
  'policy_attachments',
  'policy_versions',
  'roles',
  'users',
];

/** Counts what was written to the tables of identities. Give it to the database, then to the cache. */
export interface IdentityChanges extends WriteWatch {
  readonly count: number;
}

export function identityChanges(): IdentityChanges {
  let count = 0;
  return {
    tables: new Set(TABLES),
    idleColumns: new Set(['last_used_at', 'last_login_at']),
    changed() {
      count++;
    },
    get count() {
      return count;
    },
  };
}

const MAX_KEYS = 20_000;
const MAX_ROLES = 5_000;
/** Characters of documents. */
const MAX_DOCUMENTS = 32 * 1024 * 1024;
const MAX_PRINCIPALS = 20_000;
/** For what nobody here can see: rows that the operator edits in PostgreSQL by hand. */
const KEPT_MS = 10_000;

/**
 * What every request asks about identities, from memory. Any write to their tables empties it before the one who wrote is
 * answered, and what was read while somebody wrote is not kept: so nobody is told anything older than what they were told
 * before. One server a database sees all the writes (docs/adr/0017).
 *
 * What is not there is asked for each time: nobody fills it with names that do not exist.
 */
export function cachedIdentity(store: IdentityStore, changes: IdentityChanges, clock: Clock): IdentityStore {
  let seen = changes.count;
  const emptied: (() => void)[] = [];

  function kept<Value extends object>(max: { readonly entries: number; readonly size?: (value: Value) => number }) {
    type Entry = { readonly value: Value; readonly since: number };
    const entries = new LRUCache<string, Entry>({
      max: max.entries,
      ...(max.size === undefined
        ? {}
        : { maxSize: MAX_DOCUMENTS, sizeCalculation: ({ value }: Entry) => 1 + (max.size?.(value) ?? 0) }),
    });
    emptied.push(() => entries.clear());
    return async (key: string, load: () => Promise<Value | undefined>): Promise<Value | undefined> => {
      const count = changes.count;
      if (count !== seen) {
        for (const empty of emptied) empty();
        seen = count;
      }
      const now = clock.now();
      const entry = entries.get(key);
      if (entry && Math.abs(now - entry.since) < KEPT_MS) return entry.value;
      const value = await load();
      if (value !== undefined && changes.count === count && seen === count) entries.set(key, { value, since: now });
      return value;
    };
  }

  const accessKeys = kept<AccessKeyOwner>({ entries: MAX_KEYS });
  const roles = kept<RolesTable>({ entries: MAX_ROLES });
  const rolesById = kept<RolesTable>({ entries: MAX_ROLES });
  const attached = kept<AttachedPolicy[]>({
    entries: MAX_PRINCIPALS,
    size: (policies) => policies.reduce((sum, { document }) => sum + document.length, 0),
  });

  return {
    ...store,
    findAccessKey: (id) => accessKeys(id, () => store.findAccessKey(id)),
    findRole: (accountId, name) => roles(`${accountId} ${name}`, () => store.findRole(accountId, name)),
    findRoleById: (id) => rolesById(id, () => store.findRoleById(id)),
    attachedPolicies: async (principal) => (await attached(principal, () => store.attachedPolicies(principal))) ?? [],
  };
}
