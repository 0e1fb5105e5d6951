import { describe, expect, test } from 'vitest';
import { type AccessRequest, evaluate, type Outcome } from './evaluate.js';
import { parsePolicy } from './parse-policy.js';
import type { NamedPolicy } from './policy.js';

function policy(name: string, ...statements: unknown[]): NamedPolicy {
  return { name, type: 'Custom', policy: parsePolicy(JSON.stringify({ Version: '1', Statement: statements })) };
}

const allow = (Action: unknown, Resource: unknown = '*', Condition: unknown = {}) => ({
  Effect: 'Allow',
  Action,
  Resource,
  Condition,
});
const deny = (Action: unknown, Resource: unknown = '*', Condition: unknown = {}) => ({
  ...allow(Action, Resource, Condition),
  Effect: 'Deny',
});
const call = (action: string, resource = 'acs:oss:*:100:b/k', context: AccessRequest['context'] = {}) => ({
  action,
  resource,
  context,
});
const put = (key: string) => call('oss:PutObject', `acs:oss:*:100:${key}`);
const list = (prefix: string | undefined) => call('oss:ListObjects', 'acs:oss:*:100:b', { 'oss:Prefix': prefix });
const A = policy('a', allow('*'));

describe('evaluate: the edge cases of reference ram-sts 3.7', () => {
  const folder = [policy('p', allow('oss:PutObject', 'acs:oss:*:*:b/a/*'))];
  const prefixed = [policy('p', allow('oss:ListObjects', '*', { StringLike: { 'oss:Prefix': 'u/1/*' } }))];
  const office = { IpAddress: { 'acs:SourceIp': '10.0.0.0/8' } };
  const twoOperators = [policy('p', allow('*', '*', { ...office, Bool: { 'acs:SecureTransport': 'true' } }))];
  const twoKeys = [policy('p', allow('*', '*', { StringEquals: { x: '1', y: '2' } }))];
  const mfa = [
    A,
    policy('mfa', {
      Effect: 'Deny',
      NotAction: 'ram:BindMFADevice',
      Resource: '*',
      Condition: { Bool: { 'acs:MFAPresent': 'false' } },
    }),
  ];

  test.each<[string, readonly NamedPolicy[], AccessRequest, Outcome]>([
    ['1 no policy', [], call('oss:PutObject'), 'ImplicitDeny'],
    [
      '2 Allow everything, Deny elsewhere',
      [A, policy('d', deny('oss:PutObject'))],
      call('oss:PutObject'),
      'ExplicitDeny',
    ],
    ['2 the rest stays allowed', [A, policy('d', deny('oss:PutObject'))], call('oss:GetObject'), 'Allow'],
    ['3 Deny before Allow', [policy('p', deny('oss:*'), allow('*'))], call('oss:PutObject'), 'ExplicitDeny'],
    ['3 Deny after Allow', [policy('p', allow('*'), deny('oss:*'))], call('oss:PutObject'), 'ExplicitDeny'],
    ['4 actions ignore case', [policy('p', allow('oss:putobject'))], call('oss:PutObject'), 'Allow'],
    ['4 in the request too', [policy('p', allow('oss:PutObject'))], call('OSS:putobject'), 'Allow'],
    ['5 oss:Put*', [policy('p', allow('oss:Put*'))], call('oss:PutObject'), 'Allow'],
    ['5 oss:*Object', [policy('p', allow('oss:*Object'))], call('oss:PutObject'), 'Allow'],
    ['5 oss:?utObject', [policy('p', allow('oss:?utObject'))], call('oss:PutObject'), 'Allow'],
    ['5 *', [policy('p', allow('*'))], call('oss:PutObject'), 'Allow'],
    ['5 oss:*', [policy('p', allow('oss:*'))], call('oss:PutObject'), 'Allow'],
    ['6 anchored', [policy('p', allow('oss:PutObject'))], call('oss:PutObjectAcl'), 'ImplicitDeny'],
    ['6 anchored in front', [policy('p', allow('oss:PutObject'))], call('xoss:PutObject'), 'ImplicitDeny'],
    ['7 a/', folder, put('b/a/'), 'Allow'],
    ['7 a/x', folder, put('b/a/x'), 'Allow'],
    ['7 a/x/y', folder, put('b/a/x/y'), 'Allow'],
    ['7 ab', folder, put('b/ab'), 'ImplicitDeny'],
    ['7 keys compare case', folder, put('b/A/x'), 'ImplicitDeny'],
    ['8 bucket pattern, object call', [policy('p', allow('*', 'acs:oss:*:*:b'))], put('b/k'), 'ImplicitDeny'],
    ['8 object pattern, bucket call', [policy('p', allow('*', 'acs:oss:*:*:b/*'))], list(''), 'ImplicitDeny'],
    ['9 b* reaches into b2', [policy('p', allow('*', 'acs:oss:*:*:b*'))], put('b2/x'), 'Allow'],
    ['10 a key with * is literal', folder, put('b/*'), 'ImplicitDeny'],
    ['10 a key with ? is literal', folder, put('b/?/x'), 'ImplicitDeny'],
    ['10 $, unicode, blanks', folder, put('b/a/$ 用户 😀'), 'Allow'],
    ['11 another owner', [policy('p', allow('*', 'acs:oss:*:200:b/*'))], put('b/k'), 'ImplicitDeny'],
    [
      '12 empty region, * asked',
      [policy('p', allow('*', 'acs:ram::100:role/r'))],
      call('sts:AssumeRole', 'acs:ram:*:100:role/r'),
      'Allow',
    ],
    [
      '12 * region, empty asked',
      [policy('p', allow('*', 'acs:ram:*:100:role/r'))],
      call('sts:AssumeRole', 'acs:ram::100:role/r'),
      'Allow',
    ],
    [
      '12 empty region, fewer slots',
      [A, policy('d', { Effect: 'Deny', Action: '*', Resource: 'acs:ram::*' })],
      call('ram:DeleteUser', 'acs:ram:*:100:user/u'),
      'ExplicitDeny',
    ],
    ['12 only for global services', [policy('p', allow('*', 'acs:oss::100:b/k'))], put('b/k'), 'ImplicitDeny'],
    [
      '13 NotAction with Allow',
      [policy('p', { Effect: 'Allow', NotAction: 'ram:*', Resource: '*' })],
      call('oss:PutObject'),
      'Allow',
    ],
    [
      '13 the listed one',
      [policy('p', { Effect: 'Allow', NotAction: 'ram:*', Resource: '*' })],
      call('ram:CreateUser'),
      'ImplicitDeny',
    ],
    ['14 NotAction with Deny', mfa, call('oss:PutObject', '*', { 'acs:MFAPresent': 'false' }), 'ExplicitDeny'],
    ['14 the listed one', mfa, call('ram:BindMFADevice', '*', { 'acs:MFAPresent': 'false' }), 'Allow'],
    ['14 access keys carry no MFAPresent', mfa, call('oss:PutObject', '*'), 'Allow'],
    [
      '15 NotResource with Deny',
      [A, policy('d', { Effect: 'Deny', Action: '*', NotResource: 'acs:oss:*:*:b/*' })],
      put('c/k'),
      'ExplicitDeny',
    ],
    [
      '15 the listed one',
      [A, policy('d', { Effect: 'Deny', Action: '*', NotResource: 'acs:oss:*:*:b/*' })],
      put('b/k'),
      'Allow',
    ],
    [
      '19 several values: any',
      [policy('p', allow('*', '*', { StringEquals: { 'oss:Prefix': ['a', 'b'] } }))],
      list('b'),
      'Allow',
    ],
    ['20 two keys: both', twoKeys, call('oss:x', '*', { x: '1', y: '2' }), 'Allow'],
    ['20 one of two keys', twoKeys, call('oss:x', '*', { x: '1', y: '3' }), 'ImplicitDeny'],
    [
      '20 two operators: both',
      twoOperators,
      call('oss:x', '*', { 'acs:SourceIp': '10.1.1.1', 'acs:SecureTransport': 'true' }),
      'Allow',
    ],
    [
      '20 one of two operators',
      twoOperators,
      call('oss:x', '*', { 'acs:SourceIp': '10.1.1.1', 'acs:SecureTransport': 'false' }),
      'ImplicitDeny',
    ],
    [
      '21 none of two values',
      [policy('p', allow('*', '*', { StringNotEquals: { 'oss:Prefix': ['a', 'b'] } }))],
      list('b'),
      'ImplicitDeny',
    ],
    [
      '22 StringLike needs its slash',
      [policy('p', allow('*', '*', { StringLike: { 'oss:Prefix': 'hangzhou/2014/*' } }))],
      list('hangzhou/2014'),
      'ImplicitDeny',
    ],
    ['23 no prefix is an empty prefix', prefixed, list(''), 'ImplicitDeny'],
    ['23 the right prefix', prefixed, list('u/1/x'), 'Allow'],
    [
      '24 only the prefix is looked at',
      prefixed,
      call('oss:ListObjects', 'acs:oss:*:100:b', { 'oss:Prefix': 'u/1/', 'oss:Delimiter': '/', 'oss:Marker': 'z' }),
      'Allow',
    ],
    [
      '26 unknown key in Allow',
      [policy('p', allow('*', '*', { StringEquals: { nope: 'x' } }))],
      call('oss:x'),
      'ImplicitDeny',
    ],
    [
      '26 unknown key in Deny',
      [A, policy('d', deny('*', '*', { StringNotEquals: { nope: 'x' } }))],
      call('oss:x'),
      'Allow',
    ],
    [
      '28 outside the office',
      [A, policy('d', deny('*', '*', { NotIpAddress: office.IpAddress }))],
      call('oss:x', '*', { 'acs:SourceIp': '203.0.113.1' }),
      'ExplicitDeny',
    ],
    [
      '28 inside, over a dual-stack socket',
      [A, policy('d', deny('*', '*', { NotIpAddress: office.IpAddress }))],
      call('oss:x', '*', { 'acs:SourceIp': '::ffff:10.1.2.3' }),
      'Allow',
    ],
  ])('%s', (_, policies, request, outcome) => {
    expect(evaluate(policies, request).outcome).toBe(outcome);
  });

  test('a * in the account slot does not reach into the key', () => {
    const own = [policy('p', allow('oss:PutObject', 'acs:oss:*:*:media/users/a/*'))];
    expect(evaluate(own, put('media/users/b/x:media/users/a/y')).outcome).toBe('ImplicitDeny');
    expect(evaluate(own, put('media/users/a/x:y:z')).outcome).toBe('Allow');
  });

  test('a short pattern covers the rest of the name', () => {
    const oss = [policy('p', allow('*', 'acs:oss:*'))];
    expect(evaluate(oss, put('b/x:y')).outcome).toBe('Allow');
    expect(evaluate(oss, call('vod:GetVideoInfo', 'acs:vod:*:100:media/m')).outcome).toBe('ImplicitDeny');
    expect(evaluate(oss, call('oss:ListBuckets', '*')).outcome).toBe('ImplicitDeny');
  });
});

describe('evaluate explains', () => {
  test('which statement of which policy decided', () => {
    const policies = [A, policy('guard', allow('vod:*'), deny('oss:Delete*'))];
    expect(evaluate(policies, call('oss:DeleteObject')).decidedBy).toEqual({
      policy: 'guard',
      type: 'Custom',
      statement: 1,
    });
    expect(evaluate(policies, call('vod:GetVideoInfo')).decidedBy).toEqual({
      policy: 'a',
      type: 'Custom',
      statement: 0,
    });
  });

  test('that nothing decided', () => {
    expect(evaluate([], call('oss:x'))).toEqual({ outcome: 'ImplicitDeny' });
  });
});
