/** What ends a token before its time, and what does not: the cases 34 to 37 of reference ram-sts 3.7. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rolePrincipal, userPrincipal } from '../ram/attachments.js';
import { allow, type ControlRoom, controlRoom, policyOf, trusting } from '../testing/control-room.js';
import type { Keys } from '../testing/signed-call.js';

let room: ControlRoom;
let trust: string;
beforeAll(async () => {
  room = await controlRoom();
  trust = trusting(`acs:ram::${room.accountId}:root`);
});
afterAll(() => room.close());

let count = 0;
const fresh = async () => {
  const name = `life${++count}`;
  const { arn, id } = await room.role(name, trust, [allow('vod:*')]);
  const caller = await room.user(name, allow('sts:AssumeRole'));
  return { name, arn, id, caller, keys: await room.session(caller, { RoleArn: arn }) };
};
const outcome = async (keys: Keys) => {
  const { status, body } = await room.call(keys, 'CreateUploadVideo', { Title: 't', FileName: 'a.mp4' });
  return body.Code ?? status;
};

describe('a token', () => {
  test('34 may do nothing more once the policy of its role is detached', async () => {
    const { id, keys } = await fresh();
    expect(await outcome(keys)).toBe(200);
    await room.db.deleteFrom('policy_attachments').where('principal', '=', rolePrincipal(id)).execute();
    expect(await outcome(keys)).toBe('Forbidden');
  });

  test('34 dies with its role', async () => {
    const { id, keys } = await fresh();
    await room.deleteRole(id);
    expect(await outcome(keys)).toBe('InvalidSecurityToken.Expired');
  });

  test('35 stays dead when a role is made anew under the name', async () => {
    const { name, arn, id, keys, caller } = await fresh();
    await room.deleteRole(id);
    await room.role(name, trust, [allow('*')]);
    expect(await outcome(keys)).toBe('InvalidSecurityToken.Expired');
    expect(await outcome(await room.session(caller, { RoleArn: arn }))).toBe(200);
  });

  test('36 outlives the permission of the user who asked for it: it is the role’s', async () => {
    const { arn, keys, caller } = await fresh();
    await room.db.deleteFrom('policy_attachments').where('principal', '=', userPrincipal(caller.userId)).execute();
    const again = await room.call(caller, 'AssumeRole', { RoleArn: arn, RoleSessionName: 'alice' });
    expect([again.status, again.body.Code]).toEqual([403, 'NoPermission']);
    expect(await outcome(keys)).toBe(200);
  });

  test('37 outlives the access key it was asked for with; a revocation ends it', async () => {
    const { keys, caller, name } = await fresh();
    const root = await room.rootKey();
    const disabled = await room.call(root, 'UpdateAccessKey', {
      UserName: name,
      UserAccessKeyId: caller.accessKeyId,
      Status: 'Inactive',
    });
    expect(disabled.status).toBe(200);
    expect(await outcome(caller)).toBe('InvalidAccessKeyId.Inactive');
    expect(await outcome(keys)).toBe(200);
  });
});

describe('a policy document', () => {
  test.each([
    [6144, 200],
    [6145, 'InvalidParameter.PolicyDocument.Length'],
  ])('52 of %d characters', async (length, expected) => {
    const document = policyOf(allow('*')).padEnd(length);
    const PolicyName = `L${length}`;
    const answer = await room.call(await room.rootKey(), 'CreatePolicy', { PolicyName, PolicyDocument: document });
    expect(answer.body.Code ?? answer.status).toBe(expected);
  });

  test.each([
    [
      '25 an unknown operator',
      policyOf({ ...allow('*'), Condition: { StringEqual: { k: 'v' } } }),
      '/Statement/0/Condition/StringEqual: the condition operator "StringEqual" is not supported',
    ],
    ['54 a repeated member', '{"Version":"1","Version":"1"}', '/Version: the member is given twice'],
    ['54 __proto__', '{"__proto__":{"Version":"1"}}', '/__proto__: unknown member'],
    ['54 a byte order mark', `\uFEFF${policyOf(allow('*'))}`, 'starts with a byte order mark'],
    ['54 deep nesting', '['.repeat(6_000), 'nested deeper than 16'],
  ])('with %s is refused with the place and the reason', async (_, document, why) => {
    const given = { PolicyName: 'Odd', PolicyDocument: document };
    const { status, body } = await room.call(await room.rootKey(), 'CreatePolicy', given, { scheme: 'post' });
    expect([status, body.Code]).toEqual([400, 'MalformedPolicyDocument']);
    expect(body.Message).toContain(why);
  });

  test('54 of a megabyte is refused', async () => {
    const given = { PolicyName: 'Odd', PolicyDocument: '['.repeat(900_000) };
    const { body } = await room.call(await room.rootKey(), 'CreatePolicy', given, { scheme: 'post' });
    expect(body.Code).toBe('InvalidParameter.PolicyDocument.Length');
  });
});
