import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { authorise, authoriseAssumeRole, authoriseByTrust } from './authorise.js';
import { evaluate } from './evaluate.js';
import { parsePolicy } from './parse-policy.js';
import type { NamedPolicy } from './policy.js';

function named(type: NamedPolicy['type'], ...statements: unknown[]): NamedPolicy {
  const kind = type === 'Trust' ? 'trust' : 'identity';
  return { name: type, type, policy: parsePolicy(JSON.stringify({ Version: '1', Statement: statements }), kind) };
}
const allow = (Action: string, Resource = '*') => ({ Effect: 'Allow', Action, Resource });
const deny = (Action: string, Resource = '*') => ({ Effect: 'Deny', Action, Resource });

const role = [named('Custom', allow('oss:*'))];
const put = { action: 'oss:PutObject', resource: 'acs:oss:*:100:b/k' };

describe('authorise: session policy and identity policies (reference ram-sts 3.7)', () => {
  test('30 a session policy wider than the role gains nothing', () => {
    const decision = authorise(
      { session: named('Session', allow('*')), identity: role },
      { ...put, action: 'vod:GetVideoInfo' },
    );
    expect(decision).toMatchObject({
      allowed: false,
      noPermissionType: 'ImplicitDeny',
      policyType: 'AccountLevelIdentityBasedPolicy',
    });
  });

  test('31 an implicit deny of the session policy is final', () => {
    const decision = authorise({ session: named('Session', allow('oss:GetObject')), identity: role }, put);
    expect(decision).toMatchObject({ allowed: false, noPermissionType: 'ImplicitDeny', policyType: 'SessionPolicy' });
  });

  test('32 a session policy of Deny alone denies everything', () => {
    const sets = { session: named('Session', deny('oss:DeleteObject')), identity: role };
    expect(authorise(sets, put)).toMatchObject({ allowed: false, noPermissionType: 'ImplicitDeny' });
    expect(authorise(sets, { ...put, action: 'oss:DeleteObject' })).toMatchObject({
      noPermissionType: 'ExplicitDeny',
      policyType: 'SessionPolicy',
    });
  });

  test('33 without a session policy the role has its full rights', () => {
    const decision = authorise({ identity: role }, put);
    expect(decision).toMatchObject({
      allowed: true,
      verdicts: { identity: { outcome: 'Allow', decidedBy: { policy: 'Custom', type: 'Custom', statement: 0 } } },
    });
    expect(authorise({ session: undefined, identity: role }, put).allowed).toBe(true);
  });

  test('both agree: allowed', () => {
    expect(authorise({ session: named('Session', allow('oss:Put*')), identity: role }, put).allowed).toBe(true);
  });
});

describe('authoriseAssumeRole: identity AND trust (reference ram-sts 3.7)', () => {
  const trusting = (ram: string, condition: unknown = {}) =>
    named('Trust', { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { RAM: ram }, Condition: condition });
  const mayAssume = [named('Custom', allow('sts:AssumeRole', 'acs:ram::100:role/uploader'))];
  const by = (user: string, account = '100') => ({
    action: 'sts:AssumeRole',
    resource: 'acs:ram::100:role/uploader',
    principalArns: [`acs:ram::${account}:root`, `acs:ram::${account}:${user}`],
  });

  test('who has no policies of their own is judged by the trust alone, and told why', () => {
    const provider = 'acs:ram::100:oidc-provider/login';
    const trust = named('Trust', {
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Principal: { Federated: provider },
      Condition: { StringEquals: { 'oidc:sub': 'alice' } },
    });
    const ask = (sub: string, arn = provider) =>
      authoriseByTrust(trust, {
        action: 'sts:AssumeRole',
        resource: 'acs:ram::100:role/uploader',
        principalArns: [arn],
        context: { 'oidc:sub': sub },
      });
    expect(ask('alice')).toMatchObject({ allowed: true, verdicts: { trust: { outcome: 'Allow' } } });
    const refused = ask('bob');
    expect(refused).toMatchObject({ allowed: false, policyType: 'AssumeRolePolicy', noPermissionType: 'ImplicitDeny' });
    expect(refused.explain?.().sets).toMatchObject([
      { set: 'trust', missing: 'condition', nearest: [{ because: [{ key: 'oidc:sub', saw: ['bob'] }] }] },
    ]);
    expect(ask('alice', 'acs:ram::100:oidc-provider/other').allowed).toBe(false);
  });

  test('38 trust names user A: B is refused', () => {
    const sets = { identity: mayAssume, trust: trusting('acs:ram::100:user/a') };
    expect(authoriseAssumeRole(sets, by('user/a')).allowed).toBe(true);
    expect(authoriseAssumeRole(sets, by('user/b'))).toMatchObject({
      allowed: false,
      noPermissionType: 'ImplicitDeny',
      policyType: 'AssumeRolePolicy',
    });
    expect(authoriseAssumeRole(sets, by('user/a', '200')).allowed).toBe(false);
  });

  test('39 trust names the account: a user without sts:AssumeRole is refused', () => {
    const sets = { identity: [], trust: trusting('acs:ram::100:root') };
    expect(authoriseAssumeRole(sets, by('user/a'))).toMatchObject({
      allowed: false,
      policyType: 'AccountLevelIdentityBasedPolicy',
    });
  });

  test('40 another account, trusted and permitted', () => {
    const sets = { identity: mayAssume, trust: trusting('acs:ram:*:200:root') };
    expect(authoriseAssumeRole(sets, by('user/x', '200')).allowed).toBe(true);
  });

  test('41 another account, permitted for its own roles only', () => {
    const sets = {
      identity: [named('Custom', allow('sts:AssumeRole', 'acs:ram:*:200:role/*'))],
      trust: trusting('acs:ram::200:root'),
    };
    expect(authoriseAssumeRole(sets, by('user/x', '200'))).toMatchObject({
      allowed: false,
      policyType: 'AccountLevelIdentityBasedPolicy',
    });
  });

  test('43 a role may be trusted', () => {
    const sets = { identity: mayAssume, trust: trusting('acs:ram::100:role/x') };
    expect(authoriseAssumeRole(sets, by('role/x')).allowed).toBe(true);
    expect(authoriseAssumeRole(sets, by('role/y')).allowed).toBe(false);
  });

  test.each([
    [undefined, false],
    ['wrong', false],
    ['s3cret', true],
  ])('45 ExternalId %s', (given, allowed) => {
    const sets = {
      identity: mayAssume,
      trust: trusting('acs:ram::100:root', { StringEquals: { 'sts:ExternalId': 's3cret' } }),
    };
    expect(authoriseAssumeRole(sets, { ...by('user/a'), context: { 'sts:ExternalId': given } }).allowed).toBe(allowed);
  });

  test('a caller without ARNs is trusted by nobody', () => {
    const { principalArns: _, ...nobody } = by('user/a');
    expect(authoriseAssumeRole({ identity: mayAssume, trust: trusting('acs:ram::100:root') }, nobody).allowed).toBe(
      false,
    );
  });

  test('an explicit deny of the trust policy is blamed before an implicit one of the identity', () => {
    const trust = named('Trust', { Effect: 'Deny', Action: '*', Principal: { RAM: 'acs:ram::100:root' } });
    expect(authoriseAssumeRole({ identity: [], trust }, by('user/a'))).toMatchObject({
      noPermissionType: 'ExplicitDeny',
      policyType: 'AssumeRolePolicy',
    });
  });

  test('the session policy of a chained session has to allow too', () => {
    const sets = {
      session: named('Session', allow('oss:*')),
      identity: mayAssume,
      trust: trusting('acs:ram::100:root'),
    };
    expect(authoriseAssumeRole(sets, by('role/x'))).toMatchObject({ allowed: false, policyType: 'SessionPolicy' });
  });
});

describe('whatever the policies', () => {
  const action = fc.constantFrom('oss:PutObject', 'oss:Get*', 'oss:*', 'vod:*', '*');
  const resource = fc.constantFrom('*', 'acs:oss:*:*:b/*', 'acs:oss:*:*:b/a/*', 'acs:oss:*:200:*');
  const statement = fc
    .tuple(fc.constantFrom('Allow', 'Deny'), fc.boolean(), action, fc.boolean(), resource)
    .map(([Effect, notAction, a, notResource, r]) => ({
      Effect,
      [notAction ? 'NotAction' : 'Action']: a,
      [notResource ? 'NotResource' : 'Resource']: r,
    }));
  const policies = (type: NamedPolicy['type'], minLength = 0) =>
    fc.array(
      fc.array(statement, { minLength: 1, maxLength: 3 }).map((s) => named(type, ...s)),
      { minLength, maxLength: 3 },
    );
  const request = fc.record({
    action: fc.constantFrom('oss:PutObject', 'oss:GetObject', 'vod:GetVideoInfo', 'ram:CreateUser'),
    resource: fc.constantFrom('*', 'acs:oss:*:100:b/a/x', 'acs:oss:*:100:c/x', 'acs:oss:*:200:b/x'),
  });

  test('a deny that matches wins, in any order', () => {
    fc.assert(
      fc.property(policies('Custom'), request, fc.nat(), (set, asked, at) => {
        const guard = named('Custom', deny(asked.action, asked.resource));
        const place = at % (set.length + 1);
        expect(evaluate([...set.slice(0, place), guard, ...set.slice(place)], asked).outcome).toBe('ExplicitDeny');
      }),
    );
  });

  test('the order of policies never matters', () => {
    fc.assert(
      fc.property(policies('Custom'), request, (set, asked) => {
        expect(evaluate([...set].reverse(), asked).outcome).toBe(evaluate(set, asked).outcome);
      }),
    );
  });

  test('a session policy never allows more', () => {
    fc.assert(
      fc.property(policies('Custom'), policies('Session', 1), request, (identity, [session], asked) => {
        const cut = authorise({ session, identity }, asked);
        if (cut.allowed) expect(authorise({ identity }, asked).allowed).toBe(true);
      }),
    );
  });
});
