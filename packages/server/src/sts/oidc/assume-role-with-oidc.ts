import { formatIso, parseRoleArn, roleArn } from '@sluice/wire';
import { z } from 'zod';
import type { Database, RolesTable } from '../../db/schema.js';
import type { FederatedPrincipal } from '../../gate/principal.js';
import {
  findOidcProvider,
  oidcProviderArn,
  parseOidcProviderArn,
} from '../../ram/oidc-providers/oidc-provider-rows.js';
import { type Operation, operation } from '../../rpc/operation.js';
import { invalidAssumeRole, stsErrors } from '../errors.js';
import { checkSessionPolicy, issueSession, sessionFields, sessionMs } from '../issue-session.js';
import type { StsParts } from '../sts-parts.js';
import { oidcErrors } from './oidc-errors.js';
import type { ProviderKeys } from './provider-keys.js';
import { verifyOidcToken } from './verify-oidc-token.js';

export interface AssumeRoleWithOidcParts extends StsParts {
  readonly db: Database;
  readonly keys: ProviderKeys;
}

// Limits of reference ram-sts 1.4.
const input = z.object({
  ...sessionFields,
  OIDCProviderArn: z.string().max(256),
  OIDCToken: z.string().min(4).max(20_000),
});

/**
 * AssumeRoleWithOIDC: credentials of a role for a token of an identity provider that the role trusts. Not signed: the token is
 * the proof. Reference: ram-sts 1.4, 1.5, 1.8.
 */
export function assumeRoleWithOidc(parts: AssumeRoleWithOidcParts): Operation {
  const { store, db, keys, parseTrust, minDuration } = parts;
  const invalid = invalidAssumeRole(minDuration);

  async function findRole(arn: string): Promise<RolesTable> {
    const named = parseRoleArn(arn);
    if (!named) throw stsErrors.wronglyFormed('RoleArn');
    const role = await store.findRole(named.accountId, named.roleName);
    if (!role) throw oidcErrors.noSuchRole(roleArn(named.accountId, named.roleName));
    return role;
  }

  return operation({
    product: 'sts',
    version: '2015-04-01',
    name: 'AssumeRoleWithOIDC',
    description: 'Issues short-lived credentials of a role for a token of an OpenID Connect provider.',
    signed: false,
    input,
    invalid: (name, missing, fault) => {
      if (missing && name !== '') return oidcErrors.missing(name);
      return name === 'OIDCToken' && fault === 'length'
        ? oidcErrors.invalid('it has 4 to 20000 characters.')
        : invalid(name, missing);
    },
    perSecond: parts.perSecond,
    ...(parts.principalPerSecond === undefined ? {} : { principalPerSecond: parts.principalPerSecond }),
    denied: oidcErrors.denied,
    async identify({ OIDCProviderArn, OIDCToken }, { now }): Promise<FederatedPrincipal> {
      const named = parseOidcProviderArn(OIDCProviderArn);
      if (!named) throw stsErrors.wronglyFormed('OIDCProviderArn');
      const provider = await findOidcProvider(db, named.accountId, named.name);
      if (!provider) throw oidcErrors.noProvider();
      return {
        kind: 'federated',
        accountId: provider.accountId,
        providerArn: oidcProviderArn(provider.accountId, provider.name),
        providerName: provider.name,
        token: await verifyOidcToken(OIDCToken, provider, keys, now),
      };
    },
    async access({ RoleArn }, { principal }) {
      if (principal.kind !== 'federated') throw oidcErrors.noProvider();
      const { issuer, clientId, subject } = principal.token;
      const role = await findRole(RoleArn);
      return [
        {
          // Trust policies for identity providers name this action (reference 2.6).
          action: 'sts:AssumeRole',
          resource: roleArn(role.account_id, role.role_name),
          trust: { name: role.role_name, type: 'Trust', policy: parseTrust(role.trust_policy) },
          context: { 'oidc:iss': issuer, 'oidc:aud': clientId, 'oidc:sub': subject },
        },
      ];
    },
    async handle(given, { principal, now }) {
      if (principal.kind !== 'federated') throw oidcErrors.noProvider();
      const role = await findRole(given.RoleArn);
      const lastsMs = sessionMs(given.DurationSeconds, role, minDuration);
      checkSessionPolicy(given.Policy);
      const { subject, issuer, audience, expiresAt, issuedAt } = principal.token;
      return {
        ...issueSession(parts, role, {
          sessionName: given.RoleSessionName,
          sessionPolicy: given.Policy,
          sourceIdentity: undefined,
          via: undefined,
          issuedAt: now,
          expiresAt: now + lastsMs,
        }),
        OIDCTokenInfo: {
          Subject: subject,
          Issuer: issuer,
          ClientIds: audience.join(','),
          ExpirationTime: formatIso(expiresAt),
          IssuanceTime: formatIso(issuedAt),
          VerificationInfo: 'Success',
        },
      };
    },
  });
}
