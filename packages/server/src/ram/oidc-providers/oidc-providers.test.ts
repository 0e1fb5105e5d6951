import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { allow, type ControlRoom, controlRoom, policyOf, trusting } from '../../testing/control-room.js';
import { insertOidcProvider } from './oidc-provider-rows.js';

type Keys = Awaited<ReturnType<ControlRoom['rootKey']>>;
type Params = Readonly<Record<string, string>>;
type Provider = Readonly<Record<string, unknown>>;

let room: ControlRoom;
let root: Keys;
beforeEach(async () => {
  room = await controlRoom();
  root = await room.rootKey();
});
afterEach(() => room.close());

const ims = (action: string, params: Params = {}, keys: Keys = root) => room.call(keys, action, params);
const sound = async <T = { OIDCProvider: Provider }>(action: string, params: Params = {}): Promise<T> => {
  const answer = await ims(action, params);
  if (answer.status !== 200) throw new Error(answer.text);
  return answer.body as unknown as T;
};
const code = async (action: string, params: Params = {}, keys: Keys = root) =>
  (await ims(action, params, keys)).body.Code;

const P = { OIDCProviderName: 'okta', IssuerUrl: 'https://dev.example.com/a' };
const named = { OIDCProviderName: 'okta' };
const numbered = (count: number) => Array.from({ length: count }, (_, i) => `id${i}`).join(',');
const federated = (...providers: readonly string[]) =>
  policyOf({ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Federated: providers } });

describe('OIDC providers', () => {
  test('are created, shown, changed, listed and deleted', async () => {
    const { OIDCProvider } = await sound('CreateOIDCProvider', {
      ...P,
      Description: 'staff',
      ClientIds: 'web, app,web',
      Fingerprints: '902EF2DEEB3C5B13EA4C3D5193629309E231AE55',
      IssuanceLimitTime: '12',
    });
    const at = room.clock.now();
    expect(OIDCProvider).toEqual({
      ...P,
      Arn: `acs:ram::${room.accountId}:oidc-provider/okta`,
      Description: 'staff',
      ClientIds: 'web,app',
      Fingerprints: '902EF2DEEB3C5B13EA4C3D5193629309E231AE55',
      IssuanceLimitTime: 12,
      CreateDate: new Date(at).toISOString().replace(/\.\d+/, ''),
      UpdateDate: new Date(at).toISOString().replace(/\.\d+/, ''),
      GmtCreate: String(at),
      GmtModified: String(at),
    });
    expect((await sound('GetOIDCProvider', named)).OIDCProvider).toEqual(OIDCProvider);
    room.clock.advance(5000);
    const changed = await sound('UpdateOIDCProvider', { ...named, NewDescription: 'new', ClientIds: 'x' });
    expect(changed.OIDCProvider).toMatchObject({
      Description: 'new',
      ClientIds: 'x',
      IssuanceLimitTime: 12,
      GmtCreate: String(at),
      GmtModified: String(at + 5000),
    });
    expect(await sound('ListOIDCProviders')).toMatchObject({
      IsTruncated: false,
      OIDCProviders: { OIDCProvider: [changed.OIDCProvider] },
    });
    await sound('DeleteOIDCProvider', named);
    expect(await code('GetOIDCProvider', named)).toBe('EntityNotExist.OIDCProvider');
    expect(await sound('ListOIDCProviders')).toMatchObject({ OIDCProviders: { OIDCProvider: [] } });
  });

  test('trade client ids and fingerprints one by one', async () => {
    await sound('CreateOIDCProvider', { ...P, ClientIds: 'a', Fingerprints: 'ff00' });
    const add = await sound('AddClientIdToOIDCProvider', { ...named, ClientId: 'b' });
    expect(add.OIDCProvider).toMatchObject({ ClientIds: 'a,b' });
    expect(await code('AddClientIdToOIDCProvider', { ...named, ClientId: 'b' })).toBe(
      'EntityAlreadyExists.OIDCProvider.ClientId',
    );
    const removed = await sound('RemoveClientIdFromOIDCProvider', { ...named, ClientId: 'a' });
    expect(removed.OIDCProvider).toMatchObject({ ClientIds: 'b' });
    expect(await code('RemoveClientIdFromOIDCProvider', { ...named, ClientId: 'a' })).toBe(
      'EntityNotExist.OIDCProvider.ClientId',
    );
    await sound('AddFingerprintToOIDCProvider', { ...named, Fingerprint: 'ee11' });
    expect(await code('AddFingerprintToOIDCProvider', { ...named, Fingerprint: 'EE11' })).toBe(
      'EntityAlreadyExists.OIDCProvider.Fingerprint',
    );
    await sound('RemoveFingerprintFromOIDCProvider', { ...named, Fingerprint: 'FF00' });
    expect(await code('RemoveFingerprintFromOIDCProvider', { ...named, Fingerprint: 'ff00' })).toBe(
      'EntityNotExist.OIDCProvider.Fingerprint',
    );
    expect((await sound('GetOIDCProvider', named)).OIDCProvider).toMatchObject({ Fingerprints: 'ee11' });
  });

  test('are a hundred, with fifty client ids and five fingerprints each, also when they come at the same time', async () => {
    for (let i = 0; i < 90; i++) {
      await insertOidcProvider(room.db, {
        accountId: room.accountId,
        name: `there${i}`,
        issuerUrl: `https://there${i}.example`,
        description: '',
        clientIds: [],
        fingerprints: [],
        issuanceLimitHours: 6,
        createdAt: 1,
        updatedAt: 1,
      });
    }
    const codes = await Promise.all(
      Array.from({ length: 14 }, (_, i) =>
        code('CreateOIDCProvider', { OIDCProviderName: `p${i}`, IssuerUrl: `https://p${i}.example` }),
      ),
    );
    expect(codes.filter((each) => each === undefined)).toHaveLength(10);
    expect(codes.filter((each) => each === 'LimitExceeded.OIDCProvider')).toHaveLength(4);
    const names: string[] = [];
    let Marker: string | undefined;
    do {
      const page = await sound<{ OIDCProviders: { OIDCProvider: Provider[] }; Marker?: string }>('ListOIDCProviders', {
        MaxItems: '33',
        ...(Marker === undefined ? {} : { Marker }),
      });
      names.push(...page.OIDCProviders.OIDCProvider.map((each) => String(each.OIDCProviderName)));
      Marker = page.Marker;
    } while (Marker !== undefined);
    expect(names).toHaveLength(100);
    expect(names).toEqual([...new Set(names)].sort());
    const first = { OIDCProviderName: names[0] as string };
    expect(await code('UpdateOIDCProvider', { ...first, ClientIds: numbered(51) })).toBe(
      'LimitExceeded.OIDCProvider.ClientId',
    );
    await sound('UpdateOIDCProvider', { ...first, ClientIds: numbered(49) });
    const more = await Promise.all(
      Array.from({ length: 8 }, (_, i) => code('AddClientIdToOIDCProvider', { ...first, ClientId: `late${i}` })),
    );
    expect(more.filter((each) => each === undefined)).toHaveLength(1);
    const prints = await Promise.all(
      Array.from({ length: 8 }, (_, i) => code('AddFingerprintToOIDCProvider', { ...first, Fingerprint: `f${i}` })),
    );
    expect(prints.filter((each) => each === undefined)).toHaveLength(5);
    expect(prints.filter((each) => each === 'LimitExceeded.OIDCProvider.Fingerprint')).toHaveLength(3);
  });

  test('have one issuer each, and that one for good', async () => {
    await sound('CreateOIDCProvider', P);
    expect(await code('CreateOIDCProvider', { ...P, IssuerUrl: 'https://other.example' })).toBe(
      'EntityAlreadyExists.OIDCProvider',
    );
    expect(await code('CreateOIDCProvider', { ...P, OIDCProviderName: 'other' })).toBe(
      'EntityAlreadyExists.OIDCProvider',
    );
    await sound('UpdateOIDCProvider', { ...named, IssuerUrl: 'https://evil.example' });
    expect((await sound('GetOIDCProvider', named)).OIDCProvider).toMatchObject(P);
  });

  test('may be without TLS on this machine only, and only where the operator allows such', async () => {
    const http = (IssuerUrl: string) => code('CreateOIDCProvider', { ...P, IssuerUrl });
    expect(await http('http://example.com')).toBe('InvalidParameter.IssuerUrl');
    expect(await http('http://127.0.0.1.example.com')).toBe('InvalidParameter.IssuerUrl');
    expect(await http('http://localhost:9000')).toBeUndefined();
  });

  test('that a role trusts have to be there, and stay as long', async () => {
    const provider = `acs:ram::${room.accountId}:oidc-provider/okta`;
    const role = { RoleName: 'staff', AssumeRolePolicyDocument: federated(provider) };
    expect(await code('CreateRole', role)).toBe('MalformedPolicyDocument');
    await sound('CreateOIDCProvider', P);
    expect(await code('CreateRole', role)).toBeUndefined();
    const conflict = await ims('DeleteOIDCProvider', named);
    expect([conflict.status, conflict.body.Code]).toEqual([409, 'DeleteConflict.OIDCProvider.Role']);
    expect(conflict.body.Message).toContain('staff');
    const update = (...arns: readonly string[]) =>
      code('UpdateRole', { RoleName: 'staff', NewAssumeRolePolicyDocument: federated(...arns) });
    expect(await update(provider, `${provider}2`)).toBe('MalformedPolicyDocument');
    expect(await update(provider.replace(room.accountId, '1234567890123456'))).toBe('MalformedPolicyDocument');
    expect(await update(`acs:ram::${room.accountId}:saml-provider/okta`)).toBe('MalformedPolicyDocument');
    expect(await update(provider.replace('::', ':*:'))).toBeUndefined();
    expect(await code('DeleteOIDCProvider', named)).toBe('DeleteConflict.OIDCProvider.Role');
    await sound('UpdateRole', {
      RoleName: 'staff',
      NewAssumeRolePolicyDocument: trusting(`acs:ram::${room.accountId}:root`),
    });
    expect(await code('DeleteOIDCProvider', named)).toBeUndefined();
  });

  test('need permissions of RAM', async () => {
    const clerk = await room.user(
      'clerk',
      allow(['ram:GetOIDCProvider', 'ram:Add*'], `acs:ram:*:${room.accountId}:oidc-provider/okta`),
    );
    expect(await code('CreateOIDCProvider', P, clerk)).toBe('NoPermission');
    await sound('CreateOIDCProvider', P);
    expect(await code('GetOIDCProvider', named, clerk)).toBeUndefined();
    expect(await code('AddClientIdToOIDCProvider', { ...named, ClientId: 'x' }, clerk)).toBeUndefined();
    expect(await code('RemoveClientIdFromOIDCProvider', { ...named, ClientId: 'x' }, clerk)).toBe('NoPermission');
    expect(await code('GetOIDCProvider', { OIDCProviderName: 'other' }, clerk)).toBe('NoPermission');
    expect(await code('GetAccountSummary', {}, clerk)).toBe('NoPermission');
  });

  test.each<[string, Params, string]>([
    ['CreateOIDCProvider', { IssuerUrl: P.IssuerUrl }, 'MissingOIDCProviderName'],
    ['CreateOIDCProvider', named, 'MissingIssuerUrl'],
    ['CreateOIDCProvider', { ...P, OIDCProviderName: '-x' }, 'InvalidParameter.OIDCProviderName.InvalidChars'],
    ['CreateOIDCProvider', { ...P, OIDCProviderName: 'x'.repeat(129) }, 'InvalidParameter.OIDCProviderName.Length'],
    ['CreateOIDCProvider', { ...P, IssuerUrl: 'ftp://x.example' }, 'InvalidParameter.IssuerUrl.Format'],
    ['CreateOIDCProvider', { ...P, IssuerUrl: 'https://x.example/?a' }, 'InvalidParameter.IssuerUrl.Format'],
    ['CreateOIDCProvider', { ...P, IssuerUrl: 'https://x.example#a' }, 'InvalidParameter.IssuerUrl.Format'],
    ['CreateOIDCProvider', { ...P, IssuerUrl: 'https://u:p@x.example' }, 'InvalidParameter.IssuerUrl.Format'],
    ['CreateOIDCProvider', { ...P, IssuerUrl: 'https://x.example/\\evil' }, 'InvalidParameter.IssuerUrl.Format'],
    [
      'CreateOIDCProvider',
      { ...P, IssuerUrl: `https://x.example/${'a'.repeat(240)}` },
      'InvalidParameter.IssuerUrl.Length',
    ],
    ['CreateOIDCProvider', { ...P, ClientIds: 'a,,b' }, 'InvalidParameter.ClientIds.Length'],
    ['CreateOIDCProvider', { ...P, ClientIds: 'a,/b' }, 'InvalidParameter.ClientIds.Format'],
    ['CreateOIDCProvider', { ...P, ClientIds: numbered(51) }, 'LimitExceeded.OIDCProvider.ClientId'],
    ['CreateOIDCProvider', { ...P, Fingerprints: 'a:b' }, 'InvalidParameter.Fingerprints.Format'],
    ['CreateOIDCProvider', { ...P, Fingerprints: numbered(6) }, 'LimitExceeded.OIDCProvider.Fingerprint'],
    ['CreateOIDCProvider', { ...P, IssuanceLimitTime: '169' }, 'InvalidParameter.IssuanceLimitTime.Range'],
    ['CreateOIDCProvider', { ...P, IssuanceLimitTime: '0' }, 'InvalidParameter.IssuanceLimitTime.Range'],
    ['CreateOIDCProvider', { ...P, Description: 'x'.repeat(257) }, 'InvalidParameter.Description.Length'],
    ['ListOIDCProviders', { MaxItems: '101' }, 'InvalidParameter.MaxItems.Range'],
    ['AddClientIdToOIDCProvider', named, 'MissingClientId'],
    ['AddClientIdToOIDCProvider', { ...named, ClientId: 'a,b' }, 'InvalidParameter.ClientId.Format'],
    ['UpdateOIDCProvider', named, 'EntityNotExist.OIDCProvider'],
    ['DeleteOIDCProvider', named, 'EntityNotExist.OIDCProvider'],
  ])('%s %j is refused as %s', async (action, params, expected) => {
    expect(await code(action, params)).toBe(expected);
  });
});

test('the summary of an account counts what is there', async () => {
  await room.user('alice');
  const { SummaryMap } = await sound<{ SummaryMap: Record<string, number> }>('GetAccountSummary');
  expect(SummaryMap).toMatchObject({
    Users: 2,
    Roles: 1,
    Groups: 0,
    Policies: 2,
    UsersQuota: 1000,
    PolicySizeQuota: 6144,
  });
});
