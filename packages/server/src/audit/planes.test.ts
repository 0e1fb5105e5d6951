import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Reply, send } from '../oss/testing/client.js';
import {
  allow,
  type ControlRoom,
  controlRoom,
  policyOf,
  trusting,
  uploadAddressOf,
  uploadAuthOf,
} from '../testing/control-room.js';
import { movableClock } from '../testing/fixed-parts.js';
import type { Keys } from '../testing/signed-call.js';
import { type AuditRow, storyOf } from './query.js';
import type { ShownRecord } from './show-record.js';
import { verifyTrail } from './verify.js';

const Rpc = createRequire(import.meta.url)('@alicloud/pop-core');

let room: ControlRoom;
beforeEach(async () => {
  room = await controlRoom();
});
afterEach(() => room.close());

const rows = async (): Promise<readonly AuditRow[]> => {
  await room.audit.idle();
  return room.db.selectFrom('audit').selectAll().orderBy('seq').execute();
};
const lastOf = async (action: string): Promise<AuditRow & { told: Record<string, unknown> }> => {
  const row = (await rows()).findLast((each) => each.action === action);
  if (!row) throw new Error(`no record of ${action}`);
  return { ...row, told: JSON.parse(row.detail) as Record<string, unknown> };
};

async function oss(
  keys: Keys,
  ask: {
    method?: string;
    key?: string;
    query?: [string, string][];
    headers?: Record<string, string>;
    body?: string;
    bucket?: string;
  },
): Promise<Reply> {
  const token = keys.securityToken === undefined ? {} : { 'x-oss-security-token': keys.securityToken };
  return send(await room.dataPlane(), {
    bucket: room.installation.bucket,
    ...ask,
    headers: { ...ask.headers, ...token },
    accessKeyId: keys.accessKeyId,
    secret: keys.accessKeySecret,
  });
}

const POLICY = '{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}';

/** A whole upload, from the key of a user on. */
async function upload() {
  const vendor = await room.user('vendor', allow('*'));
  const Principal = { RAM: [`acs:ram::${room.accountId}:root`] };
  const trust = policyOf({ Effect: 'Allow', Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'], Principal });
  const role = await room.role('uploader', trust, [allow('*')]);
  const session = await room.session(vendor, {
    RoleArn: role.arn,
    SourceIdentity: 'alice-at-home',
    Policy: POLICY,
  });
  const video = await room.call(session, 'CreateUploadVideo', { FileName: 'a.mp4', Title: 'Holidays' });
  const { AccessKeyId, AccessKeySecret, SecurityToken } = uploadAuthOf(video);
  const keys = { accessKeyId: AccessKeyId, accessKeySecret: AccessKeySecret, securityToken: SecurityToken };
  const { FileName: key } = uploadAddressOf(video);
  const uploadId = (await oss(keys, { method: 'POST', key, query: [['uploads', '']], body: '' })).xml('UploadId') ?? '';
  const part = await oss(keys, {
    method: 'PUT',
    key,
    query: [
      ['partNumber', '1'],
      ['uploadId', uploadId],
    ],
    body: 'bytes',
  });
  const list = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${part.headers.etag}</ETag></Part></CompleteMultipartUpload>`;
  const done = await oss(keys, { method: 'POST', key, query: [['uploadId', uploadId]], body: list });
  expect(done.status).toBe(200);
  return { vendor, role, session, keys, key, uploadId, mediaId: String(video.body.VideoId) };
}

describe('an upload', () => {
  test('is told as a whole, by media, by upload and by object', async () => {
    const { vendor, role, mediaId, uploadId, key } = await upload();
    await room.audit.idle();
    const arn = `acs:oss:*:${room.accountId}:${room.installation.bucket}/${key}`;
    for (const of of [mediaId, uploadId, arn]) {
      const story = await storyOf(room.db, room.accountId, of);
      expect(story.map(({ action }) => action)).toEqual([
        'sts:AssumeRole',
        'vod:CreateUploadVideo',
        'oss:InitiateMultipartUpload',
        'oss:UploadPart',
        'oss:CompleteMultipartUpload',
      ]);
    }
    const [assumed, created, begun, part] = await storyOf(room.db, undefined, uploadId);
    expect(assumed).toMatchObject({
      principal: 'user/vendor',
      outcome: 'Allowed',
      resource: role.arn,
    });
    expect(JSON.parse(assumed?.detail ?? '')).toMatchObject({
      accessKeyId: vendor.accessKeyId,
      SourceIdentity: 'alice-at-home',
    });
    expect(assumed?.subject).toBe(`token:${created?.token_id}`);
    expect(created).toMatchObject({ principal: 'role/uploader/alice', media_id: mediaId });
    expect(begun).toMatchObject({ media_id: mediaId, upload_id: uploadId, token_id: created?.token_id, resource: arn });
    expect(JSON.parse(part?.detail ?? '')).toMatchObject({
      partNumber: '1',
      bytes: 5,
      session: 'alice',
      sourceIdentity: 'alice-at-home',
    });
    expect((await verifyTrail({ db: room.db, ring: room.ring, head: 'none' })).findings).toEqual([]);
  });

  test('leaves no secret, token, signature, policy or body in the trail', async () => {
    const user = await room.user('auditor', allow('*'));
    const { arn } = await room.role(
      'guarded',
      trusting(`acs:ram::${room.accountId}:root`, { StringEquals: { 'sts:ExternalId': 'half-a-secret' } }),
    );
    const guarded = await room.session(user, { RoleArn: arn, ExternalId: 'half-a-secret' });
    await room.call(user, 'AssumeRole', { RoleArn: arn, RoleSessionName: 'bob', ExternalId: 'not-the-secret' });
    const made = await room.call(user, 'CreateAccessKey', { UserName: 'auditor' });
    const { vendor, session, keys } = await upload();
    await oss({ ...keys, accessKeySecret: 'wrong' }, { key: 'x' });
    const text = JSON.stringify(await rows());
    const all: readonly Keys[] = [vendor, session, keys, guarded, user];
    const secrets = all.flatMap((each) => [each.accessKeySecret, each.securityToken ?? '…']);
    const secret = (made.body.AccessKey as { AccessKeySecret: string }).AccessKeySecret;
    for (const never of [
      ...secrets,
      secret,
      'half-a-secret',
      'not-the-secret',
      'Holidays',
      '"Statement',
      'CompleteMultipartUpload>',
    ]) {
      expect(text).not.toContain(never);
    }
    expect((await lastOf('ram:CreateAccessKey')).subject).toMatch(/^key:LTAI/);
  });
});

describe('what is refused or fails', () => {
  test('is recorded with the kind of refusal', async () => {
    const user = await room.user('eve', { Effect: 'Deny', Action: 'ram:*', Resource: '*' });
    expect((await room.call(user, 'CreateUser', { UserName: 'x' })).status).toBe(403);
    const denied = await lastOf('ram:CreateUser');
    expect(denied).toMatchObject({ outcome: 'Denied', principal: 'user/eve', source_ip: '192.0.2.7' });
    expect(denied.told).toMatchObject({
      noPermissionType: 'ExplicitDeny',
      code: 'NoPermission',
      accessKeyId: user.accessKeyId,
    });
    const root = await room.rootKey();
    await room.call(root, 'DeleteUser', { UserName: 'nobody' });
    expect(await lastOf('ram:DeleteUser')).toMatchObject({ outcome: 'Failed', principal: `account/${room.accountId}` });
    await room.call({ ...root, accessKeySecret: 'wrong' }, 'ListUsers');
    const forged = await lastOf('rpc:ListUsers');
    expect(forged).toMatchObject({ outcome: 'Denied', principal: 'anonymous' });
    expect(forged.told).toEqual({ claimedKey: root.accessKeyId, code: 'SignatureDoesNotMatch' });
  });

  test('is recorded on the data plane, but what is not there is not', async () => {
    const user = await room.user('eve', allow('oss:GetObject'));
    expect((await oss(user, { method: 'PUT', key: 'k', body: 'x' })).status).toBe(403);
    expect(await lastOf('oss:PutObject')).toMatchObject({ outcome: 'Denied', principal: 'user/eve' });
    expect((await oss(user, { key: 'k' })).status).toBe(404);
    expect((await rows()).some(({ action }) => action === 'oss:GetObject')).toBe(false);
    expect((await oss({ ...user, accessKeySecret: 'wrong' }, { key: 'k' })).status).toBe(403);
    expect(await lastOf('oss:Authenticate')).toMatchObject({ outcome: 'Denied', principal: 'anonymous' });
  });
});

test('calls that anybody may make without a signature fill no trail: so many are recorded, and the others counted', async () => {
  const target = '/?Action=GetUploadProgress&Version=2017-03-21';
  const raw = { method: 'GET', target, rawHeaders: ['Host', 'x'], body: Buffer.alloc(0), sourceIp: '', secure: false };
  for (let i = 0; i < 600; i++) expect((await room.send(raw)).status).toBe(200);
  await room.audit.idle();
  const rows = await room.db.selectFrom('audit').selectAll().where('action', '=', 'vod:GetUploadProgress').execute();
  expect(rows).toHaveLength(500);
  expect(rows[0]).toMatchObject({ principal: 'anonymous', outcome: 'Allowed' });
});

describe('an operation that cannot be recorded', () => {
  test('is not done on the control plane, nor a write on the data plane', async () => {
    const root = await room.rootKey();
    await room.db.schema.alterTable('audit').renameTo('audit_away').execute();
    expect((await room.call(root, 'CreateUser', { UserName: 'unseen' })).status).toBe(500);
    expect(await room.store.findUserByName(room.accountId, 'unseen')).toBeUndefined();
    expect(
      (
        await room.call(room.appServer, 'AssumeRole', {
          RoleArn: room.installation.uploadRoleArn,
          RoleSessionName: 'alice',
        })
      ).status,
    ).toBe(500);
    const video = { FileName: 'a.mp4', Title: 'unseen' };
    expect((await room.call(root, 'CreateUploadVideo', video)).status).toBe(500);
    expect((await room.call(root, 'CreateUploadImage', { ImageType: 'default', Title: 'unseen' })).status).toBe(500);
    expect(await room.db.selectFrom('media').select('title').execute()).toEqual([]);
    expect((await oss(root, { method: 'PUT', key: 'unseen', body: 'x' })).status).toBe(500);
    expect(await room.db.selectFrom('objects').select('object_key').execute()).toEqual([]);
    await room.db.schema.alterTable('audit_away').renameTo('audit').execute();
  });
});

describe('media', () => {
  const video = (ReferenceId: string) => ({ FileName: 'a.mp4', Title: 'Holidays', ReferenceId });

  test('are named by the record of the call that makes or renews them, and one that is refused is not allowed', async () => {
    const root = await room.rootKey();
    const made = await room.call(root, 'CreateUploadVideo', video('reference-1'));
    expect((await room.call(root, 'CreateUploadVideo', video('reference-1'))).body.Code).toBeDefined();
    const of = async (action: string) =>
      (await rows()).filter((row) => row.action === action).map(({ outcome, media_id }) => [outcome, media_id]);
    const [first, second, ...more] = await of('vod:CreateUploadVideo');
    expect([first, second?.[0], more]).toEqual([['Allowed', made.body.VideoId], 'Failed', []]);
    await room.db.updateTable('media').set({ status: 'UploadFail' }).execute();
    await room.call(root, 'RefreshUploadVideo', { ReferenceId: 'reference-1' });
    expect(await of('vod:RefreshUploadVideo')).toEqual([['Allowed', made.body.VideoId]]);
    const image = await room.call(root, 'CreateUploadImage', { ImageType: 'default' });
    expect(await of('vod:CreateUploadImage')).toEqual([['Allowed', image.body.ImageId]]);
  });
});

describe('reads of the data plane', () => {
  test('are recorded where that is set', async () => {
    await room.close();
    room = await controlRoom({ auditReads: true });
    const root = await room.rootKey();
    await oss(root, { method: 'PUT', key: 'k', body: 'x' });
    await oss(root, { key: 'k' });
    expect(await lastOf('oss:GetObject')).toMatchObject({ outcome: 'Allowed' });
  });
});

describe('ListAuditRecords', () => {
  const list = async (keys: Keys, params: Record<string, string> = {}) => {
    const answer = await room.call(keys, 'ListAuditRecords', params);
    const records = (answer.body.Records as { Record: (ShownRecord & { Detail: string })[] } | undefined)?.Record ?? [];
    return { answer, records };
  };

  test('filters, newest first, in pages that neither repeat nor skip', async () => {
    const root = await room.rootKey();
    for (let i = 0; i < 7; i++) {
      room.clock.advance(1000);
      await room.call(root, 'CreateUser', { UserName: `u${i}` });
    }
    const resources: (string | undefined)[] = [];
    for (let Marker: string | undefined; ; ) {
      const { answer, records } = await list(root, {
        ActionName: 'ram:CreateUser',
        MaxItems: '3',
        ...(Marker ? { Marker } : {}),
      });
      resources.push(...records.map(({ Detail }) => (JSON.parse(Detail) as { UserName: string }).UserName));
      Marker = answer.body.Marker as string | undefined;
      expect(answer.body.IsTruncated).toBe(Marker !== undefined);
      if (Marker === undefined) break;
    }
    expect(resources).toEqual(['u6', 'u5', 'u4', 'u3', 'u2', 'u1', 'u0']);
    const found = async (params: Record<string, string>) =>
      (await list(root, { ActionName: 'ram:Create*', ...params })).records.length;
    expect(await found({ Principal: 'account/*' })).toBe(7);
    expect(await found({ Principal: 'user/nobody' })).toBe(0);
    expect(await found({ Outcome: 'Denied' })).toBe(0);
    expect(await found({ StartTime: '2026-01-01T00:00:03Z', EndTime: '2026-01-01T00:00:05Z' })).toBe(2);
    expect((await list(root, { Outcome: 'Perhaps' })).answer).toMatchObject({ status: 400 });
    expect((await list(root, { StartTime: 'yesterday' })).answer).toMatchObject({ status: 400 });
    expect((await list(root, { MaxItems: '1001' })).answer).toMatchObject({ status: 400 });
  });

  test('needs its own permission, and shows the records of the account alone', async () => {
    const eve = await room.user('eve', allow('ram:ListUsers'));
    expect((await list(eve)).answer.status).toBe(403);
    const auditor = await room.user('auditor', allow('ram:ListAuditRecords', `acs:ram:*:${room.accountId}:audit/*`));
    await room.audit.record({
      at: 0,
      accountId: '4711',
      principal: 'user/other',
      action: 'ram:Other',
      outcome: 'Allowed',
    });
    const { answer, records } = await list(auditor, { MaxItems: '1000' });
    expect(answer.status).toBe(200);
    expect(records.map(({ Action, Outcome }) => `${Action} ${Outcome}`)).toEqual(['ram:ListAuditRecords Denied']);
  });
});

describe('the official client, unmodified', () => {
  test('reads the trail, and when a key was used', async () => {
    await room.close();
    room = await controlRoom({ clock: movableClock(Date.now()) });
    const root = await room.rootKey();
    const server = createServer((req, res) => {
      void buffer(req).then(async (body) => {
        const { method = '', url: target = '', rawHeaders } = req;
        const answer = await room.rpc({ method, target, rawHeaders, body, sourceIp: '192.0.2.7', secure: false });
        res.writeHead(answer.status, { ...answer.headers, 'content-type': answer.contentType }).end(answer.body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const client = new Rpc({ ...root, endpoint: `http://127.0.0.1:${port}`, apiVersion: '2015-05-01' });
      await client.request('CreateUser', { UserName: 'alice' }, { method: 'POST' });
      const used = await client.request('GetAccessKeyLastUsed', { UserAccessKeyId: root.accessKeyId });
      expect(Date.parse(used.AccessKeyLastUsed.LastUsedDate)).toBe(Math.trunc(room.clock.now() / 1000) * 1000);
      const listed = await client.request('ListAuditRecords', { ActionName: 'ram:*', MaxItems: '2' });
      expect(listed.IsTruncated).toBe(false);
      expect(listed.Records.Record.map(({ Action }: { Action: string }) => Action)).toEqual([
        'ram:GetAccessKeyLastUsed',
        'ram:CreateUser',
      ]);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

test('what an account trusts and lets its users do is told by its values', async () => {
  const root = await room.rootKey();
  const provider = { OIDCProviderName: 'ci', IssuerUrl: 'https://ci.example' };
  const print = { OIDCProviderName: 'ci', Fingerprint: '902ef2deeb3c5b13ea4c3d5193629309e231ae55' };
  const liberties = { AllowUserToManageAccessKeys: 'true', LoginNetworkMasks: '0.0.0.0/0' };
  for (const [api, action, params] of [
    ['ims', 'CreateOIDCProvider', { ...provider, ClientIds: 'builds' }],
    ['ims', 'AddFingerprintToOIDCProvider', print],
    ['ram', 'SetSecurityPreference', liberties],
    ['ram', 'SetPasswordPolicy', { MaxLoginAttemps: '0' }],
  ] as const) {
    const { status, text } = await room.call(root, action, params);
    expect(status, text).toBe(200);
    expect((await lastOf(`${api}:${action}`)).told, action).toMatchObject(params);
  }
});

test('a DeleteMultipleObjects names its keys in the trail, whether it was refused or not', async () => {
  const user = await room.user('deleter', allow('oss:DeleteObject', 'acs:oss:*:*:*/u/*'));
  const remove = async (...names: readonly string[]) => {
    const body = `<Delete>${names.map((name) => `<Object><Key>${name}</Key></Object>`).join('')}</Delete>`;
    const headers = { 'content-md5': createHash('md5').update(body).digest('base64') };
    return (await oss(user, { method: 'POST', query: [['delete', '']], headers, body })).status;
  };
  expect([await remove('u/a', 'v/a'), await remove('u/a', 'u/b')]).toEqual([403, 200]);
  const told = (await rows()).filter(({ action }) => action === 'oss:DeleteMultipleObjects');
  expect(told.map(({ outcome, detail }) => [outcome, JSON.parse(detail).keys])).toEqual([
    ['Denied', ['u/a', 'v/a']],
    ['Allowed', ['u/a', 'u/b']],
  ]);
});

describe('GetAccessKeyLastUsed', () => {
  const lastUsed = async (root: Keys, of: Keys, UserName: string) => {
    const answer = await room.call(root, 'GetAccessKeyLastUsed', { UserName, UserAccessKeyId: of.accessKeyId });
    return (answer.body.AccessKeyLastUsed as { LastUsedDate?: string } | undefined)?.LastUsedDate;
  };

  test('tells of verified signatures on both planes at once, and after a restart', async () => {
    const root = await room.rootKey();
    const user = await room.user('alice', allow('*'));
    expect(await lastUsed(root, user, 'alice')).toBeUndefined();
    await room.call(user, 'ListUsers');
    expect(await lastUsed(root, user, 'alice')).toBe('2026-01-01T00:00:00Z');
    room.clock.advance(60_000);
    await oss(user, { key: 'nothing-there' });
    expect(await lastUsed(root, user, 'alice')).toBe('2026-01-01T00:01:00Z');
    room.clock.advance(60_000);
    await room.call({ ...user, accessKeySecret: 'wrong' }, 'ListUsers');
    await oss({ ...user, accessKeySecret: 'wrong' }, { key: 'nothing-there' });
    expect(await lastUsed(root, user, 'alice')).toBe('2026-01-01T00:01:00Z');
    await room.call(user, 'ListUsers', {}, { scheme: 'acs3' });
    expect(await lastUsed(root, user, 'alice')).toBe('2026-01-01T00:02:00Z');
    await room.usage.flush();
    const stored = room.db
      .selectFrom('access_keys')
      .select('last_used_at')
      .where('access_key_id', '=', user.accessKeyId);
    expect((await stored.executeTakeFirst())?.last_used_at).toBe(room.clock.now());
    expect(await lastUsed(root, user, 'alice')).toBe('2026-01-01T00:02:00Z');
  });

  test('knows no key of somebody else, and needs permission', async () => {
    const root = await room.rootKey();
    const user = await room.user('alice');
    const wrong = await room.call(root, 'GetAccessKeyLastUsed', { UserAccessKeyId: user.accessKeyId });
    expect(wrong).toMatchObject({ status: 404, body: { Code: 'EntityNotExist.User.AccessKey' } });
    expect((await room.call(user, 'GetAccessKeyLastUsed', { UserAccessKeyId: user.accessKeyId })).status).toBe(403);
  });
});
