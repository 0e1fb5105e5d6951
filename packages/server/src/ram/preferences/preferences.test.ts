import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { allow, type ControlRoom, controlRoom, deny } from '../../testing/control-room.js';
import { ramCalls } from '../../testing/ram-calls.js';
import type { Keys } from '../../testing/signed-call.js';

let room: ControlRoom;
let calls: ReturnType<typeof ramCalls>;
let alice: Keys;
beforeEach(async () => {
  room = await controlRoom();
  calls = ramCalls(room, await room.rootKey());
  alice = await room.user('alice');
});
afterEach(() => room.close());

describe('the security preference', () => {
  test('has defaults; what is set changes, and nothing else does', async () => {
    const { sound } = calls;
    const defaults = {
      LoginProfilePreference: {
        EnableSaveMFATicket: false,
        AllowUserToChangePassword: true,
        LoginSessionDuration: 6,
        LoginNetworkMasks: '',
      },
      AccessKeyPreference: { AllowUserToManageAccessKeys: false },
      MFAPreference: { AllowUserToManageMFADevices: true },
      PublicKeyPreference: { AllowUserToManagePublicKeys: false },
    };
    expect((await sound('GetSecurityPreference')).SecurityPreference).toEqual(defaults);
    const set = await sound('SetSecurityPreference', {
      LoginNetworkMasks: '10.0.0.0/8;2001:db8::/32',
      LoginSessionDuration: '24',
    });
    const { LoginProfilePreference } = defaults;
    const changed = {
      ...LoginProfilePreference,
      LoginNetworkMasks: '10.0.0.0/8;2001:db8::/32',
      LoginSessionDuration: 24,
    };
    expect(set.SecurityPreference).toEqual({ ...defaults, LoginProfilePreference: changed });
    const more = await sound('SetSecurityPreference', {
      AllowUserToManageAccessKeys: 'true',
      AllowUserToManagePublicKeys: 'true',
    });
    expect(more.SecurityPreference).toEqual({
      ...defaults,
      LoginProfilePreference: changed,
      AccessKeyPreference: { AllowUserToManageAccessKeys: true },
      PublicKeyPreference: { AllowUserToManagePublicKeys: true },
    });
    expect((await sound('GetSecurityPreference')).SecurityPreference).toEqual(more.SecurityPreference);
  });

  test.each([
    [{ LoginSessionDuration: '0' }, 'InvalidParameter.LoginSessionDuration.Range'],
    [{ LoginSessionDuration: '25' }, 'InvalidParameter.LoginSessionDuration.Range'],
    [{ LoginSessionDuration: 'long' }, 'InvalidParameter.LoginSessionDuration.Format'],
    [{ LoginNetworkMasks: 'everywhere' }, 'InvalidParameter.LoginNetworkMasks.Format'],
    [{ EnableSaveMFATicket: '1' }, 'InvalidParameter.EnableSaveMFATicket.Format'],
  ])('%j is refused as %s', async (params, code) => {
    expect(await calls.refusal('SetSecurityPreference', params as Record<string, string>)).toEqual([400, code]);
  });

  test('is for who may touch the whole account', async () => {
    const bob = await room.user('bob', allow('ram:*', `acs:ram:*:${room.accountId}:user/*`));
    for (const action of [
      'SetSecurityPreference',
      'GetSecurityPreference',
      'SetPasswordPolicy',
      'GetPasswordPolicy',
      'GetAccountAlias',
      'ClearAccountAlias',
    ]) {
      expect(await calls.refusal(action, {}, bob), action).toEqual([403, 'NoPermission']);
    }
  });
});

describe('AllowUserToManageAccessKeys', () => {
  const list = (keys: Keys, given: Record<string, string> = {}) => calls.refusal('ListAccessKeys', given, keys);

  test('lets users manage their own keys without a policy, and nobody else’s', async () => {
    expect(await list(alice)).toEqual([403, 'NoPermission']);
    await calls.sound('SetSecurityPreference', { AllowUserToManageAccessKeys: 'true' });
    expect(await list(alice)).toEqual([200, undefined]);
    expect(await list(alice, { UserName: 'alice' })).toEqual([200, undefined]);
    const { AccessKey } = await calls.sound<{ AccessKey: { AccessKeyId: string } }>('CreateAccessKey', {}, alice);
    const own = { UserAccessKeyId: AccessKey.AccessKeyId };
    await calls.sound('UpdateAccessKey', { ...own, Status: 'Inactive' }, alice);
    await calls.sound('DeleteAccessKey', own, alice);
    // Neither somebody else nor who is not there at all.
    for (const UserName of ['appserver', 'nobody']) {
      for (const action of ['CreateAccessKey', 'ListAccessKeys']) {
        expect(await calls.refusal(action, { UserName }, alice)).toEqual([403, 'NoPermission']);
      }
    }
    await calls.sound('SetSecurityPreference', { AllowUserToManageAccessKeys: 'false' });
    expect(await list(alice)).toEqual([403, 'NoPermission']);
  });

  test('gives no way around a policy that denies, and none to sessions', async () => {
    await calls.sound('SetSecurityPreference', { AllowUserToManageAccessKeys: 'true' });
    const bob = await room.user('bob', deny('ram:CreateAccessKey'));
    expect(await calls.refusal('CreateAccessKey', {}, bob)).toEqual([403, 'NoPermission']);
    expect(await list(bob)).toEqual([200, undefined]);
    const session = await room.session(room.appServer, { RoleSessionName: 'alice' });
    expect(await list(session, { UserName: 'alice' })).toEqual([403, 'NoPermission']);
  });
});

describe('the alias of the account', () => {
  test('is set, shown, replaced and taken away', async () => {
    const { sound } = calls;
    expect((await sound('GetAccountAlias')).AccountAlias).toBe('');
    await sound('SetAccountAlias', { AccountAlias: 'my-company' });
    await sound('SetAccountAlias', { AccountAlias: 'our-company' });
    expect((await sound('GetAccountAlias')).AccountAlias).toBe('our-company');
    await sound('ClearAccountAlias');
    await sound('ClearAccountAlias');
    expect((await sound('GetAccountAlias')).AccountAlias).toBe('');
  });

  test('is that of one account', async () => {
    await room.db.insertInto('account_settings').values({ account_id: '1', name: 'alias', value: '"taken"' }).execute();
    expect(await calls.refusal('SetAccountAlias', { AccountAlias: 'taken' })).toEqual([
      409,
      'EntityAlreadyExists.AccountAlias',
    ]);
  });

  test.each([
    ['ab', 'Length'],
    ['x'.repeat(64), 'Length'],
    ['-abc', 'Format'],
    ['abc-', 'Format'],
    ['a--b', 'Format'],
    ['Abc', 'Format'],
    ['1234567890123456', 'Format'],
  ])('cannot be %s', async (AccountAlias, fault) => {
    expect(await calls.refusal('SetAccountAlias', { AccountAlias })).toEqual([
      400,
      `InvalidParameter.AccountAlias.${fault}`,
    ]);
  });
});
