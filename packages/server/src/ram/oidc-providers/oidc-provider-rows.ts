import type { OidcProvidersTable, Queryable } from '../../db/schema.js';
import { ramErrors } from '../errors.js';
import type { Page } from '../paging.js';

/** Somebody else's identity provider, whose tokens roles may trust. */
export interface OidcProvider {
  readonly accountId: string;
  readonly name: string;
  /** Compared with `iss` of tokens to the letter. */
  readonly issuerUrl: string;
  readonly description: string;
  /** What `aud` of a token has to be one of. */
  readonly clientIds: readonly string[];
  /** Of the certificates its HTTPS has to be signed by, as given, so compared without case; empty = those the platform trusts. */
  readonly fingerprints: readonly string[];
  /** How old a token may be when it is exchanged, hours. */
  readonly issuanceLimitHours: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** `acs:ram::<account>:oidc-provider/<name>`, as trust policies and AssumeRoleWithOIDC name it. */
export const oidcProviderArn = (accountId: string, name: string): string =>
  `acs:ram::${accountId}:oidc-provider/${name}`;

/** @returns undefined for what is not the name of a provider */
export function parseOidcProviderArn(arn: string): { readonly accountId: string; readonly name: string } | undefined {
  const [, accountId, name] = /^acs:ram:\*?:(\d{1,32}):oidc-provider\/([A-Za-z0-9._-]{1,128})$/.exec(arn) ?? [];
  return accountId === undefined || name === undefined ? undefined : { accountId, name };
}

export async function findOidcProvider(
  db: Queryable,
  accountId: string,
  name: string,
): Promise<OidcProvider | undefined> {
  const row = await db
    .selectFrom('oidc_providers')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('provider_name', '=', name)
    .executeTakeFirst();
  return row && read(row);
}

/** @throws RpcError `EntityNotExist.OIDCProvider` */
export async function requireOidcProvider(db: Queryable, accountId: string, name: string): Promise<OidcProvider> {
  const provider = await findOidcProvider(db, accountId, name);
  if (!provider) throw ramErrors.notExist('OIDCProvider', name);
  return provider;
}

export async function findOidcProviderByIssuer(
  db: Queryable,
  accountId: string,
  issuerUrl: string,
): Promise<OidcProvider | undefined> {
  const row = await db
    .selectFrom('oidc_providers')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('issuer_url', '=', issuerUrl)
    .executeTakeFirst();
  return row && read(row);
}

export async function insertOidcProvider(db: Queryable, provider: OidcProvider): Promise<void> {
  await db
    .insertInto('oidc_providers')
    .values({
      account_id: provider.accountId,
      provider_name: provider.name,
      issuer_url: provider.issuerUrl,
      created_at: provider.createdAt,
      ...written(provider),
    })
    .execute();
}

/** Everything but its name and its issuer, which stay. */
export async function updateOidcProvider(db: Queryable, provider: OidcProvider): Promise<void> {
  await db
    .updateTable('oidc_providers')
    .set(written(provider))
    .where('account_id', '=', provider.accountId)
    .where('provider_name', '=', provider.name)
    .execute();
}

export async function deleteOidcProviderRow(db: Queryable, accountId: string, name: string): Promise<void> {
  await db.deleteFrom('oidc_providers').where('account_id', '=', accountId).where('provider_name', '=', name).execute();
}

export async function countOidcProviders(db: Queryable, accountId: string): Promise<number> {
  const { count } = await db
    .selectFrom('oidc_providers')
    .select((e) => e.fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** One more than the page holds, if there are as many; by name. */
export async function pageOfOidcProviders(
  db: Queryable,
  accountId: string,
  { after, limit }: Page,
): Promise<readonly OidcProvider[]> {
  const rows = await db
    .selectFrom('oidc_providers')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('provider_name', '>', after)
    .orderBy('provider_name')
    .limit(limit + 1)
    .execute();
  return rows.map(read);
}

const written = (provider: OidcProvider) => ({
  description: provider.description,
  client_ids: JSON.stringify(provider.clientIds),
  fingerprints: JSON.stringify(provider.fingerprints),
  issuance_limit_hours: provider.issuanceLimitHours,
  updated_at: provider.updatedAt,
});

const read = (row: Readonly<OidcProvidersTable>): OidcProvider => ({
  accountId: row.account_id,
  name: row.provider_name,
  issuerUrl: row.issuer_url,
  description: row.description,
  clientIds: JSON.parse(row.client_ids) as string[],
  fingerprints: JSON.parse(row.fingerprints) as string[],
  issuanceLimitHours: Number(row.issuance_limit_hours),
  createdAt: Number(row.created_at),
  updatedAt: Number(row.updated_at),
});
