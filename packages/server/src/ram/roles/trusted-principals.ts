import type { Policy } from '@sluice/policy';
import type { Queryable } from '../../db/schema.js';
import { ramErrors } from '../errors.js';
import { findUser } from '../users/user-rows.js';
import { findRole } from './role-rows.js';

const OWN_NAME = /^acs:ram::(\d+):(user|role)\/([^/]+)$/;

/**
 * A user or role of this account that a trust policy names has to be there: a name that is given away later would be trusted
 * without anybody having said so. Those of other accounts cannot be looked up.
 * @throws RpcError `MalformedPolicyDocument`
 */
export async function checkTrustedPrincipals(db: Queryable, accountId: string, policy: Policy): Promise<void> {
  const arns = policy.statements.flatMap((statement) => [...(statement.principals ?? [])]);
  for (const arn of new Set(arns)) {
    const [, account, kind, name = ''] = OWN_NAME.exec(arn) ?? [];
    if (account !== accountId || /[*?]/.test(name)) continue;
    const found = kind === 'user' ? await findUser(db, accountId, name) : await findRole(db, accountId, name);
    if (!found) throw ramErrors.malformedPolicy(`the principal ${arn} does not exist.`);
  }
}
