/**
 * Three accounts: `us`, a vendor that works for many, and another customer of the vendor. Our role trusts the vendor's account and
 * asks for the ExternalId that the vendor gave us; the other customer gives the vendor our role's ARN for its own.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { send } from '../oss/testing/client.js';
import {
  type Answer,
  allow,
  type ControlRoom,
  controlRoom,
  deny,
  policyOf,
  trusting,
} from '../testing/control-room.js';
import type { Keys } from '../testing/signed-call.js';

const OUR_ID = 'customer-4711-q8Zt';
const THEIR_ID = 'customer-4712-m3Kx';

let room: ControlRoom;
let vendor: Awaited<ReturnType<ControlRoom['account']>>;
let other: Awaited<ReturnType<ControlRoom['account']>>;
let worker: Keys;
/** Our role for the vendor. */
let backup: string;
beforeEach(async () => {
  room = await controlRoom();
  vendor = await room.account('2222222222222222');
  other = await room.account('3333333333333333');
  worker = await vendor.user('worker', allow('sts:*'));
  const condition = { StringEquals: { 'sts:ExternalId': OUR_ID } };
  const trust = trusting(`acs:ram::${vendor.accountId}:root`, condition);
  backup = (await room.role('backup', trust, [allow('oss:*')])).arn;
});
afterEach(() => room.close());

const assume = (keys: Keys, RoleArn: string, more: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  room.call(keys, 'AssumeRole', { RoleArn, RoleSessionName: 'work', ...more });
const outcome = async (answer: Promise<Answer>) => {
  const { status, body } = await answer;
  return status === 200 ? 200 : `${status} ${body.Code}`;
};
const REFUSED = '403 NoPermission';

/** What the vendor's program does: the ExternalId is the one that it gave the customer, and no customer can choose it. */
const workFor = (customer: 'us' | 'other', roleArn: string): Promise<Answer> =>
  assume(worker, roleArn, { ExternalId: customer === 'us' ? OUR_ID : THEIR_ID });

const write = async (keys: Keys) =>
  (
    await send(await room.dataPlane(), {
      method: 'PUT',
      bucket: room.installation.bucket,
      key: 'k',
      body: 'x',
      accessKeyId: keys.accessKeyId,
      secret: keys.accessKeySecret,
      ...(keys.securityToken === undefined ? {} : { headers: { 'x-oss-security-token': keys.securityToken } }),
    })
  ).status;

describe('the vendor', () => {
  test('works for us in our account, with our role, and not with its own keys', async () => {
    const { status, body } = await workFor('us', backup);
    expect(status).toBe(200);
    const made = body.Credentials ?? { AccessKeyId: '', AccessKeySecret: '', SecurityToken: '' };
    const session = {
      accessKeyId: made.AccessKeyId,
      accessKeySecret: made.AccessKeySecret,
      securityToken: made.SecurityToken,
    };
    expect((await room.call(session, 'GetCallerIdentity')).body).toMatchObject({ AccountId: room.accountId });
    expect(await write(session)).toBe(200);
    const strong = await vendor.user('strong', allow('*'));
    expect(await write(strong)).toBe(403);
    // And we end it when we want.
    const root = await room.rootKey();
    expect((await room.call(root, 'RevokeSessions', { RoleName: 'backup' })).status).toBe(200);
    expect(await write(session)).toBe(403);
  });

  test('is not tricked into our account by its other customer', async () => {
    expect(await outcome(workFor('other', backup))).toBe(REFUSED);
  });

  test.each([
    ['without an ExternalId', {}],
    ['with an empty one', { ExternalId: '' }],
    ['with another case', { ExternalId: OUR_ID.toUpperCase() }],
    ['with more behind it', { ExternalId: `${OUR_ID}x` }],
    ['with a wildcard', { ExternalId: 'customer-*' }],
    ['with a list', { ExternalId: `${THEIR_ID},${OUR_ID}` }],
    ['with it in a numbered parameter', { 'ExternalId.1': OUR_ID, ExternalId: THEIR_ID }],
    ['with it under the name of the condition key', { 'sts:ExternalId': OUR_ID }],
    ['with it as the session name', { RoleSessionName: OUR_ID }],
    ['with it as a source identity', { SourceIdentity: OUR_ID }],
    ['with a policy of the session that allows everything', { Policy: policyOf(allow('*')) }],
  ])('%s gets nothing', async (_, more) => {
    const answer = assume(worker, backup, more as Record<string, string>);
    expect(await outcome(answer)).toMatch(/^(403 NoPermission|400 InvalidParameter)/);
  });

  test('gets no further by a role of its own in between', async () => {
    const own = await vendor.role('jobs', trusting(`acs:ram::${vendor.accountId}:root`), [allow('sts:AssumeRole')]);
    const session = await room.session(worker, { RoleArn: own.arn });
    expect(await outcome(assume(session, backup))).toBe(REFUSED);
    expect(await outcome(assume(session, backup, { ExternalId: THEIR_ID }))).toBe(REFUSED);
    expect(await outcome(assume(session, backup, { ExternalId: OUR_ID }))).toBe(200);
    // What opened the own role says nothing about the next one.
    const guarded = await vendor.role(
      'guarded',
      trusting(`acs:ram::${vendor.accountId}:root`, { StringEquals: { 'sts:ExternalId': OUR_ID } }),
      [allow('sts:AssumeRole')],
    );
    const carried = await room.session(worker, { RoleArn: guarded.arn, ExternalId: OUR_ID });
    expect(await outcome(assume(carried, backup))).toBe(REFUSED);
  });

  test('learns from a refusal neither whether an ExternalId is asked for nor which', async () => {
    const told = async (more: Record<string, string>) => {
      const { status, body } = await assume(worker, backup, more);
      const { EncodedDiagnosticMessage, ...detail } = body.AccessDeniedDetail ?? {};
      const reader = await vendor.user(`reader${Math.random()}`.replace('.', ''), allow('ram:DecodeDiagnosticMessage'));
      const decoded = await room.call(reader, 'DecodeDiagnosticMessage', {
        EncodedDiagnosticMessage: EncodedDiagnosticMessage ?? '',
      });
      expect(decoded.status).toBe(200);
      const explained = decoded.body.DecodedDiagnosticMessage as Readonly<Record<string, unknown>>;
      expect(JSON.stringify([body, explained])).not.toContain(OUR_ID);
      return { status, code: body.Code, message: body.Message, detail, explained: explained.Explanation };
    };
    const wrong = await told({ ExternalId: THEIR_ID });
    expect(await told({})).toEqual(wrong);
    // Trusted by nobody at all looks the same.
    const closed = await room.role('closed', trusting(`acs:ram::${room.accountId}:user/nobody`));
    const { status, body } = await assume(worker, closed.arn, { ExternalId: THEIR_ID });
    expect([status, body.Code]).toEqual([403, wrong.code]);
    await room.audit.idle();
    const rows = await room.db.selectFrom('audit').selectAll().where('account_id', '=', vendor.accountId).execute();
    expect(rows.length).toBeGreaterThan(2);
    expect(JSON.stringify(rows)).not.toMatch(/q8Zt|m3Kx|trust\[/);
  });
});

describe('the other customer', () => {
  test('gets in neither with an ExternalId that leaked nor as a user of the same name', async () => {
    const thief = await other.user('worker', allow('*'));
    expect(await outcome(assume(thief, backup, { ExternalId: OUR_ID }))).toBe(REFUSED);
    const named = await room.role('named', trusting(`acs:ram::${vendor.accountId}:user/worker`));
    expect(await outcome(assume(thief, named.arn))).toBe(REFUSED);
    expect(await outcome(assume(worker, named.arn))).toBe(200);
  });

  test('cannot touch our role through its own account', async () => {
    const root = await other.rootKey();
    const NewAssumeRolePolicyDocument = trusting(`acs:ram::${other.accountId}:root`);
    expect(await outcome(room.call(root, 'UpdateRole', { RoleName: 'backup', NewAssumeRolePolicyDocument }))).toBe(
      '404 EntityNotExist.Role',
    );
    expect(await outcome(room.call(root, 'RevokeSessions', { RoleName: 'backup' }))).toMatch(/^404/);
  });
});

describe('the trust in another account as a whole', () => {
  let open: string;
  beforeEach(async () => {
    open = (await room.role('open', trusting(`acs:ram::${vendor.accountId}:root`), [allow('oss:*')])).arn;
  });

  test.each([
    ['who has no policy', []],
    ['whose policies are about something else', [allow('oss:*')]],
    ['whose policy names another role', [allow('sts:AssumeRole', 'acs:ram::*:role/other')]],
    [
      'whose policy names a role of that name in its own account',
      [allow('sts:AssumeRole', 'acs:ram::2222222222222222:role/open')],
    ],
    ['whom a policy denies it', [allow('sts:AssumeRole'), deny('sts:AssumeRole', 'acs:ram::*:role/open')]],
  ])('gives nothing to a user of it %s', async (_, statements) => {
    const user = await vendor.user('clerk', ...statements);
    expect(await outcome(assume(user, open))).toBe(REFUSED);
  });

  test('gives nothing to that account itself, nor to a session that may not assume roles', async () => {
    expect((await assume(await vendor.rootKey(), open)).status).toBe(403);
    const own = await vendor.role('idle', trusting(`acs:ram::${vendor.accountId}:root`), [allow('oss:*')]);
    const idle = await room.session(worker, { RoleArn: own.arn });
    expect(await outcome(assume(idle, open))).toBe(REFUSED);
    const narrowed = await vendor.role('jobs', trusting(`acs:ram::${vendor.accountId}:root`), [allow('sts:*')]);
    const cut = await room.session(worker, { RoleArn: narrowed.arn, Policy: policyOf(allow('oss:*')) });
    expect(await outcome(assume(cut, open))).toBe(REFUSED);
    expect(await outcome(assume(worker, open))).toBe(200);
  });

  test('lets nobody of it name the person behind a session, when it does not say so', async () => {
    expect(await outcome(assume(worker, open, { SourceIdentity: 'ceo' }))).toBe(REFUSED);
  });
});
