import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { allow, type ControlRoom, controlRoom, policyOf, trusting } from '../../testing/control-room.js';
import { MINUTE } from '../../testing/fixed-parts.js';
import { ask, begin } from '../../testing/uploads.js';
import { openRevocations } from './revocations.js';

type Keys = Parameters<ControlRoom['session']>[0];

let room: ControlRoom;
let root: Keys;
beforeEach(async () => {
  room = await controlRoom();
  root = await room.rootKey();
});
afterEach(() => room.close());

const isLive = async (keys: Keys): Promise<boolean> => {
  const { status, body } = await room.call(keys, 'GetCallerIdentity');
  if (status !== 200) expect(body.Code).toBe('InvalidSecurityToken.Expired');
  return status === 200;
};
const revoke = (params: Readonly<Record<string, string>>, keys = root) => room.call(keys, 'RevokeSessions', params);
const sourced = async (SourceIdentity: string, RoleSessionName = 'alice') =>
  room.session(room.appServer, { SourceIdentity, RoleSessionName });

describe('RevokeSessions', () => {
  test('of a role kills its tokens at once, and new ones live', async () => {
    const old = [await room.session(room.appServer), await room.session(room.appServer, { RoleSessionName: 'bob' })];
    const { status, body } = await revoke({ RoleName: 'sluice-upload', Reason: 'a laptop was stolen' });
    expect([status, body.Revocation]).toMatchObject([
      200,
      { RoleId: expect.any(String), Reason: 'a laptop was stolen', CreatedBy: `account/${room.accountId}` },
    ]);
    for (const keys of old) expect(await isLive(keys)).toBe(false);
    room.clock.advance(1);
    expect(await isLive(await room.session(room.appServer))).toBe(true);
  });

  test('of a session name leaves the others alone, in one role or in all of them', async () => {
    const other = await room.role('other', trusting(`acs:ram::${room.accountId}:root`));
    const [alice, bob] = [
      await room.session(room.appServer),
      await room.session(room.appServer, { RoleSessionName: 'bob' }),
    ];
    const elsewhere = await room.session(room.appServer, { RoleArn: other.arn });
    await revoke({ RoleName: 'sluice-upload', RoleSessionName: 'alice' });
    expect([await isLive(alice), await isLive(bob), await isLive(elsewhere)]).toEqual([false, true, true]);
    await revoke({ RoleSessionName: 'alice' });
    expect([await isLive(bob), await isLive(elsewhere)]).toEqual([true, false]);
  });

  test('of a source identity', async () => {
    await room.allowSourceIdentity();
    const [ann, ben] = [await sourced('ann'), await sourced('ben')];
    await revoke({ SourceIdentity: 'ann' });
    expect([await isLive(ann), await isLive(ben)]).toEqual([false, true]);
  });

  test('of one token', async () => {
    const [one, two] = [await room.session(room.appServer), await room.session(room.appServer)];
    await revoke({ TokenAccessKeyId: one.accessKeyId });
    expect([await isLive(one), await isLive(two)]).toEqual([false, true]);
  });

  test('with an instant leaves what was issued after it', async () => {
    const early = await room.session(room.appServer);
    room.clock.advance(10 * MINUTE);
    const late = await room.session(room.appServer);
    await revoke({
      RoleName: 'sluice-upload',
      NotBefore: new Date(room.clock.now() - 5 * MINUTE).toISOString().replace(/\.\d+/, ''),
    });
    expect([await isLive(early), await isLive(late)]).toEqual([false, true]);
  });

  test('reaches sessions chained from one that was revoked, not those it was chained from', async () => {
    const second = await room.role('second', trusting(room.installation.uploadRoleArn), [allow('sts:AssumeRole')]);
    const uploader = await room.store.findRole(room.accountId, 'sluice-upload');
    await room.store.createPolicy(room.db, {
      owner: room.accountId,
      policy_name: 'Chain',
      description: '',
      document: policyOf(allow('sts:AssumeRole')),
    });
    await room.store.attachPolicy(room.db, `role:${uploader?.role_id}`, room.accountId, 'Chain');
    const first = await room.session(room.appServer);
    const chained = await room.session(first, { RoleArn: second.arn, RoleSessionName: 'next' });
    await revoke({ RoleSessionName: 'next' });
    expect([await isLive(first), await isLive(chained)]).toEqual([true, false]);

    room.clock.advance(1);
    const again = await room.session(first, { RoleArn: second.arn, RoleSessionName: 'again' });
    await revoke({ TokenAccessKeyId: first.accessKeyId });
    expect([await isLive(first), await isLive(again)]).toEqual([false, false]);
  });

  test('survives a restart, and is forgotten when no token of its time can live', async () => {
    const keys = await room.session(room.appServer);
    await revoke({ TokenAccessKeyId: keys.accessKeyId });
    const read = () =>
      openRevocations({
        db: room.db,
        clock: room.clock,
        random: { bytes: () => new Uint8Array(16) },
        longestTokenMs: 12 * 60 * MINUTE,
      });
    expect((await read()).list(room.accountId)).toHaveLength(1);
    room.clock.advance(12 * 60 * MINUTE);
    expect((await read()).list(room.accountId)).toEqual([]);
    expect(await room.db.selectFrom('revocations').selectAll().execute()).toEqual([]);
  });

  test('can be listed and taken back', async () => {
    const keys = await room.session(room.appServer);
    const made = await revoke({ TokenAccessKeyId: keys.accessKeyId });
    const { RevocationId } = made.body.Revocation as { RevocationId: string };
    const listed = await room.call(root, 'ListRevocations');
    expect(listed.body.Revocations).toEqual({ Revocation: [made.body.Revocation] });
    expect((await room.call(root, 'DeleteRevocation', { RevocationId })).status).toBe(200);
    expect(await isLive(keys)).toBe(true);
    expect((await room.call(root, 'DeleteRevocation', { RevocationId })).body.Code).toBe('EntityNotExist.Revocation');
  });

  test.each([
    ['nothing to revoke', {}, 'InvalidParameter'],
    ['two things', { RoleName: 'sluice-upload', SourceIdentity: 'ann' }, 'InvalidParameter'],
    ['a role that is not there', { RoleName: 'nobody' }, 'EntityNotExist.Role'],
    ['a key that is no temporary one', { TokenAccessKeyId: 'LTAI1234' }, 'InvalidParameter.TokenAccessKeyId'],
    ['an instant that is none', { RoleName: 'sluice-upload', NotBefore: 'yesterday' }, 'InvalidParameter.NotBefore'],
    ['the future', { RoleName: 'sluice-upload', NotBefore: '2199-01-01T00:00:00Z' }, 'InvalidParameter'],
  ])('refuses %s', async (_, params, code) => {
    const keys = await room.session(room.appServer);
    expect((await revoke(params as Record<string, string>)).body.Code).toBe(code);
    expect(await isLive(keys)).toBe(true);
  });

  test('takes a permission of its own', async () => {
    const session = await room.session(room.appServer);
    for (const keys of [session, room.appServer]) {
      expect((await revoke({ RoleName: 'sluice-upload' }, keys)).status).toBe(403);
      expect((await room.call(keys, 'ListRevocations')).status).toBe(403);
      expect((await room.call(keys, 'DeleteRevocation', { RevocationId: '0'.repeat(32) })).status).toBe(403);
    }
    const guard = await room.user(
      'guard',
      allow('sts:RevokeSessions', `acs:ram::${room.accountId}:role/sluice-upload`),
    );
    expect((await revoke({ RoleSessionName: 'alice' }, guard)).status).toBe(403);
    expect((await revoke({ RoleName: 'sluice-upload' }, guard)).status).toBe(200);
  });
});

describe('what a revoked session began', () => {
  const begun = async (session: Keys) => {
    const granted = await room.call(session, 'CreateUploadVideo', { Title: 't', FileName: 'a.mp4' });
    const uploadId = await begin(room, granted);
    const query = [
      ['partNumber', '1'],
      ['uploadId', uploadId],
    ] as const;
    return { uploadId, part: (body: string) => ask(room, granted, 'PUT', query, body) };
  };

  test('ends with it: the upload grant is dead and the parts are given back', async () => {
    const [alice, bob] = [
      await room.session(room.appServer),
      await room.session(room.appServer, { RoleSessionName: 'bob' }),
    ];
    const [hers, his] = [await begun(alice), await begun(bob)];
    expect((await hers.part('some bytes')).status).toBe(200);
    expect(await room.blobs()).toHaveLength(1);
    const { body } = await revoke({ RoleSessionName: 'alice' });
    expect(body.AbortedUploads).toBe(1);
    const refused = await hers.part('more bytes');
    expect([refused.status, refused.xml('Code')]).toEqual([403, 'InvalidSecurityToken']);
    expect((await his.part('his bytes')).status).toBe(200);
    expect(await room.blobs()).toHaveLength(1);
  });

  test('stays dead when the session would have ended, also of a revocation for an instant long ago', async () => {
    await room.db.updateTable('roles').set({ max_session_duration: 43_200 }).execute();
    const issuedAt = room.clock.now();
    const alice = await room.session(room.appServer, { DurationSeconds: '43200' });
    room.clock.advance(12 * 60 * MINUTE - 10 * MINUTE);
    const { part } = await begun(alice);
    await revoke({ RoleName: 'sluice-upload', NotBefore: new Date(issuedAt).toISOString(), AbortUploads: 'false' });
    expect((await part('some bytes')).status).toBe(403);
    room.clock.advance(10 * MINUTE);
    expect((await part('some bytes')).status).toBe(403);
    // What is revoked later forgets what is over.
    await revoke({ RoleSessionName: 'nobody' });
    expect((await part('some bytes')).status).toBe(403);
  });

  test('stays when that is asked for, and another session goes on with it', async () => {
    const alice = await room.session(room.appServer);
    const { uploadId, part } = await begun(alice);
    await part('some bytes');
    const { body } = await revoke({ RoleSessionName: 'alice', AbortUploads: 'false' });
    expect(body.AbortedUploads).toBe(0);
    const left = await room.db.selectFrom('uploads').select('upload_id').execute();
    expect(left).toEqual([{ upload_id: uploadId }]);
  });
});
