import { type Policy, PolicyGrammarError, parsePolicy } from '@sluice/policy';
import type { Queryable } from '../../db/schema.js';
import { ramErrors } from '../errors.js';
import { findOidcProvider, parseOidcProviderArn } from '../oidc-providers/oidc-provider-rows.js';
import { findUser } from '../users/user-rows.js';
import { findRole } from './role-rows.js';

const OWN_NAME = /^acs:ram::(\d+):(user|role)\/([^/]+)$/;
/** Callers are known by their role alone: a Deny that names a session would deny nobody. */
const SESSION = /^acs:ram::\d+:role\/[^/]+\//;
const PROVIDER = /^acs:ram::\d+:(?:oidc|saml)-provider\//;

/**
 * A user or role of this account that a trust policy names has to be there: a name that is given away later would be trusted
 * without anybody having said so. Those of other accounts cannot be looked up. Providers are always this account's. Sessions are
 * nobody's to name.
 * @throws RpcError `MalformedPolicyDocument`
 */
export async function checkTrustedPrincipals(db: Queryable, accountId: string, policy: Policy): Promise<void> {
  for (const arn of principalsOf(policy)) {
    if (SESSION.test(arn)) throw ramErrors.malformedPolicy(`the principal ${arn} is a session; name its role.`);
    if (!(await isThere(db, accountId, arn))) {
      throw ramErrors.malformedPolicy(`the principal ${arn} does not exist.`);
    }
  }
}

async function isThere(db: Queryable, accountId: string, arn: string): Promise<boolean> {
  if (PROVIDER.test(arn)) {
    const provider = parseOidcProviderArn(arn);
    return provider?.accountId === accountId && (await findOidcProvider(db, accountId, provider.name)) !== undefined;
  }
  const [, account, kind, name = ''] = OWN_NAME.exec(arn) ?? [];
  if (account !== accountId || /[*?]/.test(name)) return true;
  const found = kind === 'user' ? await findUser(db, accountId, name) : await findRole(db, accountId, name);
  return found !== undefined;
}

/** Names of the roles whose trust policies name a principal. */
export async function rolesThatTrust(db: Queryable, accountId: string, arn: string): Promise<readonly string[]> {
  const roles = await db
    .selectFrom('roles')
    .select(['role_name', 'trust_policy'])
    .where('account_id', '=', accountId)
    .orderBy('role_name')
    .execute();
  return roles.filter(({ trust_policy }) => names(trust_policy, arn)).map(({ role_name }) => role_name);
}

function names(document: string, arn: string): boolean {
  try {
    return principalsOf(parsePolicy(document, 'trust')).has(arn);
  } catch (error) {
    // Kept by a Sluice with another grammar: whatever it says, the name stands in it or does not.
    if (error instanceof PolicyGrammarError) return document.includes(arn.replace(/^acs:ram::/, ''));
    throw error;
  }
}

const principalsOf = (policy: Policy): ReadonlySet<string> =>
  new Set(policy.statements.flatMap((statement) => [...(statement.principals?.texts ?? [])]));
