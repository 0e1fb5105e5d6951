import { createUploadBroker, uploadScope } from '@sluice/appserver';
import { formatIso } from '@sluice/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  allow,
  type ControlRoom,
  controlRoom,
  policyOf,
  trusting,
  uploadAddressOf,
  uploadAuthOf,
} from '../testing/control-room.js';
import { MINUTE } from '../testing/fixed-parts.js';
import type { Keys } from '../testing/signed-call.js';

let room: ControlRoom;
let admin: Keys;
let alice: Keys;
let bob: Keys;
/** Sessions as the AppServer makes them: held to their own media by a session policy. */
const scoped = (user: string) => {
  const { bucket, accountId } = room.installation;
  return room.session(room.appServer, { RoleSessionName: user, Policy: uploadScope({ bucket, accountId })(user) });
};
beforeAll(async () => {
  room = await controlRoom();
  admin = await room.user('admin', allow('vod:*'));
  alice = await scoped('alice');
  bob = await scoped('bob');
});
afterAll(() => room.close());

const make = async (keys: Keys, params: Readonly<Record<string, string>> = {}) =>
  String((await room.call(keys, 'CreateUploadVideo', { FileName: 'a.mp4', ...params })).body.VideoId);
const code = async (keys: Keys, action: string, params: Readonly<Record<string, string>>) => {
  const { status, body } = await room.call(keys, action, params);
  return status === 200 ? 200 : [status, body.Code];
};
const NOBODY = '0'.repeat(32);

describe('RefreshUploadVideo', () => {
  test('grants the same object once more, with a new credential and a new end', async () => {
    const first = await room.call(alice, 'CreateUploadVideo', { FileName: 'a.mp4' });
    room.clock.advance(10 * MINUTE);
    const { VideoId } = first.body;
    const second = await room.call(alice, 'RefreshUploadVideo', { VideoId: String(VideoId) });
    expect(Object.keys(second.body).sort()).toEqual(['RequestId', 'UploadAddress', 'UploadAuth', 'VideoId']);
    expect(second.body.VideoId).toBe(VideoId);
    expect(uploadAddressOf(second)).toEqual(uploadAddressOf(first));
    expect(uploadAuthOf(second).AccessKeyId).not.toBe(uploadAuthOf(first).AccessKeyId);
    expect(uploadAuthOf(second).ExpireUTCTime).toBe(formatIso(room.clock.now() + 3_000_000));
  });

  test('works in every state: it is how a file is overwritten', async () => {
    const VideoId = await make(alice);
    for (const status of ['UploadSucc', 'Normal'] as const) {
      await room.media.update(room.db, VideoId, { status });
      expect(await code(alice, 'RefreshUploadVideo', { VideoId })).toBe(200);
    }
  });

  test('finds a video by reference', async () => {
    const VideoId = await make(alice, { ReferenceId: 'ref-refresh' });
    expect((await room.call(alice, 'RefreshUploadVideo', { ReferenceId: 'ref-refresh' })).body.VideoId).toBe(VideoId);
  });

  test('knows no video that is not there, and refreshes no image', async () => {
    const { status, body } = await room.call(alice, 'RefreshUploadVideo', { VideoId: NOBODY });
    expect([status, body.Code, body.Message]).toEqual([404, 'InvalidVideo.NotFound', 'The video does not exist.']);
    const image = await room.call(alice, 'CreateUploadImage', { ImageType: 'default' });
    expect(await code(alice, 'RefreshUploadVideo', { VideoId: String(image.body.ImageId) })).toEqual([
      404,
      'InvalidVideo.NotFound',
    ]);
  });

  test('needs to be told which', async () => {
    expect(await code(alice, 'RefreshUploadVideo', {})).toEqual([400, 'MissingParameter']);
    expect(await code(alice, 'RefreshUploadVideo', { VideoId: 'x'.repeat(65) })).toEqual([400, 'InvalidParameter']);
  });
});

describe('GetVideoInfo', () => {
  test('tells what is known', async () => {
    const params = {
      Title: 'T',
      Description: 'D',
      Tags: 'a,b',
      CateId: '123456789012345',
      CoverURL: 'http://c/x.png',
      UserData: '{"Extend":"e"}',
      ReferenceId: 'ref-info',
    };
    const VideoId = await make(alice, { ...params, FileSize: '123' });
    const now = formatIso(room.clock.now());
    expect((await room.call(alice, 'GetVideoInfo', { VideoId })).body.Video).toEqual({
      VideoId,
      Title: 'T',
      Description: 'D',
      Tags: 'a,b',
      CateId: 123_456_789_012_345,
      CoverURL: 'http://c/x.png',
      Snapshots: { Snapshot: [] },
      Status: 'Uploading',
      Size: 123,
      CreationTime: now,
      ModificationTime: now,
      StorageLocation: 'sluice-uploads.oss.localhost',
      StorageClass: 'Standard',
      RegionId: 'cn-shanghai',
      TemplateGroupId: '',
      AppId: 'app-1000000',
      ReferenceId: 'ref-info',
      UserData: '{"Extend":"e"}',
    });
  });

  test('says the same as XML, with what the caller wrote escaped', async () => {
    const VideoId = await make(alice, { Title: '</Title><Status>Normal</Status>&"' });
    const { text } = await room.call(alice, 'GetVideoInfo', { VideoId }, { format: 'XML' });
    expect(text).toContain(`<GetVideoInfoResponse><RequestId>`);
    expect(text).toContain('<Title>&lt;/Title&gt;&lt;Status&gt;Normal&lt;/Status&gt;&amp;&quot;</Title>');
    expect(text.match(/<Status>/g)).toHaveLength(1);
  });

  test('knows no video that is not there', async () => {
    expect(await code(alice, 'GetVideoInfo', { VideoId: NOBODY })).toEqual([404, 'InvalidVideo.NotFound']);
    expect(await code(alice, 'GetVideoInfo', {})).toEqual([400, 'MissingParameter']);
  });
});

describe('DeleteVideo', () => {
  test('deletes several, and names those that are not there', async () => {
    const [a, b] = [await make(alice), await make(bob)];
    const { status, body } = await room.call(admin, 'DeleteVideo', { VideoIds: `${a}, ${b},${NOBODY},${a}` });
    expect([status, body]).toEqual([
      200,
      { RequestId: expect.any(String), ForbiddenVideoIds: [], NonExistVideoIds: [NOBODY], NonExistReferenceIds: [] },
    ]);
    expect(await code(alice, 'GetVideoInfo', { VideoId: a })).toEqual([404, 'InvalidVideo.NotFound']);
  });

  test('takes reference ids, when no video ids are given', async () => {
    const [a, b] = [await make(alice, { ReferenceId: 'order-1' }), await make(bob, { ReferenceId: 'order-2' })];
    const { status, body } = await room.call(admin, 'DeleteVideo', { ReferenceIds: 'order-1,order-9' });
    expect([status, body]).toEqual([
      200,
      {
        RequestId: expect.any(String),
        ForbiddenVideoIds: [],
        NonExistVideoIds: [],
        NonExistReferenceIds: ['order-9'],
      },
    ]);
    expect(await code(alice, 'GetVideoInfo', { VideoId: a })).toEqual([404, 'InvalidVideo.NotFound']);
    const dave = await room.user('dave', allow('vod:*', 'acs:vod:*:*:media/alice/*'));
    expect(await code(dave, 'DeleteVideo', { ReferenceIds: 'order-2' })).toEqual([403, 'Forbidden']);
    expect(await code(admin, 'DeleteVideo', { VideoIds: NOBODY, ReferenceIds: 'order-2' })).toEqual([
      404,
      'InvalidVideo.NotFound',
    ]);
    expect(await code(bob, 'GetVideoInfo', { VideoId: b })).toBe(200);
    expect(await code(admin, 'DeleteVideo', { ReferenceIds: ' , ' })).toEqual([400, 'MissingParameter']);
  });

  test('kills the grants to upload them', async () => {
    const created = await room.call(alice, 'CreateUploadVideo', { FileName: 'a.mp4' });
    const { AccessKeyId, SecurityToken } = uploadAuthOf(created);
    expect(await room.credentials.lookup(AccessKeyId, SecurityToken)).toMatchObject({
      ok: true,
      principal: { kind: 'upload-grant', key: uploadAddressOf(created).FileName },
    });
    await room.call(admin, 'DeleteVideo', { VideoIds: String(created.body.VideoId) });
    expect(await room.credentials.lookup(AccessKeyId, SecurityToken)).toEqual({ ok: false, failure: 'revoked-token' });
  });

  test('takes 20 at once, and not one more', async () => {
    const ids = (count: number) => Array.from({ length: count }, (_, i) => String(i).padStart(32, '0')).join(',');
    expect(await code(admin, 'DeleteVideo', { VideoIds: ids(20) })).toEqual([404, 'InvalidVideo.NotFound']);
    expect(await code(admin, 'DeleteVideo', { VideoIds: ids(21) })).toEqual([400, 'VideoIdsExceededMax']);
    expect(await code(admin, 'DeleteVideo', { VideoIds: ids(60) })).toEqual([400, 'VideoIdsExceededMax']);
  });

  test('needs to be told which', async () => {
    for (const VideoIds of ['', ' , '])
      expect(await code(admin, 'DeleteVideo', { VideoIds })).toEqual([400, 'MissingParameter']);
  });

  test('deletes nothing when one of them is forbidden', async () => {
    const carol = await room.user('carol', allow('vod:*', 'acs:vod:*:*:media/alice/*'));
    const [a, b] = [await make(alice), await make(bob)];
    expect(await code(carol, 'DeleteVideo', { VideoIds: `${a},${b}` })).toEqual([403, 'Forbidden']);
    expect(await code(alice, 'GetVideoInfo', { VideoId: a })).toBe(200);
    expect(await code(carol, 'DeleteVideo', { VideoIds: a })).toBe(200);
  });
});

describe('a session that is held to its own media', () => {
  test('refreshes and reads its own, and nobody else’s', async () => {
    const [a, b] = [await make(alice, { ReferenceId: 'ref-alice' }), await make(bob)];
    for (const action of ['RefreshUploadVideo', 'GetVideoInfo']) {
      expect(await code(alice, action, { VideoId: a }), action).toBe(200);
      expect(await code(bob, action, { VideoId: b }), action).toBe(200);
      expect(await code(alice, action, { VideoId: b }), action).toEqual([403, 'Forbidden']);
      expect(await code(bob, action, { ReferenceId: 'ref-alice' }), action).toEqual([403, 'Forbidden']);
    }
  });

  test('is the same user with the next token', async () => {
    const a = await make(alice);
    expect(await code(await scoped('alice'), 'RefreshUploadVideo', { VideoId: a })).toBe(200);
  });

  test.each(['ali', 'alice2', 'Alice', 'al.ce'])('is not reached from the session %s', async (name) => {
    expect(await code(await scoped(name), 'RefreshUploadVideo', { VideoId: await make(alice) })).toEqual([
      403,
      'Forbidden',
    ]);
  });

  test.each(['admin', 'root', 'user-admin', 'account-root'])(
    'named %s does not become the owner of what that user or the account made',
    async (name) => {
      const session = await scoped(name);
      for (const owner of [admin, await room.rootKey()])
        expect(await code(session, 'RefreshUploadVideo', { VideoId: await make(owner) })).toEqual([403, 'Forbidden']);
    },
  );

  test('deletes nothing', async () => {
    expect(await code(alice, 'DeleteVideo', { VideoIds: await make(alice) })).toEqual([403, 'Forbidden']);
  });

  test('is a choice: with resource *, as policies for Alibaba Cloud say, all media are in reach', async () => {
    const { arn } = await room.role('editor', trusting(`acs:ram::${room.accountId}:root`), [allow('vod:*')]);
    const Policy = policyOf(allow(['vod:RefreshUploadVideo', 'vod:GetVideoInfo']));
    const wide = await room.session(room.appServer, { RoleArn: arn, Policy });
    for (const owner of [alice, bob, admin])
      expect(await code(wide, 'RefreshUploadVideo', { VideoId: await make(owner) })).toBe(200);
  });
});

describe('media of another account', () => {
  test('are not there', async () => {
    const VideoId = await make(alice);
    await room.db
      .updateTable('media')
      .set({ account_id: '9'.repeat(16) })
      .where('media_id', '=', VideoId)
      .execute();
    for (const keys of [admin, await room.rootKey()]) {
      expect(await code(keys, 'GetVideoInfo', { VideoId })).toEqual([404, 'InvalidVideo.NotFound']);
      expect(await code(keys, 'RefreshUploadVideo', { VideoId })).toEqual([404, 'InvalidVideo.NotFound']);
      expect(await code(keys, 'DeleteVideo', { VideoIds: VideoId })).toEqual([404, 'InvalidVideo.NotFound']);
    }
  });
});

describe('the broker of an AppServer', () => {
  test('creates and refreshes for its user through the same door', async () => {
    const broker = createUploadBroker({
      endpoint: 'http://sluice.internal/',
      credentials: async () => ({
        ...alice,
        securityToken: alice.securityToken ?? '',
        expiration: '2026-01-01T01:00:00Z',
      }),
      clock: room.clock.now,
      transport: async ({ method, url, headers, body }) => {
        const { pathname, search, host } = new URL(url);
        const rawHeaders = ['Host', host, ...Object.entries(headers).flat()];
        return room.rpc({
          method,
          target: pathname + search,
          rawHeaders,
          body: Buffer.from(body),
          sourceIp: '127.0.0.1',
          secure: true,
        });
      },
    });
    const made = await broker.create('alice', {
      title: 'T',
      fileName: 'a.mp4',
      userData: { Extend: { a: 1 } },
      tags: ['x', 'y'],
    });
    expect((await broker.refresh('alice', String(made.VideoId))).VideoId).toBe(made.VideoId);
  });
});
