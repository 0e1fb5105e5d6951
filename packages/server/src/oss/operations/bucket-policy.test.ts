import { POLICY_LENGTH } from '@sluice/policy';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { put, raw, send, signed } from '../testing/client.js';
import { ACCOUNT, BUCKET, startPlane, type TestPlane } from '../testing/data-plane.js';

const allowed = { allowed: true, verdicts: { identity: { outcome: 'Allow' } } } as const;
const refused = {
  allowed: false,
  noPermissionType: 'ImplicitDeny',
  verdicts: { identity: { outcome: 'ImplicitDeny' } },
} as const;
const query = [['policy', '']] as const;
const NAME = `acs:oss:*:${ACCOUNT}:${BUCKET}`;

let plane: TestPlane;
beforeAll(async () => {
  plane = await startPlane();
});
beforeEach(() => {
  plane.decide = async () => allowed;
  plane.questions.length = 0;
});
afterEach(() => send(plane, { method: 'DELETE', query }));
afterAll(() => plane.close());

const statement = { Effect: 'Allow', Action: ['oss:GetObject'], Principal: ['7'], Resource: [`${NAME}/*`] };
const policy = (...statements: object[]) => JSON.stringify({ Version: '1', Statement: statements });
const set = (body: string | Buffer) => send(plane, { method: 'PUT', query, body });
const kept = () => send(plane, { query });
const isPublic = async () => (await send(plane, { query: [['policyStatus', '']] })).xml('IsPublic');

describe('the policy of a bucket', () => {
  it('is kept as it was written, replaced, and deleted', async () => {
    const none = await kept();
    expect([none.status, none.xml('Code'), none.xml('Message'), none.xml('EC'), none.xml('BucketName')]).toEqual([
      404,
      'NoSuchBucketPolicy',
      'The specified bucket policy does not exist.',
      '0030-00000006',
      BUCKET,
    ]);
    const text = ` { "Statement" : [ ${JSON.stringify({ ...statement, Sid: 'ü' })} ],\n "Version":"1" } `;
    const made = await set(text);
    expect([made.status, made.body.length]).toEqual([200, 0]);
    const answer = await kept();
    expect([answer.status, answer.headers['content-type'], answer.body.toString()]).toEqual([
      200,
      'application/json',
      text,
    ]);
    expect((await set(policy({ ...statement, Effect: 'Deny' }))).status).toBe(200);
    expect((await kept()).body.toString()).toBe(policy({ ...statement, Effect: 'Deny' }));
    for (const _ of [1, 2]) expect((await send(plane, { method: 'DELETE', query })).status).toBe(204);
    expect((await kept()).status).toBe(404);
  });

  it('takes a permission each', async () => {
    for (const [method, sub, action] of [
      ['PUT', 'policy', 'oss:PutBucketPolicy'],
      ['GET', 'policy', 'oss:GetBucketPolicy'],
      ['DELETE', 'policy', 'oss:DeleteBucketPolicy'],
      ['GET', 'policyStatus', 'oss:GetBucketPolicyStatus'],
    ] as const) {
      plane.questions.length = 0;
      plane.decide = async () => refused;
      const ask = { method, query: [[sub, '']] as const, ...(method === 'PUT' ? { body: policy(statement) } : {}) };
      expect((await send(plane, ask)).status).toBe(403);
      expect(plane.questions).toMatchObject([{ action, resource: NAME }]);
      expect((await send(plane, { ...ask, sign: 'none' })).status).toBe(403);
    }
    plane.decide = async () => allowed;
    expect((await kept()).status).toBe(404);
  });

  it('goes along with every question about the bucket, and only when there is one', async () => {
    await put(plane, 'k', 'x');
    expect(plane.questions[0]).not.toHaveProperty('bucketPolicy');
    await set(policy(statement));
    plane.questions.length = 0;
    await put(plane, 'k', 'x');
    await send(plane, {});
    await send(plane, { key: 'k', sign: 'none' });
    const side = { bucket: BUCKET, ownerId: ACCOUNT, document: policy(statement) };
    expect(plane.questions).toMatchObject([{ bucketPolicy: side }, { bucketPolicy: side }, { bucketPolicy: side }]);
  });

  it('is not found in a bucket that is not there', async () => {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const reply = await send(plane, {
        method,
        bucket: 'nowhere',
        query,
        ...(method === 'PUT' ? { body: '{}' } : {}),
      });
      expect([reply.status, reply.xml('Code')]).toEqual([404, 'NoSuchBucket']);
    }
  });

  it('says whether it lets everybody in', async () => {
    expect(await isPublic()).toBe('false');
    for (const [one, open] of [
      [statement, 'false'],
      [{ ...statement, Principal: '*' }, 'true'],
      [{ ...statement, Principal: ['7', '*'], Condition: { Bool: { 'acs:SecureTransport': true } } }, 'true'],
      [{ ...statement, Principal: ['arn:sts::*:*/*/*'] }, 'false'],
      [{ ...statement, Principal: '*', Effect: 'Deny' }, 'false'],
    ] as const) {
      expect((await set(policy(one))).status).toBe(200);
      expect(await isPublic(), JSON.stringify(one)).toBe(open);
    }
  });
});

describe('a policy is refused, with the place and the reason,', () => {
  const everybody = { ...statement, Principal: ['*'] };
  it.each<[string, string, string]>([
    ['when it is no JSON', '<Policy/>', 'not JSON'],
    ['when it is empty', '', 'not JSON'],
    ['when its version is a number', policy(statement).replace('"1"', '1'), '/Version: '],
    ['with a principal of RAM', policy({ ...statement, Principal: { RAM: [] } }), '/Statement/0/Principal: '],
    ['with an empty list of principals', policy({ ...statement, Principal: [] }), '/Statement/0/Principal: '],
    ['with NotPrincipal', policy({ ...statement, NotPrincipal: ['7'] }), '/Statement/0/NotPrincipal: '],
    ['with NotAction', policy({ ...statement, NotAction: '*' }), '/Statement/0/NotAction: '],
    ['with an action of RAM', policy(statement, { ...statement, Action: 'ram:*' }), '/Statement/1/Action: '],
    [
      'about another bucket',
      policy({ ...statement, Resource: [NAME, `acs:oss:*:${ACCOUNT}:other/*`] }),
      '/Statement/0/Resource/1: ',
    ],
    ['about the bucket of another account', policy({ ...statement, Resource: `acs:oss:*:9:${BUCKET}` }), '/Resource: '],
    ['about a region', policy({ ...statement, Resource: NAME.replace(':*:', ':cn-hangzhou:') }), '/Resource: '],
    [
      'with a condition on what no request here has',
      policy({ ...statement, Condition: { StringNotLike: { 'acs:SourceVpc': ['vpc-*'] } } }),
      '/Statement/0/Condition/StringNotLike/acs:SourceVpc: ',
    ],
    [
      'with an unknown operator',
      policy({ ...statement, Condition: { StringIs: { 'oss:Prefix': 'a' } } }),
      '/Statement/0/Condition/StringIs: ',
    ],
    ...['oss:PutObject', 'oss:*', '*', 'oss:Get*', 'oss:*Object', 'oss:?etObject', 'oss:PutBucketPolicy'].map(
      (action): [string, string, string] => [
        `when it allows everybody ${action}`,
        policy({ ...everybody, Action: ['oss:GetObject', action] }),
        '/Statement/0/Action/1: everybody',
      ],
    ),
    [
      'when it allows everybody to write on a condition',
      policy({ ...everybody, Action: 'oss:PutObject', Condition: { IpAddress: { 'acs:SourceIp': '10.0.0.0/8' } } }),
      '/Statement/0/Action: everybody',
    ],
  ])('%s', async (_, body, why) => {
    const reply = await set(body);
    expect([reply.status, reply.xml('Code'), reply.xml('EC')]).toEqual([400, 'InvalidPolicyDocument', '0030-00000005']);
    expect(reply.xml('Message')).toContain(why);
    expect((await kept()).status).toBe(404);
  });

  it('beyond 16 KB, to the byte', async () => {
    const filled = (bytes: number) => {
      const empty = policy({ ...statement, Sid: '' });
      return policy({
        ...statement,
        Sid: 'ü'.repeat((bytes - empty.length) >> 1) + 'x'.repeat((bytes - empty.length) & 1),
      });
    };
    expect(Buffer.byteLength(filled(POLICY_LENGTH.resource))).toBe(16_384);
    expect((await set(filled(POLICY_LENGTH.resource))).status).toBe(200);
    const long = await set(filled(POLICY_LENGTH.resource + 1));
    expect([long.status, long.xml('Code'), long.xml('EC')]).toEqual([400, 'InvalidPolicyDocument', '0030-00000001']);
    expect(long.xml('Message')).toContain('16384');
    expect((await set(Buffer.alloc(3_000_000, 0x20))).xml('EC')).toBe('0030-00000001');
  });

  it('when it is not UTF-8', async () => {
    const body = Buffer.from(policy({ ...statement, Sid: '?' }).replace('?', '\xff'), 'latin1');
    const reply = await set(body);
    expect([reply.status, reply.xml('Code')]).toEqual([400, 'InvalidPolicyDocument']);
    expect(reply.xml('Message')).toContain('not UTF-8');
  });

  it('when its Content-MD5 is of something else', async () => {
    const headers = { 'content-md5': Buffer.alloc(16).toString('base64') };
    const reply = await send(plane, { method: 'PUT', query, headers, body: policy(statement) });
    expect([reply.status, reply.xml('Code')]).toEqual([400, 'InvalidDigest']);
    expect((await kept()).status).toBe(404);
  });

  it('when the request names another thing besides', async () => {
    for (const more of [['acl', ''] as const, ['policyStatus', ''] as const]) {
      const reply = await send(plane, { method: 'PUT', query: [...query, more], body: policy(statement) });
      expect(reply.status).toBe(405);
    }
    const path = signed(plane, { method: 'PUT', query }).path;
    const { headers } = signed(plane, { method: 'PUT', query: [...query, ...query] });
    const twice = await raw(plane, { method: 'PUT', path: `${path}&policy`, headers, body: policy(statement) });
    expect([twice.status, twice.xml('Code')]).toEqual([400, 'InvalidArgument']);
  });

  it('everybody may be allowed to read, list and be denied anything', async () => {
    const reading = [
      'oss:GetObject',
      'oss:GetObject*',
      'oss:ListObjects',
      'oss:ListObjectVersions',
      'oss:RestoreObject',
    ];
    const denying = { ...everybody, Effect: 'Deny', Action: '*' };
    expect((await set(policy({ ...everybody, Action: reading }, denying))).status).toBe(200);
  });
});
