import type { DatabaseTransaction } from '../db/schema.js';
import { RAM_LIMITS } from './limits.js';
import {
  deleteVersionRow,
  findPolicy,
  insertPolicy,
  insertVersion,
  type PolicyName,
  type PolicyRow,
  updatePolicy,
  versionsOf,
} from './policies/policy-rows.js';
import { SYSTEM_POLICY_OWNER, type SystemPolicy, systemPolicies } from './system-policies.js';

/**
 * Brings the system policies of a database to those of this Sluice: what is missing is made, a document that has changed
 * becomes a new version and the one that counts. Attachments stay, and so does a policy that is no more in the list:
 * somebody may rely on it.
 */
export async function keepSystemPolicies(
  db: DatabaseTransaction,
  now: number,
  policies: readonly SystemPolicy[] = systemPolicies,
): Promise<void> {
  for (const policy of policies) {
    const name: PolicyName = { owner: SYSTEM_POLICY_OWNER, name: policy.name };
    const row = await findPolicy(db, name);
    if (row) await keep(db, name, row, policy, now);
    else await make(db, name, policy, now);
  }
}

async function make(
  db: DatabaseTransaction,
  { owner, name }: PolicyName,
  { description, document }: SystemPolicy,
  now: number,
): Promise<void> {
  await insertPolicy(db, {
    owner,
    policy_name: name,
    description,
    document,
    default_version: 1,
    newest_version: 1,
    created_at: now,
    updated_at: now,
  });
  await insertVersion(db, { owner, policy_name: name, version: 1, document, created_at: now });
}

async function keep(
  db: DatabaseTransaction,
  name: PolicyName,
  row: PolicyRow,
  { description, document }: SystemPolicy,
  now: number,
): Promise<void> {
  if (row.description !== description) await updatePolicy(db, name, { description, updated_at: now });
  if (row.document === document) return;
  const version = row.newest_version + 1;
  await insertVersion(db, { owner: name.owner, policy_name: name.name, version, document, created_at: now });
  await updatePolicy(db, name, { default_version: version, newest_version: version, document, updated_at: now });
  const old = (await versionsOf(db, name)).slice(0, -RAM_LIMITS.versionsPerPolicy);
  for (const each of old) await deleteVersionRow(db, name, each.version);
}
