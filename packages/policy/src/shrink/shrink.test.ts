import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluate } from '../evaluate.js';
import { parsePolicy } from '../parse-policy.js';
import type { NamedPolicy, Policy } from '../policy.js';
import { context, identityStatement, policies } from '../testing/arbitrary-policies.js';
import { naiveEvaluate } from '../testing/naive-evaluator.js';
import { type ShrunkPolicy, shrink } from './shrink.js';
import { ShrinkError } from './shrink-error.js';
import type { Upload, UploadVerb } from './upload-target.js';

const policy = (...Statement: object[]): Policy => parsePolicy(JSON.stringify({ Version: '1', Statement }));
const allow = (Action: unknown, Resource: unknown = '*', Condition?: object) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...(Condition ? { Condition } : {}),
});
const deny = (Action: unknown, Resource: unknown = '*', Condition?: object) => ({
  ...allow(Action, Resource, Condition),
  Effect: 'Deny',
});
const alice: Upload = { bucket: 'media', prefix: 'u/alice/', verbs: ['resume', 'abort'] };
const statements = ({ document }: ShrunkPolicy): unknown[] =>
  (JSON.parse(document) as { Statement: unknown[] }).Statement;
const ALICE = 'acs:oss:*:*:media/u/alice/*';
const WRITE = ['oss:PutObject', 'oss:ListParts', 'oss:AbortMultipartUpload'];

function failure(original: Policy, upload: Upload): ShrinkError {
  try {
    shrink(original, upload);
  } catch (error) {
    if (error instanceof ShrinkError) return error;
    throw error;
  }
  throw new Error('it was made');
}

describe('shrink', () => {
  test('leaves one statement of an administrator', () => {
    const shrunk = shrink(policy(allow('*')), alice);
    expect(shrunk.document).toBe(
      '{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:PutObject","oss:ListParts","oss:AbortMultipartUpload"],"Resource":"acs:oss:*:*:media/u/alice/*"}]}',
    );
    expect(shrunk.missing).toEqual([]);
  });

  test('names one object, whole', () => {
    const shrunk = shrink(policy(allow('oss:*')), {
      bucket: 'media',
      key: 'a/b.mp4',
      verbs: ['put'],
      accountId: '100',
    });
    expect(statements(shrunk)).toEqual([allow('oss:PutObject', 'acs:oss:*:100:media/a/b.mp4')]);
  });

  test('takes what is narrower from the policy: owner, suffix, a deeper folder', () => {
    const narrow = (resource: string) =>
      statements(shrink(policy(allow('oss:*', resource)), { ...alice, verbs: ['put'] }));
    expect(narrow('acs:oss:*:100:media/*')).toEqual([allow('oss:PutObject', 'acs:oss:*:100:media/u/alice/*')]);
    expect(narrow('acs:oss:*:*:media/*.mp4')).toEqual([allow('oss:PutObject', 'acs:oss:*:*:media/u/alice/*.mp4')]);
    expect(narrow('acs:oss:*:*:media/u/alice/in/*')).toEqual([
      allow('oss:PutObject', 'acs:oss:*:*:media/u/alice/in/*'),
    ]);
    expect(narrow('acs:oss:*')).toEqual([allow('oss:PutObject', ALICE)]);
  });

  test('lists one folder only', () => {
    const shrunk = shrink(policy(allow('*')), { ...alice, verbs: ['list'] });
    expect(statements(shrunk)).toEqual([
      allow('oss:ListObjects', 'acs:oss:*:*:media', { StringLike: { 'oss:Prefix': 'u/alice/*' } }),
    ]);
    const wider = policy(allow('oss:List*', '*', { StringLike: { 'oss:Prefix': ['u/*', 'v/*'] } }));
    expect(statements(shrink(wider, { ...alice, verbs: ['list'] }))).toEqual(statements(shrunk));
    const other = policy(allow('oss:List*', '*', { StringLike: { 'oss:Prefix': 'v/*' } }));
    expect(failure(other, { ...alice, verbs: ['list'] }).code).toBe('NothingAllowed');
  });

  test('takes conditions along', () => {
    const office = {
      IpAddress: { 'acs:SourceIp': ['10.0.0.0/8', '192.0.2.1'] },
      Bool: { 'acs:SecureTransport': 'true' },
    };
    expect(statements(shrink(policy(allow('oss:*', '*', office)), alice))).toEqual([allow(WRITE, ALICE, office)]);
  });

  test('takes a Deny along that has to do with the upload, and no other', () => {
    const late = { DateGreaterThan: { 'acs:CurrentTime': '2026-06-01T00:00:00Z' } };
    const original = policy(
      allow('*'),
      deny('oss:*', ['acs:oss:*:*:media/*/secret*', 'acs:oss:*:*:other/*']),
      deny('oss:Put*', '*', late),
      deny('ram:*'),
      deny('*', 'acs:oss:*:*:other/*'),
    );
    expect(statements(shrink(original, alice))).toEqual([
      allow(WRITE, ALICE),
      deny(WRITE, 'acs:oss:*:*:media/*/secret*'),
      deny('oss:PutObject', '*', late),
    ]);
  });

  test('says which actions it could not get', () => {
    const original = policy(allow('*'), deny(['oss:AbortMultipartUpload', 'oss:ListParts'], 'acs:oss:*:*:media/*'));
    const shrunk = shrink(original, alice);
    expect(statements(shrunk)).toEqual([allow('oss:PutObject', ALICE)]);
    expect(shrunk.missing).toEqual(['oss:ListParts', 'oss:AbortMultipartUpload']);
  });

  test('reads NotAction and NotResource', () => {
    const except = policy({
      Effect: 'Allow',
      NotAction: 'ram:*',
      NotResource: ['acs:oss:*:*:media/u/alice/x/*', 'acs:oss:*:*:c'],
    });
    expect(statements(shrink(except, alice))).toEqual([
      allow(WRITE, ALICE),
      deny(WRITE, 'acs:oss:*:*:media/u/alice/x/*'),
    ]);
    const only = policy(allow('*'), {
      Effect: 'Deny',
      NotAction: 'oss:PutObject',
      NotResource: 'acs:oss:*:*:media/u/*',
    });
    expect(statements(shrink(only, alice))).toEqual([allow(WRITE, ALICE)]);
    const elsewhere = policy(allow('*'), { Effect: 'Deny', Action: '*', NotResource: 'acs:oss:*:*:other/*' });
    expect(failure(elsewhere, alice).code).toBe('NothingAllowed');
    const inner = policy(allow('*'), { Effect: 'Deny', Action: '*', NotResource: 'acs:oss:*:*:media/*.mp4' });
    expect(statements(shrink(inner, alice))).toContainEqual({
      Effect: 'Deny',
      Action: WRITE,
      NotResource: 'acs:oss:*:*:media/*.mp4',
    });
  });

  test('adds up several policies', () => {
    const named = (name: string, one: Policy): NamedPolicy => ({ name, type: 'Custom', policy: one });
    const shrunk = shrink(
      [
        named('a', policy(allow('oss:PutObject', 'acs:oss:*:*:media/*'))),
        named('b', policy(allow('oss:*', 'acs:oss:*:*:media/u/*'), allow('oss:PutObject', ALICE))),
      ],
      alice,
    );
    expect(statements(shrunk)).toEqual([allow(WRITE, ALICE)]);
  });

  test.each<[string, Partial<Upload>]>([
    ['a bucket that is none', { bucket: 'b*' }],
    ['a prefix with a wildcard', { prefix: 'u/*/' }],
    ['a prefix with a line break', { prefix: 'u/\n' }],
    ['half a surrogate pair', { prefix: 'u/\ud83d' }],
    ['an account that is none', { accountId: '1*' }],
    ['a key and a prefix', { key: 'k' }],
    ['no verb', { verbs: [] }],
    ['a verb that is none', { verbs: ['toString' as UploadVerb] }],
  ])('refuses %s', (_, part) => {
    expect(failure(policy(allow('*')), { ...alice, ...part }).code).toBe('InvalidUpload');
  });

  test('refuses an empty key, and neither key nor prefix', () => {
    expect(failure(policy(allow('*')), { bucket: 'media', key: '', verbs: ['put'] }).code).toBe('InvalidUpload');
    expect(failure(policy(allow('*')), { bucket: 'media', verbs: ['put'] }).code).toBe('InvalidUpload');
  });

  test('says what nothing was left of, and what was too long', () => {
    expect(failure(policy(allow('vod:*')), alice)).toMatchObject({
      code: 'NothingAllowed',
      message: 'the policies allow none of oss:PutObject, oss:ListParts, oss:AbortMultipartUpload on media/u/alice/*',
    });
    const many = Array.from({ length: 60 }, (_, i) => `acs:oss:*:*:media/u/alice/folder-${i}/*`);
    expect(failure(policy(allow('oss:*', many)), alice)).toMatchObject({
      code: 'TooLong',
      message: expect.stringMatching(/has \d{4} characters, STS takes 2048/),
    });
    expect(shrink(policy(allow('oss:*', many.slice(0, 40))), alice).document.length).toBeLessThanOrEqual(2048);
  });
});

describe('whatever the policies, what was shrunk', { timeout: 120_000 }, () => {
  const verb = fc.constantFrom<UploadVerb>('put', 'resume', 'abort', 'read', 'list', 'delete', 'tag');
  const upload: fc.Arbitrary<Upload> = fc
    .tuple(
      fc.constantFrom('bbb', 'bbc', 'ccc'),
      fc.constantFrom('', 'u/', 'u/a', 'u/b/', 'k', '😀'),
      fc.boolean(),
      fc.uniqueArray(verb, { minLength: 1, maxLength: 4 }),
      fc.constantFrom('*', '100'),
    )
    .map(([bucket, path, one, verbs, accountId]) => ({
      bucket,
      verbs,
      accountId,
      ...(one && path !== '' ? { key: path } : { prefix: path }),
    }));
  // The buckets of the generators have one character.
  const longer = (text: string) => text.replaceAll(/(:)([bc])(?=\/|\*|$|[b]\/)/g, '$1$2$2$2');
  const originals = policies(identityStatement).map(
    (raw) => JSON.parse(longer(JSON.stringify(raw)).replaceAll(/:([bc])"/g, ':$1$1$1"')) as typeof raw,
  );
  const action = fc.constantFrom(
    ...['PutObject', 'GetObject', 'ListParts', 'ListObjects', 'AbortMultipartUpload', 'DeleteObject'].map(
      (a) => `oss:${a}`,
    ),
    'oss:PutObjectTagging',
    'vod:CreateUploadVideo',
  );
  const path = fc.constantFrom('', '/', '/k', '/u/', '/u/a', '/u/a/x', '/u/b/x', '/U/a', '/u/😀', '/😀', '/*', '/u/*');
  const question = fc
    .tuple(
      action,
      fc.constantFrom('bbb', 'bbc', 'ccc'),
      path,
      fc.constantFrom('100', '200'),
      context,
      fc.constantFrom('*', 'x'),
    )
    .map(([one, bucket, rest, account, given, region]) => ({
      action: one,
      resource: `acs:oss:${region}:${account}:${one === 'oss:ListObjects' ? bucket : bucket + rest}`,
      context: given,
    }));
  const questions = fc.array(question, { minLength: 24, maxLength: 24 });

  test('allows nothing that the original denies, nothing beyond the upload, and all that both allow', () => {
    const seen = { made: 0, nothing: 0, allowed: 0, refusedThere: 0, refusedBeyond: 0, withDeny: 0, withCondition: 0 };
    fc.assert(
      fc.property(originals, upload, questions, (raw, wanted, asked) => {
        const full = raw.map((document) => parsePolicy(JSON.stringify(document)));
        let shrunk: ShrunkPolicy | undefined;
        try {
          shrunk = shrink(full, wanted);
          seen.made += 1;
          if (shrunk.document.includes('"Deny"')) seen.withDeny += 1;
          if (shrunk.document.includes('"Condition"')) seen.withCondition += 1;
        } catch (error) {
          if (!(error instanceof ShrinkError) || error.code === 'InvalidUpload') throw error;
          if (error.code === 'TooLong') return;
          seen.nothing += 1;
        }
        // Allow with NotResource is cut with a Deny of its own, which reaches into other statements too.
        const exact = !raw.some(({ Statement }) => Statement.some((s) => s.Effect === 'Allow' && s.NotResource));
        const named = shrunk && [{ name: 's', type: 'Session' as const, policy: shrunk.policy }];
        for (const one of asked) {
          const there = naiveEvaluate(raw, one).outcome === 'Allow';
          const here = named !== undefined && evaluate(named, one).outcome === 'Allow';
          const meant = isMeant(wanted, one);
          const what = { raw, wanted, document: shrunk?.document, one };
          if (here && !there) expect(what).toBe('denied by the original');
          if (here && !meant) expect(what).toBe('beyond the upload');
          if (exact && there && meant && !here) expect(what).toBe('allowed');
          if (here) seen.allowed += 1;
          else if (meant) seen.refusedThere += 1;
          else if (there) seen.refusedBeyond += 1;
        }
      }),
      { numRuns: 1_500 },
    );
    for (const [name, count] of Object.entries(seen)) expect(count, name).toBeGreaterThan(30);
  });

  test('together with the original allows the same as alone', () => {
    fc.assert(
      fc.property(originals, upload, (raw, wanted) => {
        const full = raw.map((document) => parsePolicy(JSON.stringify(document)));
        try {
          const once = shrink(full, wanted);
          const again = shrink(once.policy, wanted);
          expect(again.document.length).toBeLessThanOrEqual(once.document.length);
        } catch (error) {
          if (!(error instanceof ShrinkError)) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });
});

const ACTIONS: Readonly<Record<UploadVerb, readonly string[]>> = {
  put: ['oss:PutObject'],
  resume: ['oss:PutObject', 'oss:ListParts'],
  abort: ['oss:AbortMultipartUpload'],
  read: ['oss:GetObject'],
  list: ['oss:ListObjects'],
  delete: ['oss:DeleteObject'],
  tag: ['oss:PutObjectTagging'],
};

/** Whether a request is part of an upload, said without patterns. */
function isMeant(
  { bucket, key, prefix = '', verbs, accountId = '*' }: Upload,
  {
    action,
    resource,
    context: given,
  }: { action: string; resource: string; context: Record<string, string | undefined> },
): boolean {
  if (!verbs.some((verb) => ACTIONS[verb].includes(action))) return false;
  const account = resource.split(':')[3];
  if (accountId !== '*' && account !== accountId) return false;
  const relative = resource.split(':').slice(4).join(':');
  if (action !== 'oss:ListObjects') {
    return key === undefined ? relative.startsWith(`${bucket}/${prefix}`) : relative === `${bucket}/${key}`;
  }
  if (relative !== bucket) return false;
  const listed = given['oss:Prefix'];
  if (key !== undefined) return listed === key;
  return prefix === '' || listed?.startsWith(prefix) === true;
}
