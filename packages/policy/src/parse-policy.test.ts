import { describe, expect, test } from 'vitest';
import { evaluate } from './evaluate.js';
import { parsePolicy } from './parse-policy.js';
import type { PolicyKind } from './policy.js';
import { PolicyGrammarError } from './policy-grammar-error.js';

const statement = { Effect: 'Allow', Action: 'oss:PutObject', Resource: '*' };
const trust = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { RAM: 'acs:ram::100:root' } };
const bucket = { Effect: 'Allow', Action: 'oss:GetObject', Resource: 'acs:oss:*:1:b/*', Principal: ['7'] };
const wrap = (...statements: unknown[]) => JSON.stringify({ Version: '1', Statement: statements });

function failure(text: string, kind?: PolicyKind): PolicyGrammarError {
  try {
    parsePolicy(text, kind);
  } catch (error) {
    if (error instanceof PolicyGrammarError) return error;
    throw error;
  }
  throw new Error(`${text} was accepted`);
}

describe('parsePolicy accepts', () => {
  test.each<[string, unknown, PolicyKind?]>([
    ['scalars and lists', { Effect: 'Deny', NotAction: ['oss:Get*', 'vod:*'], NotResource: ['acs:oss:*:*:b/*'] }],
    ['Sid, which means nothing', { ...statement, Sid: 'x' }],
    ['an empty Condition', { ...statement, Condition: {} }],
    [
      'principals of every kind',
      { ...trust, Principal: { Service: ['vod.aliyuncs.com'], RAM: ['acs:ram:*:1:role/r'] } },
      'trust',
    ],
    [
      'a bucket policy',
      { ...bucket, Principal: ['*', '7', 'arn:sts::1:assumed-role/r/*', 'arn:sts::*:*/*/*'], Condition: {} },
      'resource',
    ],
    ['a bucket policy of scalars', { ...bucket, Sid: 'x', Action: 'OSS:*', Resource: '*', Principal: '*' }, 'resource'],
    ['an identity provider', { ...trust, Principal: { Federated: 'acs:ram::1:oidc-provider/idp' } }, 'trust'],
  ])('%s', (_, document, kind) => {
    expect(parsePolicy(wrap(document), kind).statements).toHaveLength(1);
  });

  test('a dollar and braces as plain text: the language has no variables', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is the text under test
    const variable = '${acs:UserId}';
    const policy = parsePolicy(wrap({ ...statement, Resource: `acs:oss:*:*:b/${variable}/*` }));
    const named = [{ name: 'p', type: 'Custom', policy }] as const;
    expect(evaluate(named, { action: 'oss:PutObject', resource: `acs:oss:*:1:b/${variable}/x` }).outcome).toBe('Allow');
    expect(evaluate(named, { action: 'oss:PutObject', resource: 'acs:oss:*:1:b/7/x' }).outcome).toBe('ImplicitDeny');
  });
});

describe('parsePolicy refuses', () => {
  const withCondition = (condition: unknown) => wrap({ ...statement, Condition: condition });

  test.each<[string, string, string, PolicyKind?]>([
    ['a text that is no JSON', '', ''],
    ['a megabyte (case 54)', wrap({ ...statement, Sid: 'x'.repeat(1_000_000) }), ''],
    [
      'half a surrogate pair',
      wrap({ ...statement, Resource: ['*', 'acs:oss:*:*:b/\ud83d'] }),
      '/Statement/0/Resource/1',
    ],
    ['a member twice (case 54)', '{"Version":"1","Version":"1","Statement":[]}', '/Version'],
    ['a list', '[]', ''],
    ['another version (case 18)', JSON.stringify({ Version: '2012-10-17', Statement: [statement] }), '/Version'],
    ['a numeric version (case 18)', JSON.stringify({ Version: 1, Statement: [statement] }), '/Version'],
    ['no version', JSON.stringify({ Statement: [statement] }), '/Version'],
    ['an unknown member', JSON.stringify({ Version: '1', Id: 'x', Statement: [statement] }), '/Id'],
    ['a __proto__ member (case 54)', `{"__proto__":{},${wrap(statement).slice(1)}`, '/__proto__'],
    ['no statement (case 17)', wrap(), '/Statement'],
    ['a lone statement', JSON.stringify({ Version: '1', Statement: statement }), '/Statement'],
    ['a statement that is no object', wrap('x'), '/Statement/0'],
    ['a misspelt effect', wrap({ ...statement, Effect: 'allow' }), '/Statement/0/Effect'],
    ['Action with NotAction (case 16)', wrap({ ...statement, NotAction: 'oss:*' }), '/Statement/0/NotAction'],
    ['Resource with NotResource', wrap({ ...statement, NotResource: '*' }), '/Statement/0/NotResource'],
    ['no action', wrap({ Effect: 'Allow', Resource: '*' }), '/Statement/0'],
    ['no resource', wrap({ Effect: 'Allow', Action: '*' }), '/Statement/0'],
    ['an empty action list (case 17)', wrap({ ...statement, Action: [] }), '/Statement/0/Action'],
    ['an empty action', wrap({ ...statement, Action: ['oss:*', ''] }), '/Statement/0/Action/1'],
    ['an action without service', wrap({ ...statement, Action: 'PutObject' }), '/Statement/0/Action'],
    ['an action that is no text', wrap({ ...statement, Action: [1] }), '/Statement/0/Action/0'],
    ['a resource that is no ARN', wrap({ ...statement, Resource: 'b/*' }), '/Statement/0/Resource'],
    ['an unknown member of a statement', wrap(statement, { ...statement, Resources: '*' }), '/Statement/1/Resources'],
    ['Principal in an identity policy', wrap({ ...statement, Principal: {} }), '/Statement/0/Principal'],
    ['an unknown operator (case 25)', withCondition({ StringEqual: { a: 'b' } }), '/Statement/0/Condition/StringEqual'],
    ['…IfExists (case 25)', withCondition({ BoolIfExists: { a: 'true' } }), '/Statement/0/Condition/BoolIfExists'],
    ['an operator of Object.prototype', withCondition({ toString: { a: 'b' } }), '/Statement/0/Condition/toString'],
    ['an operator without keys', withCondition({ Bool: {} }), '/Statement/0/Condition/Bool'],
    ['a key without values', withCondition({ Bool: { a: [] } }), '/Statement/0/Condition/Bool/a'],
    ['a null value', withCondition({ StringLike: { 'oss:x/y': null } }), '/Statement/0/Condition/StringLike/oss:x~1y'],
    [
      'an invalid date (case 29)',
      withCondition({ DateLessThan: { a: '2026-13-01' } }),
      '/Statement/0/Condition/DateLessThan/a',
    ],
    ['a condition that is no object', withCondition([]), '/Statement/0/Condition'],
    ['Resource in a trust policy', wrap({ ...trust, Resource: '*' }), '/Statement/0/Resource', 'trust'],
    ['a trust policy without Principal', wrap({ Effect: 'Allow', Action: '*' }), '/Statement/0', 'trust'],
    ['an empty Principal', wrap({ ...trust, Principal: {} }), '/Statement/0/Principal', 'trust'],
    ['trust in everybody', wrap({ ...trust, Principal: { RAM: '*' } }), '/Statement/0/Principal/RAM', 'trust'],
    [
      'a wildcard user',
      wrap({ ...trust, Principal: { RAM: 'acs:ram::1:user/*' } }),
      '/Statement/0/Principal/RAM',
      'trust',
    ],
    [
      'a user as service',
      wrap({ ...trust, Principal: { Service: 'acs:ram::1:root' } }),
      '/Statement/0/Principal/Service',
      'trust',
    ],
    [
      'an unknown kind of principal',
      wrap({ ...trust, Principal: { AWS: 'x' } }),
      '/Statement/0/Principal/AWS',
      'trust',
    ],
    ['a bucket policy without Principal', wrap({ ...bucket, Principal: undefined }), '/Statement/0', 'resource'],
    ['a bucket policy without Resource', wrap({ ...bucket, Resource: undefined }), '/Statement/0', 'resource'],
    ['nobody in a bucket policy', wrap({ ...bucket, Principal: [] }), '/Statement/0/Principal', 'resource'],
    [
      'the principals of RAM in a bucket policy',
      wrap({ ...bucket, Principal: { RAM: ['acs:ram::1:root'] } }),
      '/Statement/0/Principal',
      'resource',
    ],
    ...[
      'acs:ram::1:user/a',
      'alice',
      '7*',
      ' 7',
      '7 ',
      '',
      'arn:sts::1:assumed-role/r',
      'arn:sts::1:assumed-role/r/s/t',
      'arn:sts::1:assumed-role/r?/s',
      'arn:sts::1:user/r/s',
      'arn:sts:*:1:assumed-role/r/s',
      'arn:aws:sts::1:assumed-role/r/s',
      'arn:sts::1*:assumed-role/r/s',
    ].map((who): [string, string, string, PolicyKind] => [
      `"${who}" as a principal of a bucket policy`,
      wrap({ ...bucket, Principal: ['7', who] }),
      '/Statement/0/Principal/1',
      'resource',
    ]),
    [
      'NotPrincipal',
      wrap({ ...bucket, Principal: undefined, NotPrincipal: ['7'] }),
      '/Statement/0/NotPrincipal',
      'resource',
    ],
    [
      'NotAction in a bucket policy',
      wrap({ ...bucket, Action: undefined, NotAction: 'oss:*' }),
      '/Statement/0/NotAction',
      'resource',
    ],
    [
      'NotResource in a bucket policy',
      wrap({ ...bucket, Resource: undefined, NotResource: '*' }),
      '/Statement/0/NotResource',
      'resource',
    ],
    [
      'an action of another service in a bucket policy',
      wrap({ ...bucket, Action: ['oss:*', 'ram:*'] }),
      '/Statement/0/Action/1',
      'resource',
    ],
    [
      'a run of wildcards in a bucket policy',
      wrap({ ...bucket, Condition: { StringLike: { 'oss:Prefix': ['u/**'] } } }),
      '/Statement/0/Condition/StringLike/oss:Prefix/0',
      'resource',
    ],
  ])('%s', (_, text, pointer, kind) => {
    expect(failure(text, kind).pointer).toBe(pointer);
  });
});
