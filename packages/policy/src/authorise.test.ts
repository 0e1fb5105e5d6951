import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { authorise, authoriseAssumeRole, authoriseByTrust } from './authorise.js';
import { evaluate } from './evaluate.js';
import { parsePolicy } from './parse-policy.js';
import type { NamedPolicy } from './policy.js';

function named(type: NamedPolicy['type'], ...statements: unknown[]): NamedPolicy {
  const kind = type === 'Trust' ? 'trust' : type === 'Resource' ? 'resource' : 'identity';
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

describe('authorise: identity OR bucket policy (reference ram-sts 3.4, 3.7)', () => {
  const bucket = (...statements: unknown[]) => ({ policy: named('Resource', ...statements) });
  const forUser = (effect: 'Allow' | 'Deny', Principal: unknown = ['7'], more: object = {}) => ({
    Effect: effect,
    Action: 'oss:PutObject',
    Resource: 'acs:oss:*:*:b/*',
    Principal,
    ...more,
  });
  const byUser = { ...put, principalArns: ['7'] };
  const SESSION = 'arn:sts::100:assumed-role/uploader/alice';
  const bySession = { ...put, principalArns: [SESSION] };

  test('46 allowed by the bucket policy only, same account', () => {
    expect(authorise({ identity: [], resource: bucket(forUser('Allow')) }, byUser)).toMatchObject({
      allowed: true,
      verdicts: {
        identity: { outcome: 'ImplicitDeny' },
        resource: { outcome: 'Allow', decidedBy: { policy: 'Resource', type: 'Resource', statement: 0 } },
      },
    });
    const other = authorise({ identity: [], resource: bucket(forUser('Allow', ['8'])) }, byUser);
    expect(other).toMatchObject({
      allowed: false,
      noPermissionType: 'ImplicitDeny',
      policyType: 'AccountLevelIdentityBasedPolicy',
    });
    expect(other.explain?.().sentence).toBe(
      'Denied: oss:PutObject on acs:oss:*:100:b/k is not allowed by the policies of the identity, nor by the policy of the resource. The identity has none.',
    );
  });

  test('47 the bucket policy denies what the identity is allowed', () => {
    const decision = authorise({ identity: role, resource: bucket(forUser('Deny')) }, byUser);
    expect(decision).toMatchObject({
      allowed: false,
      noPermissionType: 'ExplicitDeny',
      policyType: 'ResourceBasedPolicy',
    });
    expect(decision.explain?.().sentence).toContain('/Statement/0 of the resource policy "Resource"');
    expect(authorise({ identity: role, resource: bucket(forUser('Deny', ['8'])) }, byUser).allowed).toBe(true);
  });

  test('a Deny of the identity wins over an Allow of the bucket policy', () => {
    const identity = [named('Custom', deny('oss:PutObject'))];
    expect(authorise({ identity, resource: bucket(forUser('Allow')) }, byUser)).toMatchObject({
      allowed: false,
      noPermissionType: 'ExplicitDeny',
      policyType: 'AccountLevelIdentityBasedPolicy',
    });
  });

  test.each([
    ['the role', ['arn:sts::100:assumed-role/uploader/*']],
    ['the session itself', [SESSION]],
    ['everybody', '*'],
  ])('a bucket policy that names %s does not lift what the session policy leaves out', (_, principal) => {
    const resource = bucket(forUser('Allow', principal));
    const session = named('Session', allow('oss:GetObject'));
    expect(authorise({ session, identity: [], resource }, bySession)).toMatchObject({
      allowed: false,
      noPermissionType: 'ImplicitDeny',
      policyType: 'SessionPolicy',
    });
    const wide = named('Session', allow('oss:Put*'));
    expect(authorise({ session: wide, identity: [], resource }, bySession).allowed).toBe(true);
    expect(authorise({ identity: [], resource }, bySession).allowed).toBe(true);
  });

  test.each([
    ['arn:sts::100:assumed-role/uploader/alice', true],
    ['arn:sts::100:assumed-role/uploader/*', true],
    ['arn:sts::100:assumed-role/*/alice', true],
    ['arn:sts::*:*/*/*', true],
    ['arn:sts::100:assumed-role/up*/*', true],
    ['arn:sts::100:assumed-role/uploader/alic', false],
    ['arn:sts::100:assumed-role/Uploader/alice', false],
    ['arn:sts::200:assumed-role/uploader/*', false],
    ['100', false],
  ])('a session is in %s: %s', (principal, allowed) => {
    const resource = bucket(forUser('Allow', [principal]));
    expect(authorise({ identity: [], resource }, bySession).allowed).toBe(allowed);
  });

  test('a caller of another account needs the bucket policy: what its own policies allow does not reach there', () => {
    const foreign = (...statements: unknown[]) => ({ ...bucket(...statements), foreign: true });
    const refused = authorise({ identity: role, resource: foreign(forUser('Allow', ['8'])) }, byUser);
    expect(refused).toMatchObject({
      allowed: false,
      noPermissionType: 'ImplicitDeny',
      policyType: 'ResourceBasedPolicy',
    });
    expect(refused.explain?.().sentence).toBe(
      'Denied: oss:PutObject on acs:oss:*:100:b/k is not allowed by the policy of the resource. Nearest is /Statement/0 of the resource policy "Resource", but it is for "8", and the caller is "7".',
    );
    const allowed = authorise({ identity: role, resource: foreign(forUser('Allow')) }, byUser);
    expect(allowed.allowed).toBe(true);
    expect(allowed.explain?.().sentence).toBe(
      'Allowed: oss:PutObject on acs:oss:*:100:b/k is allowed by /Statement/0 of the resource policy "Resource".',
    );
    const ownDeny = [named('Custom', deny('oss:*'))];
    expect(authorise({ identity: ownDeny, resource: foreign(forUser('Allow')) }, byUser).allowed).toBe(false);
  });

  test('"*" is everybody: without a condition everybody but the owner', () => {
    const owner = { ...put, principalArns: ['100'], byOwner: true, context: { 'acs:SecureTransport': 'false' } };
    const nobody = { ...put, context: owner.context };
    const plain = bucket(forUser('Deny', '*'));
    const conditioned = bucket(forUser('Deny', '*', { Condition: { Bool: { 'acs:SecureTransport': 'false' } } }));
    expect(authorise({ identity: role, resource: plain }, owner).allowed).toBe(true);
    expect(authorise({ identity: role, resource: conditioned }, owner).allowed).toBe(false);
    expect(authorise({ identity: role, resource: bucket(forUser('Deny', ['*', '100'])) }, owner).allowed).toBe(false);
    for (const resource of [plain, conditioned]) {
      expect(authorise({ identity: role, resource }, byUser).allowed).toBe(resource !== plain);
      expect(authorise({ identity: [], resource }, nobody).noPermissionType).toBe('ExplicitDeny');
    }
    expect(authorise({ identity: [], resource: bucket(forUser('Allow', '*')) }, nobody).allowed).toBe(true);
    expect(authorise({ identity: [], resource: bucket(forUser('Allow', 'arn:sts::*:*/*/*')) }, nobody).allowed).toBe(
      false,
    );
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
