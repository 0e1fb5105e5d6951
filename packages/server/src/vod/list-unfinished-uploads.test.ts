import { randomBytes } from 'node:crypto';
import { formatIso } from '@sluice/wire';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { transact } from '../db/transact.js';
import {
  type Answer,
  allow,
  type ControlRoom,
  controlRoom,
  deny,
  policyOf,
  trusting,
} from '../testing/control-room.js';
import type { CallOptions, Keys } from '../testing/signed-call.js';
import { ask, begin, sendPart, upload } from '../testing/uploads.js';

const KIB = 1024;
let room: ControlRoom;
let alice: Keys;
beforeEach(async () => {
  room = await controlRoom();
  alice = await room.session(room.appServer);
});
afterEach(() => room.close());

type Params = Readonly<Record<string, string>>;
interface Listed {
  readonly VideoId: string;
  readonly [member: string]: unknown;
}
const create = (keys: Keys, params: Params = {}) =>
  room.call(keys, 'CreateUploadVideo', { FileName: 'film.mp4', ...params });
const list = (keys: Keys, params: Params = {}, how?: CallOptions) =>
  room.call(keys, 'ListUnfinishedUploads', params, how);
const uploadsOf = (answer: Answer) => answer.body.Uploads as readonly Listed[];
const idsOf = (answer: Answer) => uploadsOf(answer).map(({ VideoId }) => VideoId);
const idOf = (answer: Answer) => String(answer.body.VideoId);
const refusalOf = ({ status, body }: Answer) => [status, body.Code];
const mediaOf = (owner: string, id = '*') => `acs:vod:*:${room.accountId}:media/${owner}/${id}`;

/** A media with an open upload; a second after the one before. */
async function begun(keys: Keys, params: Params = {}): Promise<Answer> {
  room.clock.advance(1000);
  const granted = await create(keys, params);
  await begin(room, granted, [Buffer.from('part')]);
  return granted;
}

describe('ListUnfinishedUploads', () => {
  test('tells what another device needs to go on', async () => {
    const params = { Title: 'A film', FileName: 'C:\\film.mp4', FileSize: '409600', FileSample: 'abc_-09AZ' };
    const granted = await create(alice, { ...params, PartUnit: '262144' });
    const made = room.clock.now();
    const uploadId = await begin(room, granted, [randomBytes(100 * KIB)]);
    await sendPart(room, granted, uploadId, 3, randomBytes(50 * KIB));
    const answer = await list(alice);
    expect(answer.body).toEqual({
      RequestId: expect.any(String),
      Uploads: [
        {
          VideoId: idOf(granted),
          Title: 'A film',
          FileName: 'film.mp4',
          FileSize: 409_600,
          UploadId: uploadId,
          UploadedSize: 150 * KIB,
          FileSample: 'abc_-09AZ',
          PartUnit: 262_144,
          CreationTime: formatIso(made),
        },
      ],
      IsTruncated: false,
    });
    // And it is enough: the credential is renewed, the upload goes on.
    const renewed = await room.call(alice, 'RefreshUploadVideo', { VideoId: idOf(granted) });
    expect((await ask(room, renewed, 'GET', [['uploadId', uploadId]])).body.toString()).toContain('<PartNumber>3<');
  });

  test('leaves out what it was not told', async () => {
    const granted = await begun(alice);
    const [only] = uploadsOf(await list(alice));
    expect(Object.keys(only ?? {}).sort()).toEqual([
      'CreationTime',
      'FileName',
      'Title',
      'UploadId',
      'UploadedSize',
      'VideoId',
    ]);
    expect(only?.VideoId).toBe(idOf(granted));
  });

  test('speaks XML too', async () => {
    const [one, two] = [await begun(alice, { Title: 'a <b>' }), await begun(alice)];
    const { status, contentType, text } = await list(alice, { MaxItems: '2' }, { format: 'XML' });
    expect([status, contentType]).toEqual([200, expect.stringContaining('xml')]);
    expect(text).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>\n<ListUnfinishedUploadsResponse><RequestId>/);
    expect(text).toContain('<Title>a &lt;b&gt;</Title>');
    expect([...text.matchAll(/<Uploads><VideoId>(\w+)<\/VideoId>/g)].map((match) => match[1])).toEqual([
      idOf(two),
      idOf(one),
    ]);
    expect(text).toContain('<IsTruncated>false</IsTruncated>');
  });

  test('lists neither what has no open upload, nor what is finished, aborted or deleted, nor images', async () => {
    await create(alice);
    await upload(room, await create(alice), [Buffer.from('whole')]);
    const aborted = await create(alice);
    const uploadId = await begin(room, aborted);
    await ask(room, aborted, 'DELETE', [['uploadId', uploadId]]);
    const deleted = await begun(alice);
    await room.call(room.appServer, 'DeleteVideo', { VideoIds: idOf(deleted) });
    await begin(room, await room.call(alice, 'CreateUploadImage', { ImageType: 'cover' }));
    expect(uploadsOf(await list(alice))).toEqual([]);
  });

  test('names the newest of several uploads of one media', async () => {
    const granted = await begun(alice);
    room.clock.advance(1000);
    const newest = await begin(room, granted, [Buffer.from('1234567')]);
    expect(uploadsOf(await list(alice))).toMatchObject([{ UploadId: newest, UploadedSize: 7 }]);
  });

  test('pages from the newest to the oldest, each once', async () => {
    const made: string[] = [];
    for (let i = 0; i < 5; i++) {
      made.unshift(idOf(await begun(alice)));
      // Passed over, and no reason for an empty page.
      await create(alice);
    }
    const seen: string[] = [];
    const sizes: number[] = [];
    let Marker = '';
    do {
      const answer = await list(alice, { MaxItems: '2', Marker });
      seen.push(...idsOf(answer));
      sizes.push(idsOf(answer).length);
      expect(answer.body.IsTruncated).toBe(answer.body.NextMarker !== undefined);
      Marker = String(answer.body.NextMarker ?? '');
    } while (Marker !== '');
    expect(seen).toEqual(made);
    expect(sizes).toEqual([2, 2, 1]);
    expect((await list(alice, { MaxItems: '5' })).body.IsTruncated).toBe(false);
  });

  test('pages through media of the same instant', async () => {
    const made = await Promise.all([create(alice), create(alice), create(alice)]);
    for (const granted of made) await begin(room, granted);
    const first = await list(alice, { MaxItems: '2' });
    const second = await list(alice, { MaxItems: '2', Marker: String(first.body.NextMarker) });
    expect([...idsOf(first), ...idsOf(second)].sort()).toEqual(made.map(idOf).sort());
  });

  test('looks at a bounded number of media a call, and says where to go on', async () => {
    const oldest = await begun(alice);
    const row = await room.media.find(idOf(oldest));
    if (!row) throw new Error('nothing was made');
    await transact(room.db, async (transaction) => {
      for (let i = 0; i < 5_200; i++) {
        const media_id = i.toString(16).padStart(32, '0');
        await room.media.create({ ...row, media_id, object_key: `media/${media_id}/source.mp4` }, transaction);
      }
    });
    await room.db
      .updateTable('media')
      .set({ created_at: row.created_at - 1000 })
      .where('media_id', '=', row.media_id)
      .execute();
    const first = await list(alice);
    expect([idsOf(first), first.body.IsTruncated]).toEqual([[], true]);
    const second = await list(alice, { Marker: String(first.body.NextMarker) });
    expect([idsOf(second), second.body.IsTruncated]).toEqual([[idOf(oldest)], false]);
  });

  test.each<[Params]>([
    [{ MaxItems: '0' }],
    [{ MaxItems: '101' }],
    [{ MaxItems: 'x' }],
    [{ Marker: 'x' }],
    [{ Marker: 'MS4yLjM' }],
    [{ Marker: '*'.repeat(20) }],
  ])('refuses %j', async (params) => {
    expect(refusalOf(await list(alice, params))).toEqual([400, 'InvalidParameter']);
  });

  test('is limited for each caller, not for all of them together', async () => {
    const statuses = await Promise.all(Array.from({ length: 12 }, () => list(alice)));
    expect(statuses.map(refusalOf).filter(([status]) => status === 400)).toContainEqual([400, 'Throttling.User']);
    const bob = await room.session(room.appServer, { RoleSessionName: 'bob' });
    expect((await list(bob)).status).toBe(200);
  });
});

describe('an upload that is not the caller’s', () => {
  test('is not listed: another session, a user, the account, or a name that looks alike', async () => {
    const callers: Record<string, Keys> = { alice };
    for (const name of ['bob', 'alice2', 'Alice']) {
      callers[name] = await room.session(room.appServer, { RoleSessionName: name });
    }
    callers.user = await room.user('alice', allow('vod:*'));
    callers.root = await room.rootKey();
    const made: Record<string, string> = {};
    for (const [name, keys] of Object.entries(callers)) made[name] = idOf(await begun(keys));
    for (const [name, keys] of Object.entries(callers)) expect(idsOf(await list(keys)), name).toEqual([made[name]]);
  });

  test('stays out of reach of a marker that was made for it', async () => {
    const bobs = idOf(await begun(await room.session(room.appServer, { RoleSessionName: 'bob' })));
    const Marker = Buffer.from(`${room.clock.now() + 1}.${'f'.repeat(32)}`).toString('base64url');
    const answer = await list(alice, { Marker });
    expect(answer.text).not.toContain(bobs);
    expect(idsOf(answer)).toEqual([]);
  });

  test('of the same session name in another account is not listed', async () => {
    const granted = await begun(alice);
    await room.db.updateTable('media').set({ account_id: '9' }).where('media_id', '=', idOf(granted)).execute();
    expect(idsOf(await list(alice))).toEqual([]);
  });
});

describe('who may list', () => {
  test('AliyunVODUploadAuth and the session policy of the AppServer are enough', async () => {
    // The role has the one; this is the other, as `uploadScope` writes it.
    const Policy = policyOf(
      allow(['vod:CreateUploadVideo', 'vod:CreateUploadImage']),
      allow(['vod:RefreshUploadVideo', 'vod:GetVideoInfo'], mediaOf('alice')),
    );
    const scoped = await room.session(room.appServer, { Policy });
    const granted = await begun(scoped);
    expect(idsOf(await list(scoped))).toEqual([idOf(granted)]);
  });

  test('a session that may renew one of its media sees that one', async () => {
    const [one, two] = [await begun(alice), await begun(alice)];
    for (const [seen, hidden] of [
      [one, two],
      [two, one],
    ] as const) {
      const Policy = policyOf(allow('vod:RefreshUploadVideo', mediaOf('alice', idOf(seen))));
      const answer = await list(await room.session(room.appServer, { Policy }), { MaxItems: '1' });
      expect([idsOf(answer), answer.body.IsTruncated]).toEqual([[idOf(seen)], false]);
      expect(answer.text).not.toContain(idOf(hidden));
    }
  });

  test('a denied media is not listed', async () => {
    const { arn } = await room.role('uploader', trusting(`acs:ram::${room.accountId}:root`), [
      allow('vod:*'),
      deny('vod:RefreshUploadVideo', mediaOf('alice')),
    ]);
    const keys = await room.session(room.appServer, { RoleArn: arn });
    await begun(keys);
    expect(refusalOf(await list(keys))).toEqual([403, 'Forbidden']);
  });

  test('nobody who may not renew credentials, and nobody without a signature', async () => {
    await begun(alice);
    const Policy = policyOf(allow(['vod:CreateUploadVideo', 'vod:ListUnfinishedUploads', 'vod:GetVideoInfo']));
    expect(refusalOf(await list(await room.session(room.appServer, { Policy })))).toEqual([403, 'Forbidden']);
    expect(refusalOf(await list(await room.user('nobody')))).toEqual([403, 'Forbidden']);
    const unsigned = room.sign(alice, 'ListUnfinishedUploads');
    const target = '/?Action=ListUnfinishedUploads&Version=2017-03-21&Format=JSON';
    expect((await room.send({ ...unsigned, target })).status).toBe(400);
  });
});

describe('CreateUploadVideo', () => {
  test.each<[Params]>([
    [{ FileSample: 'a b' }],
    [{ FileSample: 'ü' }],
    [{ FileSample: 'a'.repeat(129) }],
    [{ PartUnit: '102399' }],
    [{ PartUnit: String(5 * 1024 ** 3 + 1) }],
    [{ PartUnit: '1e6' }],
    [{ PartUnit: '204800.5' }],
    [{ PartUnit: '-204800' }],
  ])('refuses %j', async (params) => {
    expect(refusalOf(await create(alice, params))).toEqual([400, 'InvalidParameter']);
  });

  test('takes the limits of FileSample and PartUnit', async () => {
    const sample = '_'.repeat(128);
    for (const PartUnit of [102_400, 5 * 1024 ** 3]) {
      await begun(alice, { FileSample: sample, PartUnit: String(PartUnit) });
      expect(uploadsOf(await list(alice))[0]).toMatchObject({ FileSample: sample, PartUnit });
    }
  });
});
