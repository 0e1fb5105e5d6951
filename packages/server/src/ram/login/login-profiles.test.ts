import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ControlRoom, controlRoom, deny } from '../../testing/control-room.js';
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

const UserName = 'alice';
const DAY = 86_400_000;
const HOUR = 3_600_000;

describe('a login profile', () => {
  test('is created, shown without the password, changed and deleted', async () => {
    const { sound, refusal, ram } = calls;
    const made = await ram('CreateLoginProfile', {
      UserName,
      Password: 'correct horse',
      PasswordResetRequired: 'true',
      MFABindRequired: 'TRUE',
    });
    expect(made.body.LoginProfile).toEqual({
      UserName,
      PasswordResetRequired: true,
      MFABindRequired: true,
      CreateDate: '2026-01-01T00:00:00Z',
    });
    await sound('UpdateLoginProfile', { UserName, MFABindRequired: 'false' });
    const shown = await ram('GetLoginProfile', { UserName });
    expect(shown.body.LoginProfile).toMatchObject({ PasswordResetRequired: true, MFABindRequired: false });
    expect(made.text + shown.text).not.toMatch(/correct horse|argon2/);
    expect(await refusal('CreateLoginProfile', { UserName, Password: 'another one' })).toEqual([
      409,
      'EntityAlreadyExists.User.LoginProfile',
    ]);
    await sound('DeleteLoginProfile', { UserName });
    for (const action of ['GetLoginProfile', 'DeleteLoginProfile', 'UpdateLoginProfile']) {
      expect(await refusal(action, { UserName }), action).toEqual([404, 'EntityNotExist.User.LoginProfile']);
    }
  });

  test('holds its user, and what was kept of passwords goes with the user', async () => {
    const { sound, refusal } = calls;
    await sound('CreateUser', { UserName: 'bob' });
    await sound('CreateLoginProfile', { UserName: 'bob', Password: 'correct horse' });
    expect(await refusal('DeleteUser', { UserName: 'bob' })).toEqual([409, 'DeleteConflict.User.LoginProfile']);
    await sound('DeleteLoginProfile', { UserName: 'bob' });
    expect(await room.db.selectFrom('password_history').selectAll().execute()).toHaveLength(1);
    await sound('DeleteUser', { UserName: 'bob' });
    expect(await room.db.selectFrom('password_history').selectAll().execute()).toHaveLength(0);
  });

  test('is one of a user, also when fifty are made at the same time', async () => {
    const made = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        calls.refusal('CreateLoginProfile', { UserName, Password: `password ${i}` }),
      ),
    );
    expect(made.filter(([status]) => status === 200)).toHaveLength(1);
    expect(made.filter(([, code]) => code === 'EntityAlreadyExists.User.LoginProfile')).toHaveLength(49);
    expect(await room.db.selectFrom('login_profiles').selectAll().execute()).toHaveLength(1);
  });

  test.each([
    ['CreateLoginProfile', { UserName }, 'MissingPassword'],
    ['CreateLoginProfile', { Password: 'correct horse' }, 'MissingUserName'],
    ['CreateLoginProfile', { UserName: 'nobody', Password: 'correct horse' }, 'EntityNotExist.User'],
    ['CreateLoginProfile', { UserName, Password: 'short' }, 'InvalidParameter.Password.TooWeak'],
    ['CreateLoginProfile', { UserName, Password: 'x'.repeat(129) }, 'InvalidParameter.Password.Length'],
    ['CreateLoginProfile', { UserName, Password: 'with a\nbreak' }, 'InvalidParameter.Password.Format'],
    [
      'CreateLoginProfile',
      { UserName, Password: 'correct horse', MFABindRequired: 'perhaps' },
      'InvalidParameter.MFABindRequired.Format',
    ],
    ['ChangePassword', { OldPassword: 'a', NewPassword: 'b' }, 'NotSupport.Account'],
  ])('%s %j is refused as %s', async (action, params, code) => {
    expect((await calls.ram(action, params as Record<string, string>)).body.Code).toBe(code);
  });
});

describe('the password policy', () => {
  test('has defaults, is set as a whole and shown', async () => {
    const { sound } = calls;
    const defaults = {
      MinimumPasswordLength: 8,
      RequireLowercaseCharacters: false,
      RequireUppercaseCharacters: false,
      RequireNumbers: false,
      RequireSymbols: false,
      HardExpiry: false,
      MaxPasswordAge: 0,
      PasswordReusePrevention: 0,
      MaxLoginAttemps: 5,
    };
    expect((await sound('GetPasswordPolicy')).PasswordPolicy).toEqual(defaults);
    const set = await sound('SetPasswordPolicy', { MinimumPasswordLength: '12', RequireNumbers: 'true' });
    expect(set.PasswordPolicy).toEqual({ ...defaults, MinimumPasswordLength: 12, RequireNumbers: true });
    const reset = await sound('SetPasswordPolicy', { MaxLoginAttemps: '0' });
    expect(reset.PasswordPolicy).toEqual({ ...defaults, MaxLoginAttemps: 0 });
    expect((await sound('GetPasswordPolicy')).PasswordPolicy).toEqual(reset.PasswordPolicy);
  });

  test.each([
    ['MinimumPasswordLength', '7'],
    ['MinimumPasswordLength', '33'],
    ['MaxPasswordAge', '1096'],
    ['PasswordReusePrevention', '25'],
    ['MaxLoginAttemps', '33'],
  ])('%s of %s is out of range', async (name, value) => {
    expect(await calls.refusal('SetPasswordPolicy', { [name]: value })).toEqual([
      400,
      `InvalidParameter.${name}.Range`,
    ]);
  });

  test('says everything that a password lacks', async () => {
    const { sound, ram } = calls;
    const all = ['Lowercase', 'Uppercase'].map((letters) => [`Require${letters}Characters`, 'true']);
    await sound('SetPasswordPolicy', {
      ...Object.fromEntries(all),
      RequireNumbers: 'true',
      RequireSymbols: 'true',
      MinimumPasswordLength: '10',
    });
    const lacking = async (Password: string) => (await ram('CreateLoginProfile', { UserName, Password })).body;
    const { Code, Message } = await lacking('        ');
    expect(Code).toBe('InvalidParameter.Password.TooWeak');
    for (const word of ['10 characters', 'lowercase', 'uppercase', 'digit', 'symbol']) expect(Message).toContain(word);
    expect((await lacking('abcdefghi1!')).Message).toMatch(/policy: it needs an uppercase letter\.$/);
    expect((await lacking('ABCDEFGHI1!')).Message).toMatch(/policy: it needs a lowercase letter\.$/);
    expect((await lacking('Abcdefghij!')).Message).toMatch(/policy: it needs a digit\.$/);
    expect((await lacking('Abcdefghij1')).Message).toMatch(/policy: it needs a symbol\.$/);
    expect((await lacking('Abcdefghi1!')).Code).toBeUndefined();
  });

  test('keeps the last passwords from being used again, whoever sets them', async () => {
    const { sound, refusal } = calls;
    await sound('SetPasswordPolicy', { PasswordReusePrevention: '2' });
    const change = async (OldPassword: string, NewPassword: string) => {
      room.clock.advance(1000);
      return refusal('ChangePassword', { OldPassword, NewPassword }, alice);
    };
    await sound('CreateLoginProfile', { UserName, Password: 'password one' });
    const reused = [400, 'InvalidParameter.NewPassword.ReusePrevention'];
    expect(await change('password one', 'password one')).toEqual(reused);
    expect(await change('password one', 'password two')).toEqual([200, undefined]);
    expect(await change('password two', 'password one')).toEqual(reused);
    expect(await refusal('UpdateLoginProfile', { UserName, Password: 'password one' })).toEqual([
      400,
      'InvalidParameter.Password.ReusePrevention',
    ]);
    expect(await change('password two', 'password three')).toEqual([200, undefined]);
    expect(await change('password three', 'password one')).toEqual([200, undefined]);
    // Also for who has the profile made anew.
    await sound('DeleteLoginProfile', { UserName });
    expect((await refusal('CreateLoginProfile', { UserName, Password: 'password three' }))[1]).toBe(
      'InvalidParameter.Password.ReusePrevention',
    );
  });

  test('remembers 24 passwords and no more', async () => {
    const { sound } = calls;
    await sound('CreateLoginProfile', { UserName, Password: 'password 0' });
    for (let i = 1; i < 30; i++) {
      room.clock.advance(1000);
      await sound('UpdateLoginProfile', { UserName, Password: `password ${i}` });
    }
    expect(await room.db.selectFrom('password_history').selectAll().execute()).toHaveLength(24);
  });
});

describe('changing one’s own password', () => {
  beforeEach(() => calls.sound('CreateLoginProfile', { UserName, Password: 'correct horse' }));
  const change = (OldPassword: string, keys = alice) =>
    calls.refusal('ChangePassword', { OldPassword, NewPassword: 'battery staple' }, keys);
  const wrong = [400, 'InvalidParameter.OldPassword.Incorrect'];

  test('takes the old one and no policy, and does what was asked to be done', async () => {
    await calls.sound('UpdateLoginProfile', { UserName, PasswordResetRequired: 'true' });
    expect(await change('wrong horse')).toEqual(wrong);
    expect(await change('correct horse')).toEqual([200, undefined]);
    expect(await change('correct horse')).toEqual(wrong);
    expect((await calls.sound('GetLoginProfile', { UserName })).LoginProfile).toMatchObject({
      PasswordResetRequired: false,
    });
  });

  test('takes a policy when the account does not let its users do it, and a denial is always one', async () => {
    const bob = await room.user('bob', deny('ram:ChangePassword'));
    await calls.sound('CreateLoginProfile', { UserName: 'bob', Password: 'correct horse' });
    expect(await change('correct horse', bob)).toEqual([403, 'NoPermission']);
    await calls.sound('SetSecurityPreference', { AllowUserToChangePassword: 'false' });
    expect(await change('correct horse')).toEqual([403, 'NoPermission']);
  });

  test('is nothing for a session, or for a user without a password', async () => {
    expect(await change('x', await room.session(room.appServer))).toEqual([400, 'NotSupport.Account']);
    expect(await change('x', await room.user('bob'))).toEqual([404, 'EntityNotExist.User.LoginProfile']);
  });

  test('cannot be used to try passwords: after five the user is locked for an hour', async () => {
    for (let i = 0; i < 5; i++) expect(await change(`guess ${i}`)).toEqual(wrong);
    const locked = await calls.ram(
      'ChangePassword',
      { OldPassword: 'correct horse', NewPassword: 'battery staple' },
      alice,
    );
    expect([locked.status, locked.body.Code]).toEqual([403, 'LoginLocked']);
    expect(locked.body.Message).toContain('60 minutes');
    room.clock.advance(HOUR);
    expect(await change('correct horse')).toEqual([200, undefined]);
  });

  test('is in the trail as what became of it: a wrong old one changed nothing', async () => {
    await change('wrong horse');
    await change('correct horse');
    await room.audit.idle();
    const records = await room.db
      .selectFrom('audit')
      .select('outcome')
      .where('action', '=', 'ram:ChangePassword')
      .orderBy('seq')
      .execute();
    expect(records.map(({ outcome }) => outcome)).toEqual(['Failed', 'Allowed']);
  });

  test('at the same time in two ways keeps one of them', async () => {
    await calls.sound('SetPasswordPolicy', { MaxLoginAttemps: '0' });
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        calls.refusal('ChangePassword', { OldPassword: 'correct horse', NewPassword: `new password ${i}` }, alice),
      ),
    );
    expect(answers.filter(([status]) => status === 200)).toHaveLength(1);
    expect(answers.filter(([, code]) => code === 'InvalidParameter.OldPassword.Incorrect')).toHaveLength(9);
  });

  test('is for an administrator when an expired one is to stay so', async () => {
    await calls.sound('SetPasswordPolicy', { MaxPasswordAge: '1', HardExpiry: 'true' });
    room.clock.advance(DAY);
    expect(await change('correct horse')).toEqual([403, 'PasswordExpired']);
    await calls.sound('SetPasswordPolicy', { MaxPasswordAge: '1' });
    expect(await change('correct horse')).toEqual([200, undefined]);
  });
});

test('no password, and nothing made of one, is in a log or an answer', async () => {
  const secrets = ['correct horse', 'battery staple', 'weak!', 'wrong horse'];
  const answers = [
    await calls.ram('CreateLoginProfile', { UserName, Password: secrets[2] as string }),
    await calls.ram('CreateLoginProfile', { UserName, Password: secrets[0] as string }),
    await calls.ram('ChangePassword', { OldPassword: secrets[3] as string, NewPassword: secrets[1] as string }, alice),
    await calls.ram('ChangePassword', { OldPassword: secrets[0] as string, NewPassword: secrets[1] as string }, alice),
    await calls.ram('UpdateLoginProfile', { UserName, Password: secrets[2] as string }),
    await calls.ram('UpdateLoginProfile', { UserName: 'nobody', Password: secrets[1] as string }),
  ];
  for (const scheme of ['get', 'acs3'] as const) {
    const keys = { ...alice, accessKeySecret: 'not the secret' };
    const params = { OldPassword: secrets[0] as string, NewPassword: secrets[1] as string };
    const answer = await room.call(keys, 'ChangePassword', params, { scheme });
    expect(answer.body.Code).toBe('SignatureDoesNotMatch');
    answers.push(answer);
  }
  const seen = decodeURIComponent(
    [room.log.text(), ...answers.map(({ text }) => text)]
      .join('\n')
      .replaceAll('%25', '%')
      .replace(/%(?![0-9A-F]{2})/g, '%25'),
  );
  for (const secret of secrets) expect(seen).not.toContain(secret);
  expect(seen).not.toContain('argon2');
});
