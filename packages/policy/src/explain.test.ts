import { describe, expect, test } from 'vitest';
import { authorise, authoriseAssumeRole, type Decision } from './authorise.js';
import type { AccessRequest } from './evaluate.js';
import type { Explanation } from './explanation.js';
import { parsePolicy } from './parse-policy.js';
import type { NamedPolicy } from './policy.js';

function named(type: NamedPolicy['type'], name: string, ...statements: unknown[]): NamedPolicy {
  const kind = type === 'Trust' ? 'trust' : 'identity';
  return { name, type, policy: parsePolicy(JSON.stringify({ Version: '1', Statement: statements }), kind) };
}
const allow = (Action: unknown, Resource: unknown = '*', rest: object = {}) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...rest,
});
const deny = (Action: unknown, Resource: unknown = '*') => ({ Effect: 'Deny', Action, Resource });
const put: AccessRequest = {
  action: 'oss:PutObject',
  resource: 'acs:oss:*:100:b/k',
  context: { 'acs:SourceIp': '203.0.113.9' },
};

function why(decision: Decision, options?: Parameters<NonNullable<Decision['explain']>>[0]): Explanation {
  if (!decision.explain) throw new Error('nothing to explain');
  return decision.explain(options);
}
const of = (...identity: NamedPolicy[]) => why(authorise({ identity }, put));

describe('an explanation names', () => {
  test('every statement that allowed', () => {
    const explained = of(named('Custom', 'up', allow('vod:*'), allow('oss:Put*')), named('System', 'all', allow('*')));
    expect(explained).toEqual({
      allowed: true,
      action: 'oss:PutObject',
      resource: 'acs:oss:*:100:b/k',
      sets: [
        {
          set: 'identity',
          outcome: 'Allow',
          policies: 2,
          decidedBy: [
            { policy: 'up', type: 'Custom', effect: 'Allow', statement: 1, pointer: '/Statement/1' },
            { policy: 'all', type: 'System', effect: 'Allow', statement: 0, pointer: '/Statement/0' },
          ],
          nearest: [],
        },
      ],
      sentence: 'Allowed: oss:PutObject on acs:oss:*:100:b/k is allowed by /Statement/1 of the custom policy "up".',
    });
  });

  test('the statements that denied, and not those that would have allowed', () => {
    const explained = of(named('Custom', 'guard', allow('*'), deny('oss:Put*', 'acs:oss:*:*:b/*')));
    expect(explained).toMatchObject({ allowed: false, noPermissionType: 'ExplicitDeny' });
    expect(explained.sets[0]?.decidedBy).toEqual([
      { policy: 'guard', type: 'Custom', effect: 'Deny', statement: 1, pointer: '/Statement/1' },
    ]);
    expect(explained.sentence).toBe(
      'Denied: oss:PutObject on acs:oss:*:100:b/k is denied by /Statement/1 of the custom policy "guard"; a Deny wins over every Allow.',
    );
  });

  test('that there is no policy', () => {
    const explained = of();
    expect(explained.sets[0]).toMatchObject({ missing: 'policy', policies: 0, nearest: [] });
    expect(explained.sentence).toMatch(/not allowed by the policies of the identity\. There is none\.$/);
  });

  test('the action that no statement is about', () => {
    const explained = of(named('Custom', 'a', allow('oss:Get*')), named('Custom', 'b', allow('vod:*'), deny('oss:x')));
    expect(explained).toMatchObject({
      noPermissionType: 'ImplicitDeny',
      policyType: 'AccountLevelIdentityBasedPolicy',
    });
    expect(explained.sets[0]).toMatchObject({ missing: 'action', nearest: [] });
    expect(explained.sentence).toMatch(/No Allow statement of any of its 2 policies is about oss:PutObject\.$/);
  });

  test('the resources that were meant', () => {
    const explained = of(
      named('Custom', 'a', allow('oss:*', ['acs:oss:*:*:c/*', 'acs:oss:*:*:b/x*'])),
      named('Custom', 'b', { Effect: 'Allow', Action: 'oss:*', NotResource: 'acs:oss:*:*:b/*' }),
    );
    expect(explained.sets[0]?.missing).toBe('resource');
    expect(explained.sets[0]?.nearest.map(({ because }) => because)).toEqual([
      [
        {
          on: 'resource',
          pointer: '/Statement/0/Resource',
          wanted: ['acs:oss:*:*:c/*', 'acs:oss:*:*:b/x*'],
          negated: false,
          saw: ['acs:oss:*:100:b/k'],
        },
      ],
      [
        {
          on: 'resource',
          pointer: '/Statement/0/NotResource',
          wanted: ['acs:oss:*:*:b/*'],
          negated: true,
          saw: ['acs:oss:*:100:b/k'],
        },
      ],
    ]);
    expect(explained.sentence).toContain('but it is about "acs:oss:*:*:c/*" or "acs:oss:*:*:b/x*".');
  });

  test('every condition that failed, with what was wanted and what the request had', () => {
    const Condition = {
      IpAddress: { 'acs:SourceIp': ['10.0.0.0/8', '192.0.2.1'] },
      StringNotEquals: { 'oss:x/y~z': 'a' },
      Bool: { 'acs:SecureTransport': 'true' },
      NumericLessThan: { 'acs:SourceIp': '5' },
    };
    const explained = why(
      authorise(
        { identity: [named('Custom', 'office', allow('vod:*'), allow('*', '*', { Condition }))] },
        { ...put, context: { ...put.context, 'acs:SecureTransport': 'true' } },
      ),
    );
    expect(explained.sets[0]).toMatchObject({ missing: 'condition' });
    expect(explained.sets[0]?.nearest).toHaveLength(1);
    expect(explained.sets[0]?.nearest[0]?.because).toEqual([
      {
        on: 'condition',
        pointer: '/Statement/1/Condition/IpAddress/acs:SourceIp',
        operator: 'IpAddress',
        key: 'acs:SourceIp',
        wanted: ['10.0.0.0/8', '192.0.2.1'],
        negated: false,
        saw: ['203.0.113.9'],
      },
      {
        on: 'condition',
        pointer: '/Statement/1/Condition/StringNotEquals/oss:x~1y~0z',
        operator: 'StringNotEquals',
        key: 'oss:x/y~z',
        wanted: ['a'],
        negated: true,
        saw: [],
      },
      {
        on: 'condition',
        pointer: '/Statement/1/Condition/NumericLessThan/acs:SourceIp',
        operator: 'NumericLessThan',
        key: 'acs:SourceIp',
        wanted: ['5'],
        negated: false,
        saw: ['203.0.113.9'],
        incomparable: true,
      },
    ]);
    expect(explained.sentence).toBe(
      'Denied: oss:PutObject on acs:oss:*:100:b/k is not allowed by the policies of the identity. ' +
        'Nearest is /Statement/1 of the custom policy "office", but its condition IpAddress wants acs:SourceIp to be ' +
        '"10.0.0.0/8" or "192.0.2.1", and it is "203.0.113.9", and its condition StringNotEquals needs oss:x/y~z, which ' +
        'the request does not have, and its condition NumericLessThan cannot compare acs:SourceIp, which is "203.0.113.9".',
    );
  });

  test('the session policy before all others', () => {
    const session = named('Session', 'session policy', allow('oss:GetObject'));
    const explained = why(authorise({ session, identity: [] }, put));
    expect(explained).toMatchObject({ policyType: 'SessionPolicy', noPermissionType: 'ImplicitDeny' });
    expect(explained.sets.map(({ set, outcome }) => [set, outcome])).toEqual([
      ['session', 'ImplicitDeny'],
      ['identity', 'ImplicitDeny'],
    ]);
    expect(explained.sentence).toMatch(/No Allow statement of the session policy is about oss:PutObject\.$/);
  });
});

describe('an explanation of AssumeRole', () => {
  const trust = named('Trust', 'uploader', {
    Effect: 'Allow',
    Action: 'sts:AssumeRole',
    Principal: { RAM: 'acs:ram::100:user/alice' },
    Condition: { StringEquals: { 'sts:ExternalId': 'agreed' } },
  });
  const identity = [named('Custom', 'may', allow('sts:*'))];
  const by = (user: string, id?: string): AccessRequest => ({
    action: 'sts:AssumeRole',
    resource: 'acs:ram::100:role/uploader',
    principalArns: ['acs:ram::200:root', `acs:ram::${user === 'alice' ? 100 : 200}:user/${user}`],
    context: { 'sts:ExternalId': id },
  });

  test('names whom the role trusts', () => {
    const explained = why(authoriseAssumeRole({ identity, trust }, by('bob')));
    expect(explained.policyType).toBe('AssumeRolePolicy');
    expect(explained.sets[1]).toMatchObject({ set: 'trust', missing: 'principal' });
    expect(explained.sets[1]?.nearest[0]?.because[0]).toMatchObject({
      on: 'principal',
      pointer: '/Statement/0/Principal',
      wanted: ['acs:ram::100:user/alice'],
      saw: ['acs:ram::200:root', 'acs:ram::200:user/bob'],
    });
  });

  test('names the condition of the trust', () => {
    const explained = why(authoriseAssumeRole({ identity, trust }, by('alice', 'guessed')));
    expect(explained.sentence).toContain('wants sts:ExternalId to be "agreed", and it is "guessed"');
  });

  test('hides what the trust policy says from another account', () => {
    const decision = authoriseAssumeRole({ identity, trust }, by('alice', 'guessed'));
    const explained = why(decision, { hideTrust: true });
    expect(explained).toMatchObject({ allowed: false, policyType: 'AssumeRolePolicy' });
    expect(JSON.stringify(explained)).not.toMatch(/agreed|Statement\/0\/|alice/);
    expect(explained.sentence).toMatch(/is not allowed by the role's trust policy\.$/);
    expect(why(authoriseAssumeRole({ identity, trust }, by('alice', 'agreed')), { hideTrust: true })).toMatchObject({
      allowed: true,
    });
  });
});

describe('an explanation is bounded', () => {
  test('in statements, values and their length', () => {
    const many = Array.from({ length: 8 }, (_, i) => `acs:oss:*:*:c/${i}/${'x'.repeat(300)}`);
    const statements = Array.from({ length: 9 }, () => allow('oss:*', many));
    const [set] = of(named('Custom', 'p', ...statements)).sets;
    expect(set?.nearest).toHaveLength(5);
    expect(set?.omitted).toBe(4);
    expect(set?.nearest[0]?.because[0]?.wanted).toHaveLength(5);
    expect(set?.nearest[0]?.because[0]?.wanted[0]).toHaveLength(256);
    const [allowed] = of(named('Custom', 'p', ...statements.map(() => allow('*')))).sets;
    expect([allowed?.decidedBy.length, allowed?.omitted]).toEqual([5, 4]);
  });

  test('and agrees with the decision it explains', () => {
    for (const identity of [[], [named('Custom', 'p', deny('*'))], [named('Custom', 'p', allow('*'))]]) {
      const decision = authorise({ identity }, put);
      const { allowed, noPermissionType, policyType } = why(decision);
      expect({ allowed, noPermissionType, policyType }).toEqual({
        allowed: decision.allowed,
        noPermissionType: decision.noPermissionType,
        policyType: decision.policyType,
      });
    }
  });
});
