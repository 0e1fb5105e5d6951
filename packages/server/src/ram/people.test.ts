import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Answer, allow, type ControlRoom, controlRoom } from '../testing/control-room.js';
import { groupPrincipal } from './attachments.js';
import { findGroup } from './groups/group-rows.js';

type Keys = Awaited<ReturnType<ControlRoom['rootKey']>>;
type Params = Readonly<Record<string, string>>;

let room: ControlRoom;
let root: Keys;
beforeEach(async () => {
  room = await controlRoom();
  root = await room.rootKey();
});
afterEach(() => room.close());

const ram = (action: string, params: Params = {}, keys: Keys = root) => room.call(keys, action, params);
const sound = async <T = Answer['body']>(action: string, params: Params = {}, keys: Keys = root): Promise<T> => {
  const answer = await ram(action, params, keys);
  if (answer.status !== 200) throw new Error(answer.text);
  return answer.body as unknown as T;
};
const refusal = async (action: string, params: Params = {}, keys: Keys = root) => {
  const { status, body } = await ram(action, params, keys);
  return [status, body.Code];
};
const keyOf = async (UserName: string): Promise<Keys & { accessKeyId: string }> => {
  const { AccessKey } = await sound<Record<'AccessKey', Record<string, string>>>('CreateAccessKey', { UserName });
  return { accessKeyId: AccessKey.AccessKeyId as string, accessKeySecret: AccessKey.AccessKeySecret as string };
};

describe('users', () => {
  test('are created, shown, changed, listed and deleted', async () => {
    const { User } = await sound('CreateUser', {
      UserName: 'alice',
      DisplayName: 'Alice Zhang',
      MobilePhone: '86-18600008888',
      Email: 'alice@example.com',
      Comments: 'uploads the news',
    });
    expect(User).toMatchObject({
      UserId: expect.stringMatching(/^\d{16}$/),
      UserName: 'alice',
      DisplayName: 'Alice Zhang',
      MobilePhone: '86-18600008888',
      Email: 'alice@example.com',
      Comments: 'uploads the news',
      CreateDate: '2026-01-01T00:00:00Z',
    });
    room.clock.advance(60_000);
    const changed = await sound('UpdateUser', { UserName: 'alice', NewUserName: 'alicia', NewDisplayName: 'A Z' });
    expect(changed.User).toMatchObject({ UserName: 'alicia', DisplayName: 'A Z', UpdateDate: '2026-01-01T00:01:00Z' });
    expect((await sound('GetUser', { UserName: 'alicia' })).User).toEqual(changed.User);
    expect(await refusal('GetUser', { UserName: 'alice' })).toEqual([404, 'EntityNotExist.User']);
    const { Users } = await sound<{ Users: { User: { UserName: string }[] } }>('ListUsers');
    expect(Users.User.map((user) => user.UserName)).toEqual(['alicia', 'appserver']);
    await sound('DeleteUser', { UserName: 'alicia' });
    expect(await refusal('DeleteUser', { UserName: 'alicia' })).toEqual([404, 'EntityNotExist.User']);
  });

  test('turn pages by name, also while the list changes', async () => {
    for (const name of ['b', 'a', 'd', 'c']) await sound('CreateUser', { UserName: name });
    const first = await sound('ListUsers', { MaxItems: '2' });
    expect(first).toMatchObject({ IsTruncated: true, Users: { User: [{ UserName: 'a' }, { UserName: 'appserver' }] } });
    await sound('DeleteUser', { UserName: 'a' });
    const second = await sound('ListUsers', { MaxItems: '2', Marker: String(first.Marker) });
    expect(second).toMatchObject({ IsTruncated: true, Users: { User: [{ UserName: 'b' }, { UserName: 'c' }] } });
    const third = await sound('ListUsers', { MaxItems: '2', Marker: String(second.Marker) });
    expect(third).toMatchObject({ IsTruncated: false, Users: { User: [{ UserName: 'd' }] } });
    expect(third).not.toHaveProperty('Marker');
  });

  test('say what still holds them', async () => {
    await sound('CreateUser', { UserName: 'alice' });
    const { accessKeyId: UserAccessKeyId } = await keyOf('alice');
    await sound('CreateGroup', { GroupName: 'editors' });
    await sound('AddUserToGroup', { UserName: 'alice', GroupName: 'editors' });
    const held = await ram('DeleteUser', { UserName: 'alice' });
    expect([held.status, held.body.Code]).toEqual([409, 'DeleteConflict.User.AccessKey']);
    expect(held.body.Message).toContain(UserAccessKeyId);
    await sound('DeleteAccessKey', { UserName: 'alice', UserAccessKeyId });
    expect(await refusal('DeleteUser', { UserName: 'alice' })).toEqual([409, 'DeleteConflict.User.Group']);
    await sound('RemoveUserFromGroup', { UserName: 'alice', GroupName: 'editors' });
    await sound('DeleteUser', { UserName: 'alice' });
  });

  test('are at most a thousand, whoever races', async () => {
    const rows = Array.from({ length: 998 }, (_, i) => ({
      user_id: `u${i}`,
      account_id: room.accountId,
      user_name: `user${i}`,
      display_name: '',
      mobile_phone: '',
      email: '',
      comments: '',
      created_at: 0,
      updated_at: 0,
      last_login_at: null,
    }));
    for (let i = 0; i < rows.length; i += 100) {
      await room.db
        .insertInto('users')
        .values(rows.slice(i, i + 100))
        .execute();
    }
    const answers = await Promise.all([1, 2, 3, 4, 5].map((i) => refusal('CreateUser', { UserName: `last${i}` })));
    expect(answers.filter(([status]) => status === 200)).toHaveLength(1);
    expect(answers.filter(([, code]) => code === 'LimitExceeded.User')).toHaveLength(4);
  });

  test.each([
    ['CreateUser', {}, 'MissingUserName'],
    ['CreateUser', { UserName: 'x'.repeat(65) }, 'InvalidParameter.UserName.Length'],
    ['CreateUser', { UserName: 'a b' }, 'InvalidParameter.UserName.InvalidChars'],
    ['CreateUser', { UserName: 'appserver' }, 'EntityAlreadyExists.User'],
    ['CreateUser', { UserName: 'a', MobilePhone: '12' }, 'InvalidParameter.MobilePhone.Format'],
    ['CreateUser', { UserName: 'a', Email: 'nobody' }, 'InvalidParameter.Email.Format'],
    ['CreateUser', { UserName: 'a', Comments: 'x'.repeat(129) }, 'InvalidParameter.Comments.Length'],
    ['CreateUser', { UserName: 'a', DisplayName: '<script>' }, 'InvalidParameter.DisplayName.InvalidChars'],
    ['UpdateUser', { UserName: 'nobody' }, 'EntityNotExist.User'],
    ['ListUsers', { MaxItems: '0' }, 'InvalidParameter.MaxItems.Range'],
    ['ListUsers', { MaxItems: '1001' }, 'InvalidParameter.MaxItems.Range'],
    ['ListUsers', { MaxItems: 'many' }, 'InvalidParameter.MaxItems.Format'],
    ['ListUsers', { Marker: '!!' }, 'InvalidParameter.Marker'],
    ['ListGroups', { MaxItems: '101' }, 'InvalidParameter.MaxItems.Range'],
  ])('%s %j is refused as %s', async (action, params, code) => {
    expect((await ram(action, params as Params)).body.Code).toBe(code);
  });
});

describe('access keys', () => {
  test('show their secret once, work at once, and stop when disabled or deleted', async () => {
    await sound('CreateUser', { UserName: 'alice' });
    const keys = await keyOf('alice');
    expect((await sound('GetCallerIdentity', {}, keys)).Arn).toBe(`acs:ram::${room.accountId}:user/alice`);
    const listed = await ram('ListAccessKeys', { UserName: 'alice' });
    expect(listed.body.AccessKeys).toEqual({
      AccessKey: [{ AccessKeyId: keys.accessKeyId, Status: 'Active', CreateDate: '2026-01-01T00:00:00Z' }],
    });
    expect(listed.text).not.toContain(keys.accessKeySecret);
    const one = { UserName: 'alice', UserAccessKeyId: keys.accessKeyId };
    await sound('UpdateAccessKey', { ...one, Status: 'Inactive' });
    expect((await refusal('GetCallerIdentity', {}, keys))[1]).toBe('InvalidAccessKeyId.Inactive');
    await sound('UpdateAccessKey', { ...one, Status: 'Active' });
    await sound('GetCallerIdentity', {}, keys);
    await sound('DeleteAccessKey', one);
    expect((await refusal('GetCallerIdentity', {}, keys))[1]).toBe('InvalidAccessKeyId.NotFound');
    expect(await refusal('DeleteAccessKey', one)).toEqual([404, 'EntityNotExist.User.AccessKey']);
  });

  test('are two of a user at most, also when fifty are asked for at the same time', async () => {
    await sound('CreateUser', { UserName: 'alice' });
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => refusal('CreateAccessKey', { UserName: 'alice' })),
    );
    expect(answers.filter(([status]) => status === 200)).toHaveLength(2);
    expect(answers.filter(([, code]) => code === 'LimitExceeded.User.AccessKey')).toHaveLength(48);
  });

  test('of another user cannot be reached through a name of one’s own', async () => {
    await sound('CreateUser', { UserName: 'alice' });
    await sound('CreateUser', { UserName: 'mallory' });
    const { accessKeyId: UserAccessKeyId } = await keyOf('alice');
    for (const action of ['DeleteAccessKey', 'UpdateAccessKey']) {
      const params = { UserName: 'mallory', UserAccessKeyId, Status: 'Inactive' };
      expect(await refusal(action, params)).toEqual([404, 'EntityNotExist.User.AccessKey']);
    }
  });

  test('of the caller are meant when no user is named; a session has none', async () => {
    const alice = await room.user('alice', allow('ram:*AccessKey*', `acs:ram:*:${room.accountId}:user/alice`));
    await sound('CreateAccessKey', {}, alice);
    const { AccessKeys } = await sound<{ AccessKeys: { AccessKey: unknown[] } }>('ListAccessKeys', {}, alice);
    expect(AccessKeys.AccessKey).toHaveLength(2);
    expect(await refusal('CreateAccessKey', { UserName: 'appserver' }, alice)).toEqual([403, 'NoPermission']);
    const session = await room.session(room.appServer);
    expect(await refusal('CreateAccessKey', {}, session)).toEqual([400, 'MissingUserName']);
  });
});

describe('groups', () => {
  test('are created, shown, changed, listed and deleted when nobody is in them', async () => {
    const { Group } = await sound('CreateGroup', { GroupName: 'editors', Comments: 'news' });
    expect(Group).toMatchObject({
      GroupId: expect.stringMatching(/^g-\w{16}$/),
      GroupName: 'editors',
      Comments: 'news',
    });
    expect(await refusal('CreateGroup', { GroupName: 'editors' })).toEqual([409, 'EntityAlreadyExists.Group']);
    await sound('UpdateGroup', { GroupName: 'editors', NewGroupName: 'writers' });
    expect((await sound('GetGroup', { GroupName: 'writers' })).Group).toMatchObject({ Comments: 'news' });
    await sound('CreateUser', { UserName: 'alice' });
    const member = { UserName: 'alice', GroupName: 'writers' };
    await sound('AddUserToGroup', member);
    expect(await refusal('AddUserToGroup', member)).toEqual([409, 'EntityAlreadyExists.User.Group']);
    expect((await sound('ListGroupsForUser', { UserName: 'alice' })).Groups).toMatchObject({
      Group: [{ GroupName: 'writers', JoinDate: '2026-01-01T00:00:00Z' }],
    });
    expect((await sound('ListUsersForGroup', { GroupName: 'writers' })).Users).toMatchObject({
      User: [{ UserName: 'alice' }],
    });
    const held = await ram('DeleteGroup', { GroupName: 'writers' });
    expect([held.body.Code, held.body.Message]).toEqual([
      'DeleteConflict.Group.User',
      expect.stringContaining('alice'),
    ]);
    await sound('RemoveUserFromGroup', member);
    expect(await refusal('RemoveUserFromGroup', member)).toEqual([404, 'EntityNotExist.User.Group']);
    await sound('DeleteGroup', { GroupName: 'writers' });
    expect((await sound('ListGroups')).Groups).toEqual({ Group: [] });
  });

  test('hand their policies to who is in them, as long as they are', async () => {
    const alice = await room.user('alice');
    await sound('CreateGroup', { GroupName: 'readers' });
    const group = await findGroup(room.db, room.accountId, 'readers');
    await room.store.attachPolicy(room.db, groupPrincipal(group?.group_id ?? ''), 'system', 'AliyunVODReadOnlyAccess');
    const read = () => refusal('GetVideoInfo', { VideoId: '0'.repeat(32) }, alice);
    expect((await read())[0]).toBe(403);
    await sound('AddUserToGroup', { UserName: 'alice', GroupName: 'readers' });
    expect((await read())[0]).toBe(404);
    expect(await refusal('DeleteGroup', { GroupName: 'readers' })).toEqual([409, 'DeleteConflict.Group.User']);
    await sound('RemoveUserFromGroup', { UserName: 'alice', GroupName: 'readers' });
    expect((await read())[0]).toBe(403);
    expect(await refusal('DeleteGroup', { GroupName: 'readers' })).toEqual([409, 'DeleteConflict.Group.Policy']);
  });

  test('are five of a user at most, also in a race', async () => {
    await sound('CreateUser', { UserName: 'alice' });
    for (let i = 0; i < 12; i++) await sound('CreateGroup', { GroupName: `g${i}` });
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, i) => refusal('AddUserToGroup', { UserName: 'alice', GroupName: `g${i}` })),
    );
    expect(answers.filter(([status]) => status === 200)).toHaveLength(5);
    expect(answers.filter(([, code]) => code === 'LimitExceeded.User.Group')).toHaveLength(7);
  });
});

describe('permission', () => {
  test('is asked for each thing that is touched', async () => {
    const below = (path: string) => `acs:ram:*:${room.accountId}:${path}`;
    const clerk = await room.user('clerk', allow('ram:*', [below('user/alice'), below('group/editors')]));
    await sound('CreateUser', { UserName: 'alice' });
    await sound('CreateUser', { UserName: 'bob' });
    await sound('CreateGroup', { GroupName: 'editors' });
    await sound('CreateGroup', { GroupName: 'admins' });
    expect((await refusal('GetUser', { UserName: 'alice' }, clerk))[0]).toBe(200);
    expect((await refusal('AddUserToGroup', { UserName: 'alice', GroupName: 'editors' }, clerk))[0]).toBe(200);
    for (const [action, params] of [
      ['GetUser', { UserName: 'bob' }],
      ['CreateUser', { UserName: 'carol' }],
      ['ListUsers', {}],
      ['UpdateUser', { UserName: 'alice', NewUserName: 'bobby' }],
      ['AddUserToGroup', { UserName: 'alice', GroupName: 'admins' }],
      ['AddUserToGroup', { UserName: 'bob', GroupName: 'editors' }],
      ['CreateAccessKey', { UserName: 'bob' }],
    ] as const) {
      expect(await refusal(action, params, clerk), action).toEqual([403, 'NoPermission']);
    }
  });
});
