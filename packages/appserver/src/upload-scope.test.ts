import { authorise, evaluate, type NamedPolicy, parsePolicy, shrink } from '@sluice/policy';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sessionNameOf } from './session-name.js';
import { normaliseSessionPolicy } from './session-policy.js';
import { type UploadScopeOptions, uploadScope } from './upload-scope.js';

const scope = uploadScope({ bucket: 'media' });
const HOSTILE = [
  '../x',
  '*',
  '?',
  'a"b',
  "a'b",
  'a\\b',
  'a/b',
  '用户',
  '😀',
  'x'.repeat(5_000),
  'a\u0000b',
  '..',
  'a:b',
  '{u}',
];
const USERS = ['alice', 'alice2', 'alic', 'Alice', ...HOSTILE];

function session(user: string, text = scope(user)): NamedPolicy {
  return { name: user, type: 'Session', policy: parsePolicy(text) };
}

function mayPut(user: string, key: string, bucket = 'media'): boolean {
  const request = { action: 'oss:PutObject', resource: `acs:oss:*:100:${bucket}/${key}` };
  return evaluate([session(user)], request).outcome === 'Allow';
}

describe('the upload scope', () => {
  test.each(USERS)('of %j reaches its own folder and nobody else’s', (user) => {
    expect(mayPut(user, `users/${sessionNameOf(user)}/a/b.mp4`)).toBe(true);
    for (const other of USERS.filter((u) => u !== user)) {
      expect(mayPut(user, `users/${sessionNameOf(other)}/a.mp4`)).toBe(false);
      expect(mayPut(user, `users/${other}/a.mp4`)).toBe(false);
    }
    expect(mayPut(user, 'users/')).toBe(false);
    expect(mayPut(user, 'a.mp4')).toBe(false);
    expect(mayPut(user, `users/${sessionNameOf(user)}/a`, 'other')).toBe(false);
  });

  test('isolates any two users', () => {
    const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 80 });
    fc.assert(
      fc.property(name, name, fc.string(), (a, b, rest) => {
        if (a !== b) expect(mayPut(a, `users/${sessionNameOf(b)}/${rest}`)).toBe(false);
      }),
    );
  });

  test('is not escaped by a key that spells the pattern', () => {
    expect(mayPut('alice', 'users/bob/x:media/users/alice/y')).toBe(false);
  });

  test('allows exactly the calls of an upload', () => {
    const role: NamedPolicy[] = [
      {
        name: 'all',
        type: 'Custom',
        policy: parsePolicy('{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'),
      },
    ];
    const may = (action: string, resource: string) =>
      authorise({ session: session('alice'), identity: role }, { action, resource }).allowed;
    const object = 'acs:oss:*:100:media/users/alice/a.mp4';
    const media = (owner: string) => `acs:vod:*:100:media/${owner}/0123abcd`;
    expect(['oss:PutObject', 'oss:ListParts', 'oss:AbortMultipartUpload'].every((a) => may(a, object))).toBe(true);
    expect(
      ['oss:GetObject', 'oss:DeleteObject', 'oss:PutObjectAcl', 'oss:ListObjects'].some((a) => may(a, object)),
    ).toBe(false);
    expect(may('vod:CreateUploadVideo', '*') && may('vod:CreateUploadImage', '*')).toBe(true);
    expect(may('vod:RefreshUploadVideo', media('alice')) && may('vod:GetVideoInfo', media('alice'))).toBe(true);
    expect(may('vod:RefreshUploadVideo', media('bob')) || may('vod:GetVideoInfo', media('alice2'))).toBe(false);
    expect(may('vod:DeleteVideo', media('alice')) || may('sts:AssumeRole', '*') || may('ram:CreateUser', '*')).toBe(
      false,
    );
  });

  test('in the dialect of Alibaba Cloud refreshes on *', () => {
    const text = uploadScope({ bucket: 'media', dialect: 'alibaba' })('alice');
    const request = { action: 'vod:RefreshUploadVideo', resource: '*' };
    expect(evaluate([session('alice', text)], request).outcome).toBe('Allow');
    expect(evaluate([session('alice')], request).outcome).toBe('ImplicitDeny');
  });

  test('may name the account and the folder', () => {
    const text = uploadScope({ bucket: 'media', accountId: '100', userPrefix: (u) => `tenants/7/${u}` })('alice');
    const put = (resource: string) => evaluate([session('alice', text)], { action: 'oss:PutObject', resource }).outcome;
    expect(put('acs:oss:*:100:media/tenants/7/alice/x')).toBe('Allow');
    expect(put('acs:oss:*:200:media/tenants/7/alice/x')).toBe('ImplicitDeny');
    expect(put('acs:oss:*:100:media/users/alice/x')).toBe('ImplicitDeny');
  });

  test.each(['../x', 'a/../b', '*', 'a?', 'a"b', "a'b", 'a\\b', 'a\nb', '', '/a', 'a/', 'a//b', './a', '\ud800'])(
    'refuses the folder %j',
    (prefix) => {
      expect(() => uploadScope({ bucket: 'media', userPrefix: () => prefix })('alice')).toThrow('the prefix');
    },
  );

  test('refuses a folder that makes the policy too long, in words', () => {
    const long = uploadScope({ bucket: 'media', userPrefix: () => 'x'.repeat(2_048) });
    expect(() => long('alice')).toThrow(/STS takes 2048/);
  });

  test.each(['', 'a*', 'UPPER', 'a/b', 'a'.repeat(64)])('refuses the bucket %j', (bucket) => {
    expect(() => uploadScope({ bucket })).toThrow('no bucket name');
  });

  test('a bucket that is not given is none', () => {
    expect(() => uploadScope({} as { bucket: string })).toThrow('no bucket name');
  });

  test('refuses a dialect that nobody speaks', () => {
    const options = { bucket: 'media', dialect: 'aliyun' } as unknown as UploadScopeOptions;
    expect(() => uploadScope(options)).toThrow('"aliyun" is no dialect');
  });

  test('refuses an account id that is no number', () => {
    expect(() => uploadScope({ bucket: 'media', accountId: '1*' })).toThrow('no account id');
  });
});

describe('a policy that was shrunk to an upload', () => {
  const role = parsePolicy(
    JSON.stringify({
      Version: '1',
      Statement: [
        { Effect: 'Allow', Action: 'oss:*', Resource: 'acs:oss:*:100:media/*' },
        { Effect: 'Deny', Action: 'oss:*', Resource: 'acs:oss:*:*:media/*/private/*' },
      ],
    }),
  );

  test('is a session policy for a token vendor', () => {
    const { document } = shrink(role, {
      bucket: 'media',
      prefix: `users/${sessionNameOf('alice')}/`,
      verbs: ['resume'],
    });
    expect(normaliseSessionPolicy(document)).toBe(document);
    const session = { name: 's', type: 'Session', policy: parsePolicy(document) } as const;
    const put = (key: string) =>
      authorise(
        { session, identity: [{ name: 'role', type: 'Custom', policy: role }] },
        { action: 'oss:PutObject', resource: `acs:oss:*:100:media/${key}` },
      ).allowed;
    expect([put('users/alice/a.mp4'), put('users/alice/private/a.mp4'), put('users/bob/a.mp4')]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
