import type { PolicyAttachmentsTable, Queryable } from '../db/schema.js';

/** Who a policy can be attached to, as {@link PolicyAttachmentsTable} calls them. */
export const userPrincipal = (userId: string): string => `user:${userId}`;
export const groupPrincipal = (groupId: string): string => `group:${groupId}`;
export const rolePrincipal = (roleId: string): string => `role:${roleId}`;

/** The policies attached to one principal itself, by name. */
export async function attachmentsOf(
  db: Queryable,
  principal: string,
): Promise<readonly Readonly<PolicyAttachmentsTable>[]> {
  return db
    .selectFrom('policy_attachments')
    .selectAll()
    .where('principal', '=', principal)
    .orderBy('policy_owner')
    .orderBy('policy_name')
    .execute();
}
