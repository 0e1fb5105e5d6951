import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { transact } from '../db/transact.js';
import type { StoredObject } from '../oss/object-events.js';
import { type Answer, allow, type ControlRoom, controlRoom, uploadAddressOf } from '../testing/control-room.js';
import type { Keys } from '../testing/signed-call.js';

const CALLBACK = 'http://receiver.test/hook?a=1';
let room: ControlRoom;
let alice: Keys;
beforeEach(async () => {
  room = await controlRoom({ callbackUrl: CALLBACK });
  alice = await room.session(room.appServer);
});
afterEach(() => room.close());

const create = (params: Readonly<Record<string, string>> = {}) =>
  room.call(alice, 'CreateUploadVideo', { FileName: 'a b.mp4', ...params });
const objectOf = (answer: Answer, size = 5): StoredObject => {
  const { Bucket, FileName } = uploadAddressOf(answer);
  return { bucket: Bucket, key: FileName, size, etag: 'E', crc64: '1', requestId: 'R' };
};
const status = async (answer: Answer) =>
  (await room.media.find(String(answer.body.VideoId ?? answer.body.ImageId)))?.status;
const events = async () =>
  (await room.db.selectFrom('outbox').selectAll().execute()).map(({ event_type, url, body }) => ({
    type: event_type,
    url,
    body: JSON.parse(body) as unknown,
  }));
const store = (object: StoredObject) => transact(room.db, (transaction) => room.completion.stored(transaction, object));

describe('a stored object', () => {
  test('walks its video from Uploading over UploadSucc to Normal', async () => {
    const video = await create();
    expect(await status(video)).toBe('Uploading');
    await store(objectOf(video, 314_572_800));
    expect(await status(video)).toBe('UploadSucc');
    room.completion.committed(objectOf(video));
    await room.completion.settle();
    const shown = await room.call(alice, 'GetVideoInfo', { VideoId: String(video.body.VideoId) });
    expect(shown.body.Video).toMatchObject({ Status: 'Normal', Size: 314_572_800 });
  });

  test('becomes a FileUploadComplete, with the documented members and casing', async () => {
    const video = await create({
      UserData: '{"Extend":{"b":2,"a":[1]},"MessageCallback":{"CallbackURL":"http://evil.test/"}}',
    });
    await store(objectOf(video, 42));
    expect(await events()).toEqual([
      {
        type: 'FileUploadComplete',
        url: CALLBACK,
        body: {
          Status: 'success',
          EventTime: '2026-01-01T00:00:00Z',
          EventType: 'FileUploadComplete',
          VideoId: video.body.VideoId,
          Size: 42,
          FileUrl: `http://sluice-uploads.oss.localhost:8401/media/${video.body.VideoId}/source.mp4`,
          Extend: '{"b":2,"a":[1]}',
        },
      },
    ]);
  });

  test('of an image becomes an ImageUploadComplete, which spells its URL differently', async () => {
    const image = await room.call(alice, 'CreateUploadImage', { ImageType: 'cover', AppId: 'app-7' });
    await store(objectOf(image, 7));
    expect(await events()).toEqual([
      {
        type: 'ImageUploadComplete',
        url: CALLBACK,
        body: {
          Status: 'success',
          EventTime: '2026-01-01T00:00:00Z',
          EventType: 'ImageUploadComplete',
          ImageId: image.body.ImageId,
          Size: 7,
          FileURL: `http://sluice-uploads.oss.localhost:8401/media/${image.body.ImageId}/source.png`,
          AppId: 'app-7',
        },
      },
    ]);
  });

  test('of an attached media becomes an AttachedMediaUploadComplete', async () => {
    const admin = await room.user('admin', allow('vod:*'));
    const attached = await room.call(admin, 'CreateUploadAttachedMedia', { BusinessType: 'subtitle', MediaExt: 'srt' });
    await store(objectOf(attached, 9));
    expect(await events()).toEqual([
      {
        type: 'AttachedMediaUploadComplete',
        url: CALLBACK,
        body: {
          Status: 'success',
          EventTime: '2026-01-01T00:00:00Z',
          EventType: 'AttachedMediaUploadComplete',
          AttachedMediaId: attached.body.MediaId,
          Size: 9,
          FileURL: `http://sluice-uploads.oss.localhost:8401/media/${attached.body.MediaId}/source.srt`,
        },
      },
    ]);
  });

  test('whose transaction fails leaves neither status nor event', async () => {
    const video = await create();
    const failing = transact(room.db, async (transaction) => {
      await room.completion.stored(transaction, objectOf(video));
      throw new Error('disk full');
    });
    await expect(failing).rejects.toThrow('disk full');
    expect(await status(video)).toBe('Uploading');
    expect(await events()).toEqual([]);
  });

  test('stored again is an event again: the file was overwritten', async () => {
    const video = await create();
    for (const size of [1, 2]) {
      await store(objectOf(video, size));
      room.completion.committed(objectOf(video));
      await room.completion.settle();
    }
    expect(await events()).toHaveLength(2);
    expect(await status(video)).toBe('Normal');
  });

  test('that belongs to no media is none of our business', async () => {
    const object = { ...objectOf(await create()), key: 'users/alice/a.mp4' };
    await store(object);
    room.completion.committed(object);
    await room.completion.settle();
    expect(await events()).toEqual([]);
  });

  test('beside the one of a video does not finish it: only its own bucket and key count', async () => {
    const video = await create();
    const own = objectOf(video);
    const elsewhere = { ...own, bucket: 'another-bucket' };
    await store(elsewhere);
    room.completion.committed(elsewhere);
    await room.completion.settle();
    expect(await status(video)).toBe('Uploading');
    room.completion.committed(own);
    await room.completion.settle();
    expect(await status(video)).toBe('Uploading');
  });

  test('that belongs to no media is refused where the files of media lie', async () => {
    const own = objectOf(await create());
    const stray = { ...own, key: own.key.replace('source.mp4', 'other.mp4') };
    await expect(store(stray)).rejects.toMatchObject({ code: 'AccessDenied' });
  });
});

describe('a stop between UploadSucc and Normal', () => {
  test('is made good at the next start', async () => {
    const [left, open] = [await create(), await create()];
    await store(objectOf(left));
    await room.completion.recover();
    expect([await status(left), await status(open)]).toEqual(['Normal', 'Uploading']);
  });
});

describe('without a callback', () => {
  test('no event is kept', async () => {
    const quiet = await controlRoom();
    const keys = await quiet.session(quiet.appServer);
    const video = await quiet.call(keys, 'CreateUploadVideo', { FileName: 'a.mp4' });
    await transact(quiet.db, (transaction) => quiet.completion.stored(transaction, objectOf(video)));
    expect(await quiet.db.selectFrom('outbox').selectAll().execute()).toEqual([]);
    await quiet.close();
  });
});
