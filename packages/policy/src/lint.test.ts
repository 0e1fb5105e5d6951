import { describe, expect, test } from 'vitest';
import { lintPolicy } from './lint.js';
import { parsePolicy } from './parse-policy.js';

const lint = (statement: object) =>
  lintPolicy(
    parsePolicy(
      JSON.stringify({ Version: '1', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*', ...statement }] }),
    ),
  ).map(({ code, pointer }) => [code, pointer]);
const when = (operator: string, key: string, value: unknown) => ({ Condition: { [operator]: { [key]: value } } });
const C = '/Statement/0/Condition';

describe('lintPolicy warns of', () => {
  test.each<[string, object, string, string]>([
    [
      'a bucket with * and no slash (case 9)',
      { Resource: 'acs:oss:*:*:b*' },
      'bucket-wildcard',
      '/Statement/0/Resource',
    ],
    [
      'the same in a list',
      { Resource: ['acs:oss:*:*:b/*', 'acs:oss:*:*:b*'] },
      'bucket-wildcard',
      '/Statement/0/Resource/1',
    ],
    [
      'an object action on a bucket (case 8)',
      { Action: ['oss:PutObject'], Resource: 'acs:oss:*:*:b' },
      'object-action-on-bucket',
      '/Statement/0/Resource',
    ],
    ['a region', { Resource: 'acs:oss:cn-hangzhou:*:b/*' }, 'region-slot', '/Statement/0/Resource'],
    ['a name that cannot be', { Resource: '*:b/*' }, 'dead-resource', '/Statement/0/Resource'],
    ['a name that is too short', { Resource: 'acs:oss:*:b' }, 'dead-resource', '/Statement/0/Resource'],
    ['a variable', { Resource: `acs:oss:*:*:b/\${user}/*` }, 'variable', '/Statement/0/Resource'],
    ['Allow with NotResource', { Resource: undefined, NotResource: ['*'] }, 'allow-not', '/Statement/0/NotResource'],
    ['Allow with NotAction', { Action: undefined, NotAction: 'ram:*' }, 'allow-not', '/Statement/0/NotAction'],
    ['a key that nothing has (case 26)', when('Bool', 'acs:Mfa', true), 'unknown-condition-key', `${C}/Bool/acs:Mfa`],
    [
      'an operator of another type',
      when('StringLike', 'acs:SourceIp', '10.*'),
      'operator-type',
      `${C}/StringLike/acs:SourceIp`,
    ],
    [
      'a wildcard that is none',
      when('StringEquals', 'oss:Prefix', 'u/*'),
      'literal-wildcard',
      `${C}/StringEquals/oss:Prefix`,
    ],
    [
      'Deny on what access keys do not have (case 14)',
      { Effect: 'Deny', ...when('Bool', 'acs:MFAPresent', 'false') },
      'deny-on-absent-key',
      `${C}/Bool/acs:MFAPresent`,
    ],
  ])('%s', (_, statement, code, pointer) => {
    expect(lint(statement)).toEqual([[code, pointer]]);
  });

  test.each<[string, object]>([
    ['everything', {}],
    ['objects', { Action: 'oss:PutObject', Resource: 'acs:oss:*:*:b/*' }],
    ['all buckets', { Resource: 'acs:oss:*:*:*' }],
    ['a whole service', { Resource: 'acs:oss:*' }],
    ['a bucket', { Action: 'oss:ListObjects', Resource: 'acs:oss:*:*:b' }],
    ['tags', when('StringEquals', 'oss:BucketTag/team', 'news')],
    ['Deny by address', { Effect: 'Deny', ...when('NotIpAddress', 'acs:SourceIp', '10.0.0.0/8') }],
    ['Deny with NotAction', { Effect: 'Deny', Action: undefined, NotAction: 'ram:*' }],
  ])('nothing in a policy about %s', (_, statement) => {
    expect(lint(statement)).toEqual([]);
  });
});
