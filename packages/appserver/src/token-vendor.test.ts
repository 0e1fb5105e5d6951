import { describe, expect, test, vi } from 'vitest';
import { movableClock, scriptedSts } from './testing/scripted.js';
import { createTokenVendor, type TokenVendorOptions } from './token-vendor.js';
import { StsError } from './upstream-error.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const ROLE = 'acs:ram::100:role/uploader';

function setUp(options: Partial<TokenVendorOptions> = {}, lifeMs?: number) {
  const clock = movableClock();
  const sts = scriptedSts(clock, lifeMs);
  const onRefreshError = vi.fn();
  const vendor = createTokenVendor({
    assumeRole: sts.assumeRole,
    roleArn: ROLE,
    clock,
    random: () => 0,
    onRefreshError,
    ...options,
  });
  const keyId = async (user = 'alice') => (await vendor.token(user)).accessKeyId;
  return { clock, sts, vendor, keyId, onRefreshError };
}

const throttled = new StsError({
  code: 'Throttling.User',
  status: 400,
  message: 'slow down',
  retryAfterMs: 5 * SECOND,
});
const broken = new StsError({ code: 'InternalError', status: 500, message: 'sorry' });
/** Lets background work that needs no timers come to its end. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('a vendor without a role is not made', () => {
  expect(() => setUp({ roleArn: undefined as unknown as string })).toThrow('roleArn');
});

test.each(['assumeRole', 'sessionPolicy'])('a vendor whose %s is no function is not made', (name) => {
  expect(() => setUp({ [name]: '{"Version":"1"}' })).toThrow(`${name} must be a function`);
});

describe('the token vendor caches', () => {
  test('asks with role, session name and duration, and stamps when', async () => {
    const { sts, vendor, clock } = setUp();
    const token = await vendor.token('alice');
    expect(sts.requests).toEqual([
      { roleArn: ROLE, roleSessionName: 'alice', durationSeconds: 3600, policy: undefined },
    ]);
    expect(token).toMatchObject({ accessKeyId: 'STS.1', issuedAt: clock() });
  });

  test('500 concurrent calls make one AssumeRole', async () => {
    const { sts, keyId } = setUp();
    sts.hold();
    const calls = Array.from({ length: 500 }, () => keyId());
    sts.release();
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['STS.1']));
    expect(sts.requests).toHaveLength(1);
  });

  test('users never share a token, however alike their names', async () => {
    const { sts, keyId } = setUp();
    const users = [
      'alice',
      'Alice',
      'alice ',
      'ali\nce',
      '["alice"]',
      'ali"ce',
      '用户',
      '\ud800',
      '\ud801',
      'x'.repeat(500),
    ];
    const keys = await Promise.all(users.map(keyId));
    expect(new Set(keys).size).toBe(users.length);
    expect(new Set(sts.requests.map((r) => r.roleSessionName)).size).toBe(users.length);
  });

  test('policies that differ in blanks alone share an entry; others do not', async () => {
    let policy = '{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}';
    const { sts, keyId } = setUp({ sessionPolicy: () => policy });
    await keyId();
    policy = JSON.stringify(JSON.parse(policy), null, 2);
    expect(await keyId()).toBe('STS.1');
    policy = policy.replace('Allow', 'Deny');
    expect(await keyId()).toBe('STS.2');
    expect(sts.requests[0]?.policy).not.toContain('\n');
  });

  test('a session policy that STS would refuse is refused here', async () => {
    const { sts, vendor } = setUp({ sessionPolicy: () => '{"Version":"2"}' });
    await expect(vendor.token('alice')).rejects.toMatchObject({ name: 'PolicyGrammarError', pointer: '/Version' });
    expect(sts.requests).toHaveLength(0);
  });

  test('holds maxEntries, the least recently used go', async () => {
    const { keyId } = setUp({ maxEntries: 2 });
    await keyId('a1');
    await keyId('b1');
    await keyId('a1');
    await keyId('c1');
    expect(await keyId('a1')).toBe('STS.1');
    expect(await keyId('b1')).toBe('STS.4');
  });

  test('an entry evicted while it is being renewed is not asked for twice', async () => {
    const { sts, keyId } = setUp({ maxEntries: 1 });
    sts.hold();
    const first = keyId('a1');
    const other = keyId('b1');
    const second = keyId('a1');
    sts.release();
    expect(await Promise.all([first, other, second])).toEqual(['STS.1', 'STS.2', 'STS.1']);
  });

  test('an empty user is an error, every time', async () => {
    const { vendor } = setUp();
    await expect(vendor.token('')).rejects.toThrow(TypeError);
    await expect(vendor.token('')).rejects.toThrow(TypeError);
  });
});

describe('a token that was revoked', () => {
  test('is not vended again, and one new one is asked for, however many wait', async () => {
    const dead = new Set<string>();
    const { sts, keyId } = setUp({ stillGood: async ({ accessKeyId }) => !dead.has(accessKeyId) });
    expect([await keyId(), await keyId()]).toEqual(['STS.1', 'STS.1']);
    dead.add('STS.1');
    expect(await Promise.all([keyId(), keyId(), keyId()])).toEqual(['STS.2', 'STS.2', 'STS.2']);
    expect(sts.requests).toHaveLength(2);
  });

  test('is not fallen back on when there is no other', async () => {
    let good = true;
    const { sts, keyId } = setUp({ stillGood: () => good });
    await keyId();
    good = false;
    sts.fail(broken);
    await expect(keyId()).rejects.toBe(broken);
  });
});

describe('the token vendor renews', () => {
  test('not before the advisory window: 6 minutes of one hour', async () => {
    const { clock, sts, keyId } = setUp();
    await keyId();
    clock.advance(54 * MINUTE - 1);
    await keyId();
    await settle();
    expect(sts.requests).toHaveLength(1);
  });

  test('in the advisory window: behind the back of callers, once', async () => {
    const { clock, sts, keyId } = setUp();
    await keyId();
    clock.advance(54 * MINUTE);
    sts.hold();
    expect(await Promise.all([keyId(), keyId(), keyId()])).toEqual(['STS.1', 'STS.1', 'STS.1']);
    expect(sts.requests).toHaveLength(2);
    sts.release();
    await settle();
    expect(await keyId()).toBe('STS.2');
    expect(sts.requests).toHaveLength(2);
  });

  test('in the mandatory window, the last minute: callers wait', async () => {
    const { clock, sts, keyId } = setUp();
    await keyId();
    clock.advance(59 * MINUTE);
    expect(await Promise.all([keyId(), keyId()])).toEqual(['STS.2', 'STS.2']);
    expect(sts.requests).toHaveLength(2);
  });

  test('callers that arrive in the mandatory window join the renewal begun in the advisory one', async () => {
    const { clock, sts, keyId } = setUp();
    await keyId();
    clock.advance(54 * MINUTE);
    sts.hold();
    await keyId();
    clock.advance(5 * MINUTE + 30 * SECOND);
    const waiting = keyId();
    sts.release();
    expect(await waiting).toBe('STS.2');
    expect(sts.requests).toHaveLength(2);
  });

  test('up to a minute earlier by jitter', async () => {
    const { clock, sts, keyId } = setUp({ random: () => 0.999 });
    await keyId();
    clock.advance(53 * MINUTE + SECOND);
    await keyId();
    expect(sts.requests).toHaveLength(2);
  });

  test.each([
    ['4 seconds', 4 * SECOND],
    ['5 minutes', 5 * MINUTE],
  ])('at half of a life of %s', async (_, life) => {
    const { clock, sts, keyId } = setUp({ random: () => 0.5 }, life);
    await keyId();
    clock.advance(life / 2 - 1);
    await keyId();
    expect(sts.requests).toHaveLength(1);
    clock.advance(1);
    await keyId();
    await settle();
    expect(sts.requests).toHaveLength(2);
  });

  test('by the life the token really has, not by the one asked for', async () => {
    const { clock, sts, keyId } = setUp({ durationSeconds: 43_200 }, 15 * MINUTE);
    await keyId();
    clock.advance(10 * MINUTE);
    await keyId();
    expect(sts.requests).toHaveLength(2);
  });
});

describe('when renewal fails', () => {
  test('the old token serves while it is valid, also in the mandatory window', async () => {
    const { clock, sts, keyId, onRefreshError } = setUp();
    await keyId();
    sts.fail(broken);
    clock.advance(54 * MINUTE);
    expect(await keyId()).toBe('STS.1');
    await settle();
    clock.advance(6 * MINUTE - 1);
    expect(await keyId()).toBe('STS.1');
    expect(onRefreshError).toHaveBeenCalledTimes(2);
    expect(onRefreshError).toHaveBeenCalledWith(broken, 'alice');
    clock.advance(1);
    await expect(keyId()).rejects.toBe(broken);
  });

  test.each([
    ['advisory', 54],
    ['mandatory', 59],
  ])('the %s window does not ask again before the pause is over', async (_, minutes) => {
    const { clock, sts, keyId } = setUp();
    await keyId();
    sts.fail(throttled);
    clock.advance(minutes * MINUTE);
    expect(await keyId()).toBe('STS.1');
    await settle();
    clock.advance(5 * SECOND - 1);
    expect(await keyId()).toBe('STS.1');
    expect(sts.requests).toHaveLength(2);
    sts.fail(undefined);
    clock.advance(1);
    await keyId();
    await settle();
    expect(await keyId()).toBe('STS.3');
  });

  test('without a valid token the error is thrown, and recovery is seen at once after the pause', async () => {
    const { clock, sts, keyId } = setUp();
    sts.fail(throttled);
    await expect(keyId()).rejects.toBe(throttled);
    sts.fail(undefined);
    clock.advance(5 * SECOND - 1);
    await expect(keyId()).rejects.toBe(throttled);
    expect(sts.requests).toHaveLength(1);
    clock.advance(1);
    expect(await keyId()).toBe('STS.2');
  });

  test('attempts back off: 1, 2, 4 … 60 seconds at most, and anew after a success', async () => {
    const { clock, sts, keyId } = setUp({ random: () => 0.999_999 });
    /** Asks every second; the distances between the attempts that reach STS, in seconds. */
    const pauses = async (seconds: number) => {
      const at: number[] = [];
      for (let second = 0; second < seconds; second += 1) {
        const before = sts.requests.length;
        await keyId().catch(() => undefined);
        if (sts.requests.length > before) at.push(second);
        clock.advance(SECOND);
      }
      return at.slice(1).map((second, i) => second - (at[i] as number));
    };
    sts.fail(broken);
    expect(await pauses(184)).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    sts.fail(undefined);
    clock.advance(MINUTE);
    await keyId();
    sts.fail(broken);
    clock.advance(60 * MINUTE);
    expect(await pauses(4)).toEqual([1, 2]);
  });

  test('one failure for all who wait, not one for each', async () => {
    const { sts, keyId } = setUp();
    sts.fail(broken);
    sts.hold();
    const calls = Array.from({ length: 50 }, () => keyId());
    sts.release();
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.every((o) => o.status === 'rejected' && o.reason === broken)).toBe(true);
    expect(sts.requests).toHaveLength(1);
  });

  test('a token that is expired on arrival is a failure', async () => {
    const { vendor } = setUp({}, -1);
    await expect(vendor.token('alice')).rejects.toMatchObject({ code: 'InvalidAnswer', message: /check the clocks/ });
  });
});
