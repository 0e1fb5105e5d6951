import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { accessDecider } from '../../gate/access-decider.js';
import { deniedDetail } from '../../gate/denied-detail.js';
import { policyAuthoriser, policyCache } from '../../gate/policy-authoriser.js';
import type { UserPrincipal } from '../../gate/principal.js';
import { keyRing, newMasterKey } from '../../keys/key-ring.js';
import { resealSecrets } from '../../keys/reseal.js';
import type { Call } from '../../rpc/operation.js';
import { allow, type ControlRoom, controlRoom, deny } from '../../testing/control-room.js';
import { someRandom } from '../../testing/fixed-parts.js';
import { ramCalls } from '../../testing/ram-calls.js';
import type { Keys } from '../../testing/signed-call.js';
import { sealedColumns } from '../sealed-columns.js';
import { deviceOfUser, seedOf } from './mfa-device-rows.js';
import { mfaOperations } from './mfa-operations.js';
import { base32 } from './totp.js';

let room: ControlRoom;
let calls: ReturnType<typeof ramCalls>;
let alice: Keys & { userId: string };
beforeEach(async () => {
  room = await controlRoom();
  calls = ramCalls(room, await room.rootKey());
  alice = await room.user('alice');
});
afterEach(() => room.close());

const UserName = 'alice';

describe('a virtual MFA device', () => {
  test('is created, bound by two codes, shown, unbound and deleted', async () => {
    const { sound, refusal, device, ram } = calls;
    const { SerialNumber, Base32StringSeed, pair } = await device('phone');
    expect(SerialNumber).toBe(`acs:ram::${room.accountId}:mfa/phone`);
    expect(Base32StringSeed).toMatch(/^[A-Z2-7]{32}$/);
    await sound('BindMFADevice', { SerialNumber, UserName, ...pair() });
    expect((await sound('GetUserMFAInfo', { UserName })).MFADevice).toEqual({ SerialNumber, Type: 'VMFA' });
    await device('spare');
    const listed = await ram('ListVirtualMFADevices');
    expect(listed.body.VirtualMFADevices).toEqual({
      VirtualMFADevice: [
        {
          SerialNumber,
          ActivateDate: '2026-01-01T00:00:00Z',
          User: { UserId: alice.userId, UserName, DisplayName: 'alice' },
        },
        { SerialNumber: `acs:ram::${room.accountId}:mfa/spare`, User: {} },
      ],
    });
    expect(listed.text).not.toContain(Base32StringSeed);
    const held = await ram('DeleteVirtualMFADevice', { SerialNumber });
    expect([held.body.Code, held.body.Message]).toEqual([
      'DeleteConflict.VirtualMFADevice.User',
      expect.stringContaining('alice'),
    ]);
    expect((await sound('UnbindMFADevice', { UserName })).MFADevice).toEqual({ SerialNumber });
    expect(await refusal('UnbindMFADevice', { UserName })).toEqual([404, 'EntityNotExist.User.MFADevice']);
    expect(await refusal('GetUserMFAInfo', { UserName })).toEqual([404, 'EntityNotExist.User.MFADevice']);
    await sound('DeleteVirtualMFADevice', { SerialNumber });
    expect(await refusal('DeleteVirtualMFADevice', { SerialNumber })).toEqual([404, 'EntityNotExist.VirtualMFADevice']);
  });

  test('holds its user', async () => {
    const { sound, refusal, device } = calls;
    await sound('CreateUser', { UserName: 'bob' });
    const { SerialNumber, pair } = await device('phone');
    await sound('BindMFADevice', { SerialNumber, UserName: 'bob', ...pair() });
    expect(await refusal('DeleteUser', { UserName: 'bob' })).toEqual([409, 'DeleteConflict.User.MFADevice']);
    await sound('UnbindMFADevice', { UserName: 'bob' });
    await sound('DeleteUser', { UserName: 'bob' });
  });

  test('is bound by nothing else than two new codes in a row', async () => {
    const { refusal, sound, device } = calls;
    const { SerialNumber, code, pair } = await device('phone');
    const bind = (AuthenticationCode1: string, AuthenticationCode2: string) =>
      refusal('BindMFADevice', { SerialNumber, UserName, AuthenticationCode1, AuthenticationCode2 });
    const wrong = [403, 'CheckAuthenticationCodeFail'];
    expect(await bind(code(), code())).toEqual(wrong);
    expect(await bind(code(), code(-1))).toEqual(wrong);
    expect(await bind(code(-9), code(-8))).toEqual(wrong);
    expect(await bind('12345', code())).toEqual([400, 'InvalidParameter.AuthenticationCode.Format']);
    expect(await bind('12345x', code())).toEqual([400, 'InvalidParameter.AuthenticationCode.Format']);
    const used = pair();
    await sound('BindMFADevice', { SerialNumber, UserName, ...used });
    await sound('UnbindMFADevice', { UserName });
    expect(await bind(used.AuthenticationCode1, used.AuthenticationCode2)).toEqual(wrong);
    room.clock.advance(60_000);
    await sound('BindMFADevice', { SerialNumber, UserName, ...pair() });
  });

  test('is one of one user, also when fifty bind at the same time', async () => {
    const { refusal, sound, device } = calls;
    const devices = [await device('one'), await device('two')];
    for (const name of ['bob', 'carol']) await sound('CreateUser', { UserName: name });
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => {
        const { SerialNumber, pair } = devices[i % 2] as (typeof devices)[number];
        const name = ['alice', 'bob', 'carol'][i % 3] as string;
        return refusal('BindMFADevice', { SerialNumber, UserName: name, ...pair() });
      }),
    );
    expect(answers.filter(([status]) => status === 200)).toHaveLength(2);
    expect(
      answers.every(
        ([, code]) =>
          code === undefined || /^EntityAlreadyExists\.(User\.MFADevice|VirtualMFADevice\.User)$/.test(String(code)),
      ),
    ).toBe(true);
    const bound = await room.db.selectFrom('mfa_devices').select('user_id').execute();
    expect(new Set(bound.map((row) => row.user_id)).size).toBe(2);
  });

  test('is of a name only once, also when fifty are made at the same time, and they are a thousand at most', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => calls.refusal('CreateVirtualMFADevice', { VirtualMFADeviceName: 'phone' })),
    );
    expect(answers.filter(([status]) => status === 200)).toHaveLength(1);
    expect(answers.filter(([, code]) => code === 'EntityAlreadyExists.VirtualMFADevice')).toHaveLength(49);
    const rows = Array.from({ length: 998 }, (_, i) => ({
      serial_number: `s${i}`,
      account_id: room.accountId,
      device_name: `d${i}`,
      sealed_seed: '',
      user_id: null,
      last_step: 0,
      created_at: 0,
      activated_at: null,
    }));
    for (let i = 0; i < rows.length; i += 100)
      await room.db
        .insertInto('mfa_devices')
        .values(rows.slice(i, i + 100))
        .execute();
    const last = ['x', 'y', 'z'].map((name) => calls.refusal('CreateVirtualMFADevice', { VirtualMFADeviceName: name }));
    const codes = (await Promise.all(last)).map(([, code]) => code);
    expect(codes.filter((code) => code === undefined)).toHaveLength(1);
    expect(codes.filter((code) => code === 'LimitExceeded.VirtualMFADevice')).toHaveLength(2);
  });

  test.each([
    ['CreateVirtualMFADevice', {}, 'MissingVirtualMFADeviceName'],
    ['CreateVirtualMFADevice', { VirtualMFADeviceName: 'a_b' }, 'InvalidParameter.VirtualMFADeviceName.InvalidChars'],
    [
      'CreateVirtualMFADevice',
      { VirtualMFADeviceName: 'x'.repeat(65) },
      'InvalidParameter.VirtualMFADeviceName.Length',
    ],
    ['DeleteVirtualMFADevice', { SerialNumber: 'phone' }, 'InvalidParameter.SerialNumber.Format'],
    ['DeleteVirtualMFADevice', { SerialNumber: 'acs:ram::1:mfa/phone' }, 'EntityNotExist.VirtualMFADevice'],
    ['BindMFADevice', { UserName, SerialNumber: 'acs:ram::1:mfa/x' }, 'MissingAuthenticationCode1'],
    [
      'BindMFADevice',
      { UserName, SerialNumber: 'acs:ram::1:mfa/x', AuthenticationCode1: '123456', AuthenticationCode2: '123456' },
      'EntityNotExist.VirtualMFADevice',
    ],
  ])('%s %j is refused as %s', async (action, params, code) => {
    expect((await calls.ram(action, params as Record<string, string>)).body.Code).toBe(code);
  });

  test('has its seed shown once, sealed at rest, and sealed anew when the keys are rotated', async () => {
    const { device, sound } = calls;
    const { SerialNumber, Base32StringSeed, pair } = await device('phone');
    await sound('BindMFADevice', { SerialNumber, UserName, ...pair() });
    const stored = await room.db.selectFrom('mfa_devices').selectAll().executeTakeFirstOrThrow();
    expect(JSON.stringify(stored)).not.toContain(Base32StringSeed);
    expect(room.log.text()).not.toContain(Base32StringSeed);
    const rotated = keyRing([
      ...room.ring.keys,
      newMasterKey(2, room.clock, { bytes: (n) => new Uint8Array(n).fill(7) }),
    ]);
    await resealSecrets(room.db, rotated, { bytes: (n) => new Uint8Array(n).fill(9) }, sealedColumns);
    const resealed = await deviceOfUser(room.db, alice.userId);
    expect(resealed?.sealed_seed).toMatch(/^2\./);
    if (resealed) expect(base32(seedOf(rotated, resealed))).toBe(Base32StringSeed);
    expect(() => seedOf(room.ring, resealed ?? stored)).toThrow('key ring');
  });
});

describe('without a policy a user', () => {
  test('has a device under its own name, and no other', async () => {
    const { refusal, device } = calls;
    const { SerialNumber, pair } = await device('alice', alice);
    expect(await refusal('BindMFADevice', { SerialNumber, UserName, ...pair() }, alice)).toEqual([200, undefined]);
    expect(await refusal('GetUserMFAInfo', { UserName }, alice)).toEqual([200, undefined]);
    const denied = [403, 'NoPermission'];
    expect(await refusal('CreateVirtualMFADevice', { VirtualMFADeviceName: 'bob' }, alice)).toEqual(denied);
    expect(await refusal('ListVirtualMFADevices', {}, alice)).toEqual(denied);
    for (const name of ['appserver', 'nobody']) {
      expect(await refusal('GetUserMFAInfo', { UserName: name }, alice)).toEqual(denied);
      expect(await refusal('BindMFADevice', { SerialNumber, UserName: name, ...pair() }, alice)).toEqual(denied);
    }
    const other = `acs:ram::${room.accountId}:mfa/bob`;
    expect(await refusal('DeleteVirtualMFADevice', { SerialNumber: other }, alice)).toEqual(denied);
    await calls.sound('UnbindMFADevice', { UserName });
    expect(await refusal('DeleteVirtualMFADevice', { SerialNumber }, alice)).toEqual([200, undefined]);
  });

  test('does nothing of it when the account does not want that, or a policy denies it', async () => {
    const bob = await room.user('bob', deny('ram:*MFA*'));
    const create = (name: string, keys: Keys) =>
      calls.refusal('CreateVirtualMFADevice', { VirtualMFADeviceName: name }, keys);
    expect(await create('bob', bob)).toEqual([403, 'NoPermission']);
    await calls.sound('SetSecurityPreference', { AllowUserToManageMFADevices: 'false' });
    expect(await create('alice', alice)).toEqual([403, 'NoPermission']);
  });

  test('takes its device off only with a login by code, never with an access key', async () => {
    expect(await calls.refusal('UnbindMFADevice', { UserName }, alice)).toEqual([403, 'NoPermission']);
    const unbind = mfaOperations({
      ...room,
      random: { bytes: (n) => new Uint8Array(n) },
      allowsHttpIssuer: () => false,
      holdersOfUser: [],
    }).find(({ name }) => name === 'UnbindMFADevice');
    const demand = async (mfaPresent?: boolean) => {
      const principal: UserPrincipal = {
        kind: 'user',
        accountId: room.accountId,
        userId: '1',
        userName: 'alice',
        mfaPresent,
      };
      return (await unbind?.access({ UserName }, { principal } as Call))?.[0]?.selfService;
    };
    expect([await demand(), await demand(false), await demand(true)]).toEqual([undefined, undefined, true]);
  });
});

test('acs:MFAPresent is there for who logged in, and absent for an access key', async () => {
  const demand = { action: 'ram:GetUser', resource: `acs:ram:*:${room.accountId}:user/alice` };
  const when = (value: string) => ({ Condition: { Bool: { 'acs:MFAPresent': value } } });
  const careful = await room.user('careful', allow('ram:GetUser', '*', when('true')));
  const careless = await room.user('careless', allow('ram:GetUser', '*', when('false')));
  const parse = policyCache();
  const decider = accessDecider(
    policyAuthoriser(room.store, parse),
    room.store,
    parse,
    deniedDetail(room.ring, someRandom),
  );
  const may = ({ userId }: { userId: string }, mfaPresent?: boolean) => {
    const principal: UserPrincipal = { kind: 'user', accountId: room.accountId, userId, userName: 'x', mfaPresent };
    return decider.allows(demand, { principal, now: room.clock.now(), sourceIp: '192.0.2.7', secure: true } as Call);
  };
  expect([await may(careful), await may(careful, false), await may(careful, true)]).toEqual([false, false, true]);
  expect([await may(careless), await may(careless, false), await may(careless, true)]).toEqual([false, true, false]);
  expect(await calls.refusal('GetUser', { UserName }, careful)).toEqual([403, 'NoPermission']);
});
