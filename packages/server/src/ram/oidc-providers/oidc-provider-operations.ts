import { formatIso } from '@sluice/wire';
import { z } from 'zod';
import type { DatabaseTransaction } from '../../db/schema.js';
import { transact } from '../../db/transact.js';
import type { Call, Operation } from '../../rpc/operation.js';
import { type EntityKind, ramErrors } from '../errors.js';
import { page } from '../fields.js';
import { RAM_LIMITS } from '../limits.js';
import { pageOf, readPage } from '../paging.js';
import type { RamParts } from '../ram-parts.js';
import { rolesThatTrust } from '../roles/trusted-principals.js';
import { accountOf, type RamRow, ramOperation } from '../rows.js';
import {
  clientId,
  clientIds,
  fingerprint,
  fingerprints,
  issuanceLimitTime,
  issuerUrl,
  oidcDescription,
  oidcProviderName,
} from './oidc-provider-fields.js';
import {
  countOidcProviders,
  deleteOidcProviderRow,
  findOidcProvider,
  findOidcProviderByIssuer,
  insertOidcProvider,
  type OidcProvider,
  oidcProviderArn,
  pageOfOidcProviders,
  requireOidcProvider,
  updateOidcProvider,
} from './oidc-provider-rows.js';

const DEFAULT_ISSUANCE_HOURS = 6;
const MOST_ITEMS = 100;
const named = { OIDCProviderName: oidcProviderName };

/** Identity providers of IMS `2019-08-15`. Reference: ram-sts 1.4. */
export function oidcProviderOperations({ db, clock, allowsHttpIssuer }: RamParts): readonly Operation[] {
  const row = <Input extends { OIDCProviderName: string }>(
    it: Omit<RamRow<Input>, 'api' | 'resource'> & Partial<Pick<RamRow<Input>, 'resource'>>,
  ): Operation =>
    ramOperation<Input>({ resource: ({ OIDCProviderName: name }) => `oidc-provider/${name}`, ...it, api: 'ims' });

  /** Reads a provider, changes it and keeps it, in one transaction. */
  async function change(
    call: Call,
    name: string,
    alter: (provider: OidcProvider) => Partial<OidcProvider>,
  ): Promise<object> {
    const account = accountOf(call);
    const changed = await transact(db, async (transaction) => {
      const provider = await requireOidcProvider(transaction, account, name);
      const next: OidcProvider = { ...provider, ...alter(provider), updatedAt: clock.now() };
      checkLimits(next);
      await updateOidcProvider(transaction, next);
      return next;
    });
    return { OIDCProvider: show(changed) };
  }

  return [
    row({
      name: 'CreateOIDCProvider',
      description: 'Registers an OpenID Connect provider, so that roles can trust the tokens that it issues.',
      input: z.object({
        ...named,
        IssuerUrl: issuerUrl,
        Description: oidcDescription.optional(),
        ClientIds: clientIds.optional(),
        Fingerprints: fingerprints.optional(),
        IssuanceLimitTime: issuanceLimitTime.optional(),
      }),
      resource: () => 'oidc-provider/*',
      async handle(given, call) {
        const issuer = new URL(given.IssuerUrl);
        if (issuer.protocol !== 'https:' && !allowsHttpIssuer(issuer)) {
          throw ramErrors.invalid('IssuerUrl', 'it must begin with https://.');
        }
        const now = clock.now();
        const provider: OidcProvider = {
          accountId: accountOf(call),
          name: given.OIDCProviderName,
          issuerUrl: given.IssuerUrl,
          description: given.Description ?? '',
          clientIds: given.ClientIds ?? [],
          fingerprints: given.Fingerprints ?? [],
          issuanceLimitHours: given.IssuanceLimitTime ?? DEFAULT_ISSUANCE_HOURS,
          createdAt: now,
          updatedAt: now,
        };
        checkLimits(provider);
        await transact(db, (transaction) => insert(transaction, provider));
        return { OIDCProvider: show(provider) };
      },
    }),

    row({
      name: 'GetOIDCProvider',
      description: 'Shows an OpenID Connect provider.',
      input: z.object(named),
      async handle({ OIDCProviderName: name }, call) {
        return { OIDCProvider: show(await requireOidcProvider(db, accountOf(call), name)) };
      },
    }),

    ramOperation({
      api: 'ims',
      name: 'ListOIDCProviders',
      description: 'Lists the OpenID Connect providers of the account, by name.',
      input: z.object(page(MOST_ITEMS)),
      resource: () => 'oidc-provider/*',
      async handle(given, call) {
        const asked = readPage(given);
        const rows = await pageOfOidcProviders(db, accountOf(call), asked);
        const { shown, paging } = pageOf(rows, asked, (provider) => provider.name);
        return { ...paging, OIDCProviders: { OIDCProvider: shown.map(show) } };
      },
    }),

    row({
      name: 'UpdateOIDCProvider',
      description:
        'Changes the description, all client IDs or the greatest age of tokens of a provider; the issuer stays.',
      input: z.object({
        ...named,
        NewDescription: oidcDescription.optional(),
        ClientIds: clientIds.optional(),
        IssuanceLimitTime: issuanceLimitTime.optional(),
      }),
      handle: (given, call) =>
        change(call, given.OIDCProviderName, (provider) => ({
          description: given.NewDescription ?? provider.description,
          clientIds: given.ClientIds ?? provider.clientIds,
          issuanceLimitHours: given.IssuanceLimitTime ?? provider.issuanceLimitHours,
        })),
    }),

    row({
      name: 'DeleteOIDCProvider',
      description: 'Deletes an OpenID Connect provider that no role trusts any more.',
      input: z.object(named),
      async handle({ OIDCProviderName: name }, call) {
        const account = accountOf(call);
        await transact(db, async (transaction) => {
          await requireOidcProvider(transaction, account, name);
          // The issuer of a provider cannot be changed. Deleting and making it anew must not get around that.
          const roles = await rolesThatTrust(transaction, account, oidcProviderArn(account, name));
          if (roles.length > 0) throw ramErrors.conflict('OIDCProvider.Role', roles);
          await deleteOidcProviderRow(transaction, account, name);
        });
        return {};
      },
    }),

    row({
      name: 'AddClientIdToOIDCProvider',
      description: 'Accepts tokens for one more audience.',
      input: z.object({ ...named, ClientId: clientId }),
      handle: ({ OIDCProviderName: name, ClientId: id }, call) =>
        change(call, name, (provider) => ({ clientIds: added(provider.clientIds, id, 'OIDCProvider.ClientId') })),
    }),

    row({
      name: 'RemoveClientIdFromOIDCProvider',
      description: 'Accepts tokens for this audience no more, from the next call on.',
      input: z.object({ ...named, ClientId: clientId }),
      handle: ({ OIDCProviderName: name, ClientId: id }, call) =>
        change(call, name, (provider) => ({ clientIds: removed(provider.clientIds, id, 'OIDCProvider.ClientId') })),
    }),

    row({
      name: 'AddFingerprintToOIDCProvider',
      description: 'Accepts one more certificate of the provider, so that it can change its own.',
      input: z.object({ ...named, Fingerprint: fingerprint }),
      handle: ({ OIDCProviderName: name, Fingerprint: print }, call) =>
        change(call, name, (provider) => ({
          fingerprints: added(provider.fingerprints, print, 'OIDCProvider.Fingerprint', sameFingerprint),
        })),
    }),

    row({
      name: 'RemoveFingerprintFromOIDCProvider',
      description: 'Accepts this certificate no more; without any, those that the platform trusts count.',
      input: z.object({ ...named, Fingerprint: fingerprint }),
      handle: ({ OIDCProviderName: name, Fingerprint: print }, call) =>
        change(call, name, (provider) => ({
          fingerprints: removed(provider.fingerprints, print, 'OIDCProvider.Fingerprint', sameFingerprint),
        })),
    }),
  ];
}

async function insert(transaction: DatabaseTransaction, provider: OidcProvider): Promise<void> {
  const { accountId, name, issuerUrl: issuer } = provider;
  if (await findOidcProvider(transaction, accountId, name)) throw ramErrors.exists('OIDCProvider', name);
  const other = await findOidcProviderByIssuer(transaction, accountId, issuer);
  if (other) throw ramErrors.exists('OIDCProvider', `${other.name} has the issuer ${issuer}`);
  if ((await countOidcProviders(transaction, accountId)) >= RAM_LIMITS.oidcProviders) {
    throw ramErrors.limit('OIDCProvider', RAM_LIMITS.oidcProviders);
  }
  await insertOidcProvider(transaction, provider);
}

function checkLimits(provider: OidcProvider): void {
  if (provider.clientIds.length > RAM_LIMITS.clientIdsPerProvider) {
    throw ramErrors.limit('OIDCProvider.ClientId', RAM_LIMITS.clientIdsPerProvider);
  }
  if (provider.fingerprints.length > RAM_LIMITS.fingerprintsPerProvider) {
    throw ramErrors.limit('OIDCProvider.Fingerprint', RAM_LIMITS.fingerprintsPerProvider);
  }
}

type Same = (a: string, b: string) => boolean;
const sameText: Same = (a, b) => a === b;
const sameFingerprint: Same = (a, b) => a.toLowerCase() === b.toLowerCase();

function added(list: readonly string[], item: string, kind: EntityKind, same: Same = sameText): readonly string[] {
  if (list.some((each) => same(each, item))) throw ramErrors.exists(kind, item);
  return [...list, item];
}

function removed(list: readonly string[], item: string, kind: EntityKind, same: Same = sameText): readonly string[] {
  const rest = list.filter((each) => !same(each, item));
  if (rest.length === list.length) throw ramErrors.notExist(kind, item);
  return rest;
}

const show = (provider: OidcProvider) => ({
  OIDCProviderName: provider.name,
  Arn: oidcProviderArn(provider.accountId, provider.name),
  IssuerUrl: provider.issuerUrl,
  Description: provider.description,
  ClientIds: provider.clientIds.join(','),
  Fingerprints: provider.fingerprints.join(','),
  IssuanceLimitTime: provider.issuanceLimitHours,
  CreateDate: formatIso(provider.createdAt),
  UpdateDate: formatIso(provider.updatedAt),
  GmtCreate: String(provider.createdAt),
  GmtModified: String(provider.updatedAt),
});
