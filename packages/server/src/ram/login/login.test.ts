import { hash } from '@node-rs/argon2';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ControlRoom, controlRoom } from '../../testing/control-room.js';
import { ramCalls } from '../../testing/ram-calls.js';
import { type Login, type LoginAttempt, login, parseLoginName } from './login.js';
import { HashingBusy } from './password-hashing.js';

let room: ControlRoom;
let calls: ReturnType<typeof ramCalls>;
let logins: Login;
beforeEach(async () => {
  room = await controlRoom();
  calls = ramCalls(room, await room.rootKey());
  logins = login({ ...room, random: { bytes: (n) => crypto.getRandomValues(new Uint8Array(n)) }, perAddress: 1000 });
  await room.user('alice');
  await calls.sound('CreateLoginProfile', { UserName, Password: 'correct horse' });
});
afterEach(() => room.close());

const UserName = 'alice';
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Alice with the right password, unless something else is said. */
const attempt = (given: Partial<LoginAttempt> = {}) =>
  logins.verifyLogin({
    account: room.accountId,
    user: UserName,
    password: 'correct horse',
    sourceIp: '192.0.2.7',
    ...given,
  });
const outcome = async (given: Partial<LoginAttempt> = {}) => (await attempt(given)).outcome;
const refused = { outcome: 'refused' };
const idOf = async (name: string): Promise<string> =>
  (await room.store.findUserByName(room.accountId, name))?.user_id ?? '';

describe('a login', () => {
  test('with the right password is a session of the user, and noted', async () => {
    expect(await attempt()).toEqual({
      outcome: 'signed-in',
      principal: {
        kind: 'user',
        accountId: room.accountId,
        userId: expect.any(String),
        userName: UserName,
        mfaPresent: false,
      },
      until: room.clock.now() + 6 * HOUR,
    });
    expect((await calls.sound('GetUser', { UserName })).User).toMatchObject({ LastLoginDate: '2026-01-01T00:00:00Z' });
    await calls.sound('SetSecurityPreference', { LoginSessionDuration: '1' });
    expect(await attempt()).toMatchObject({ until: room.clock.now() + HOUR });
  });

  test('of the account itself is one of root', async () => {
    await room.db
      .updateTable('accounts')
      .set({ password_hash: await hash('root password') })
      .execute();
    const root = { user: undefined, password: 'root password' };
    const principal = { kind: 'account', accountId: room.accountId, mfaPresent: false };
    expect(await attempt(root)).toMatchObject({ outcome: 'signed-in', principal });
    await calls.sound('SetAccountAlias', { AccountAlias: 'our-company' });
    for (const account of ['root', 'our-company'])
      expect(await attempt({ ...root, account })).toMatchObject({ principal });
    expect(await attempt({ ...root, password: 'other' })).toEqual(refused);
  });

  test('may call the account by its alias', async () => {
    await calls.sound('SetAccountAlias', { AccountAlias: 'our-company' });
    expect(await outcome({ account: 'our-company' })).toBe('signed-in');
    expect(await outcome({ account: 'their-company' })).toBe('refused');
  });

  test.each([
    ['alice@our-company', { account: 'our-company', user: 'alice' }],
    ['a@b@c', { account: 'c', user: 'a@b' }],
    ['root', { account: 'root' }],
  ])('is named in one text: %s', (text, expected) => {
    expect(parseLoginName(text)).toEqual(expected);
  });

  test('ends with the profile', async () => {
    await calls.sound('DeleteLoginProfile', { UserName });
    expect(await attempt()).toEqual(refused);
  });
});

describe('strangers', () => {
  const strangers: Partial<LoginAttempt>[] = [
    { user: 'nobody' },
    { user: 'appserver' },
    { account: '1' },
    { account: 'nowhere', user: undefined },
    { password: 'wrong' },
    { user: undefined },
    { user: '' },
    { password: '' },
  ];

  test('are all told the same, and every one of them costs a hash', async () => {
    let hashes = 0;
    const verify = (stored: string | undefined, password: string) => {
      hashes++;
      return room.hashing.verify(stored, password);
    };
    const counting = login({
      ...room,
      random: { bytes: (n) => new Uint8Array(n) },
      hashing: { ...room.hashing, verify },
    });
    for (const given of strangers) {
      const one = {
        account: room.accountId,
        user: UserName,
        password: 'correct horse',
        sourceIp: '192.0.2.7',
        ...given,
      };
      expect(await counting.verifyLogin(one), JSON.stringify(given)).toEqual(refused);
    }
    expect(hashes).toBe(strangers.length);
  });

  test('are told the same when they are locked out, whether they exist or not', async () => {
    for (const user of [UserName, 'nobody']) {
      for (let i = 0; i < 7; i++) expect(await attempt({ user, password: 'wrong' })).toEqual(refused);
    }
    const counted = await room.db
      .selectFrom('login_attempts')
      .select(['subject', 'attempts', 'locked_until'])
      .execute();
    expect(counted.map(({ subject }) => subject.replace(/:.*/, '')).sort()).toEqual(['nobody', 'user']);
    for (const row of counted) expect([row.attempts, Number(row.locked_until) > 0]).toEqual([5, true]);
  });

  test('share a bounded number of counters', async () => {
    for (let i = 0; i < 40; i++) await attempt({ user: `nobody${i}` });
    const counted = await room.db.selectFrom('login_attempts').select('subject').execute();
    expect(counted.every(({ subject }) => Number(/^nobody:(\d+)$/.exec(subject)?.[1]) < 4096)).toBe(true);
  });

  test('are logged by number, never by what they typed', async () => {
    await attempt({ user: 'my secret passphrase', password: 'wrong horse' });
    await attempt({ password: 'wrong horse' });
    expect(room.log.text()).toMatch(/"subject":"nobody:\d+".*"reason":"unknown"/);
    expect(room.log.text()).toContain('"reason":"password"');
    expect(room.log.text()).not.toMatch(/passphrase|wrong horse|argon2/);
  });
});

describe('wrong passwords', () => {
  test('lock the user for an hour, the right one too', async () => {
    for (let i = 0; i < 5; i++) await attempt({ password: `wrong ${i}` });
    expect(await attempt()).toEqual(refused);
    expect(room.log.text()).toContain('"reason":"locked"');
    room.clock.advance(HOUR - 1);
    expect(await attempt()).toEqual(refused);
    room.clock.advance(1);
    expect(await outcome()).toBe('signed-in');
  });

  test('are as many as the policy says, also when fifty are tried at the same time', async () => {
    await calls.sound('SetPasswordPolicy', { MaxLoginAttemps: '3' });
    await Promise.all(Array.from({ length: 50 }, (_, i) => attempt({ password: `wrong ${i}` })));
    const looked = room.log.text().match(/"reason":"password"/g) ?? [];
    const locked = room.log.text().match(/"reason":"locked"/g) ?? [];
    expect([looked.length, locked.length]).toEqual([3, 47]);
  });

  test('are forgotten after an hour, by a right one, and by a new password', async () => {
    const wrong = async (n: number) => {
      for (let i = 0; i < n; i++) await attempt({ password: 'wrong' });
    };
    await wrong(4);
    expect(await outcome()).toBe('signed-in');
    await wrong(4);
    room.clock.advance(HOUR);
    await wrong(4);
    expect(await outcome()).toBe('signed-in');
    await wrong(5);
    expect(await outcome()).toBe('refused');
    await calls.sound('UpdateLoginProfile', { UserName, Password: 'battery staple' });
    expect(await outcome({ password: 'battery staple' })).toBe('signed-in');
  });

  test('lock nobody when the policy says so', async () => {
    await calls.sound('SetPasswordPolicy', { MaxLoginAttemps: '0' });
    for (let i = 0; i < 10; i++) await attempt({ password: 'wrong' });
    expect(await outcome()).toBe('signed-in');
  });

  test('from one address are bounded, whoever they are for', async () => {
    const strict = login({ ...room, random: { bytes: (n) => new Uint8Array(n) }, perAddress: 2 });
    const from = (sourceIp: string, user: string) =>
      strict.verifyLogin({ account: room.accountId, user, password: 'spray', sourceIp });
    expect(await from('2001:db8:0:1::1', 'a')).toEqual(refused);
    expect(await from('2001:db8::1:0:0:0:2', 'b')).toEqual(refused);
    expect(await from('2001:db8:0:1:ffff::3', 'c')).toMatchObject({
      outcome: 'busy',
      retryAfterMs: expect.any(Number),
    });
    expect(await from('2001:db8:0:2::1', 'd')).toEqual(refused);
  });

  test('beyond what can be hashed are told to come again, and do not count', async () => {
    const verify = () => Promise.reject(new HashingBusy('full'));
    const full = login({ ...room, random: { bytes: (n) => new Uint8Array(n) }, hashing: { ...room.hashing, verify } });
    for (const user of [UserName, 'nobody']) {
      const one = { account: room.accountId, user, password: 'correct horse', sourceIp: '192.0.2.7' };
      for (let i = 0; i < 7; i++) expect(await full.verifyLogin(one)).toMatchObject({ outcome: 'busy' });
    }
    const counted = await room.db.selectFrom('login_attempts').select('attempts').execute();
    expect(counted.map(({ attempts }) => attempts)).toEqual([0, 0]);
    expect(await outcome()).toBe('signed-in');
  });
});

describe('with an MFA device', () => {
  type Device = Awaited<ReturnType<typeof calls.device>>;
  let device: Device;
  beforeEach(async () => {
    device = await calls.device('phone');
    await calls.sound('BindMFADevice', { SerialNumber: device.SerialNumber, UserName, ...device.pair() });
    room.clock.advance(60_000);
  });

  test('a code is asked for, and taken once', async () => {
    expect(await attempt()).toEqual({ outcome: 'code-required' });
    expect(await attempt({ password: 'wrong' })).toEqual(refused);
    const code = device.code();
    expect(await attempt({ code })).toMatchObject({ outcome: 'signed-in', principal: { mfaPresent: true } });
    expect(await attempt({ code })).toEqual(refused);
    room.clock.advance(30_000);
    expect(await outcome({ code: device.code() })).toBe('signed-in');
  });

  test('one code opens one session, also when it is given fifty times at once', async () => {
    await calls.sound('SetPasswordPolicy', { MaxLoginAttemps: '0' });
    const code = device.code();
    const answers = await Promise.all(Array.from({ length: 50 }, () => outcome({ code })));
    expect(answers.filter((one) => one === 'signed-in')).toHaveLength(1);
  });

  test('being asked does not count as an attempt, a wrong code does', async () => {
    for (let i = 0; i < 10; i++) expect(await outcome()).toBe('code-required');
    for (let i = 0; i < 5; i++) expect(await attempt({ code: device.code(10 + i) })).toEqual(refused);
    expect(await attempt({ code: device.code() })).toEqual(refused);
    expect(room.log.text()).toContain('"reason":"locked"');
  });

  test('changing the password does not make wrong codes forgotten', async () => {
    const keys = await room.store.createAccessKey(room.db, room.accountId, await idOf(UserName));
    const change = (OldPassword: string, NewPassword: string) =>
      calls.refusal('ChangePassword', { OldPassword, NewPassword }, keys);
    for (let i = 0; i < 4; i++) await attempt({ code: device.code(10 + i) });
    expect(await change('correct horse', 'short')).toEqual([400, 'InvalidParameter.NewPassword.TooWeak']);
    expect(await change('correct horse', 'battery staple')).toEqual([200, undefined]);
    const password = 'battery staple';
    expect(await attempt({ password, code: device.code(20) })).toEqual(refused);
    expect(await attempt({ password, code: device.code() })).toEqual(refused);
    expect(room.log.text()).toContain('"reason":"locked"');
  });

  test('a browser may be spared the code for seven days, when the account wants that', async () => {
    expect(await attempt({ code: device.code() })).not.toHaveProperty('mfaTicket');
    await calls.sound('SetSecurityPreference', { EnableSaveMFATicket: 'true' });
    room.clock.advance(30_000);
    const given = await attempt({ code: device.code() });
    const mfaTicket = given.outcome === 'signed-in' ? given.mfaTicket : undefined;
    expect(await attempt({ mfaTicket })).toMatchObject({ outcome: 'signed-in', principal: { mfaPresent: false } });
    expect(await outcome({ mfaTicket: `${mfaTicket?.slice(0, -3)}AAA` })).toBe('code-required');
    room.clock.advance(7 * DAY - 1);
    expect(await outcome({ mfaTicket })).toBe('signed-in');
    room.clock.advance(1);
    expect(await outcome({ mfaTicket })).toBe('code-required');
  });

  test('a ticket ends when the device is bound anew, or the account no longer wants it', async () => {
    await calls.sound('SetSecurityPreference', { EnableSaveMFATicket: 'true' });
    const given = await attempt({ code: device.code() });
    const mfaTicket = given.outcome === 'signed-in' ? given.mfaTicket : undefined;
    await calls.sound('SetSecurityPreference', { EnableSaveMFATicket: 'false' });
    expect(await outcome({ mfaTicket })).toBe('code-required');
    await calls.sound('SetSecurityPreference', { EnableSaveMFATicket: 'true' });
    expect(await outcome({ mfaTicket })).toBe('signed-in');
    await calls.sound('UnbindMFADevice', { UserName });
    room.clock.advance(90_000);
    await calls.sound('BindMFADevice', { SerialNumber: device.SerialNumber, UserName, ...device.pair() });
    expect(await outcome({ mfaTicket })).toBe('code-required');
  });
});

describe('duties', () => {
  test('come before the session: a device to be bound, a password to be changed', async () => {
    await calls.sound('UpdateLoginProfile', { UserName, MFABindRequired: 'true', PasswordResetRequired: 'true' });
    expect(await attempt()).toMatchObject({ outcome: 'duties', duties: ['bind-mfa-device', 'change-password'] });
    expect((await calls.sound('GetUser', { UserName })).User).toMatchObject({ LastLoginDate: '' });
    const { SerialNumber, pair } = await calls.device('phone');
    await calls.sound('BindMFADevice', { SerialNumber, UserName, ...pair() });
    await calls.sound('UpdateLoginProfile', { UserName, PasswordResetRequired: 'false' });
    expect(await outcome()).toBe('code-required');
  });

  test('an expired password has to be changed, or is of no more use', async () => {
    await calls.sound('SetPasswordPolicy', { MaxPasswordAge: '30' });
    room.clock.advance(30 * DAY - 1);
    expect(await outcome()).toBe('signed-in');
    room.clock.advance(1);
    expect(await attempt()).toMatchObject({ outcome: 'duties', duties: ['change-password'] });
    await calls.sound('SetPasswordPolicy', { MaxPasswordAge: '30', HardExpiry: 'true' });
    expect(await attempt()).toEqual({ outcome: 'password-expired' });
    expect(await attempt({ password: 'wrong' })).toEqual(refused);
    // A change of something else makes it no younger.
    await calls.sound('UpdateLoginProfile', { UserName, MFABindRequired: 'false' });
    expect(await outcome()).toBe('password-expired');
    await calls.sound('UpdateLoginProfile', { UserName, Password: 'battery staple' });
    expect(await outcome({ password: 'battery staple' })).toBe('signed-in');
  });
});

test('from outside of the networks everybody is a stranger, and nobody is locked out from there', async () => {
  await calls.sound('SetSecurityPreference', { LoginNetworkMasks: '192.0.2.0/24' });
  expect(await outcome()).toBe('signed-in');
  for (let i = 0; i < 7; i++) expect(await attempt({ sourceIp: '203.0.113.9' })).toEqual(refused);
  expect(room.log.text()).toContain('"reason":"network"');
  expect(await outcome()).toBe('signed-in');
});
