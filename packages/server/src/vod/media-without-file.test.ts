import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Ask, send } from '../oss/testing/client.js';
import { type Answer, type ControlRoom, controlRoom } from '../testing/control-room.js';
import type { Keys } from '../testing/signed-call.js';
import { ask, begin, upload } from '../testing/uploads.js';

const DAY = 86_400_000;
let room: ControlRoom;
let root: Keys;
beforeEach(async () => {
  room = await controlRoom();
  root = await room.rootKey();
  const rule =
    '<Rule><Prefix>media/</Prefix><Status>Enabled</Status><Expiration><Days>7</Days></Expiration>' +
    '<AbortMultipartUpload><Days>3</Days></AbortMultipartUpload></Rule>';
  const set = await send(await room.dataPlane(), {
    method: 'PUT',
    bucket: room.installation.bucket,
    query: [['lifecycle', '']],
    body: `<LifecycleConfiguration>${rule}</LifecycleConfiguration>`,
    accessKeyId: root.accessKeyId,
    secret: root.accessKeySecret,
  });
  expect(set.status).toBe(200);
});
afterEach(() => room.close());

const session = () => room.session(room.appServer);
const create = async () => room.call(await session(), 'CreateUploadVideo', { FileName: 'a.mp4', Title: 'a' });
const idOf = (answer: Answer) => String(answer.body.VideoId);
const refresh = async (video: Answer) => room.call(await session(), 'RefreshUploadVideo', { VideoId: idOf(video) });
const statusOf = async (video: Answer) => (await room.media.find(idOf(video)))?.status;

const asRoot = async (ask: Ask) => {
  const { bucket } = room.installation;
  return send(await room.dataPlane(), { bucket, accessKeyId: root.accessKeyId, secret: root.accessKeySecret, ...ask });
};
const fileOf = async (video: Answer) => (await room.media.find(idOf(video)))?.object_key ?? '';
const deleteAll = (keys: readonly string[]) => {
  const body = `<Delete>${keys.map((key) => `<Object><Key>${key}</Key></Object>`).join('')}</Delete>`;
  const headers = { 'content-md5': createHash('md5').update(body).digest('base64') };
  return asRoot({ method: 'POST', query: [['delete', '']], headers, body });
};

describe('a media whose file is deleted', () => {
  test('goes with it, by DeleteObject', async () => {
    const [video, other] = [await create(), await create()];
    for (const each of [video, other]) await upload(room, each, [Buffer.from('x')]);
    expect((await asRoot({ method: 'DELETE', key: await fileOf(video) })).status).toBe(204);
    expect([await statusOf(video), await statusOf(other)]).toEqual([undefined, 'Normal']);
    expect((await refresh(video)).body.Code).toBe('InvalidVideo.NotFound');
  });

  test('goes with it, by DeleteMultipleObjects, which may name others', async () => {
    const [video, other] = [await create(), await create()];
    for (const each of [video, other]) await upload(room, each, [Buffer.from('x')]);
    expect((await deleteAll([await fileOf(video), 'media/nobody', 'notes.txt'])).status).toBe(200);
    expect([await statusOf(video), await statusOf(other)]).toEqual([undefined, 'Normal']);
  });

  test('stays, when there was no file yet', async () => {
    const video = await create();
    await begin(room, video, [Buffer.from('x')]);
    expect((await asRoot({ method: 'DELETE', key: await fileOf(video) })).status).toBe(204);
    expect((await deleteAll([await fileOf(video)])).status).toBe(200);
    expect(await statusOf(video)).toBe('Uploading');
  });

  test('is being uploaded again, when it is', async () => {
    const video = await create();
    await upload(room, video, [Buffer.from('x')]);
    const granted = await refresh(video);
    await begin(room, granted, [Buffer.from('y')]);
    expect((await asRoot({ method: 'DELETE', key: await fileOf(video) })).status).toBe(204);
    expect(await statusOf(video)).toBe('Uploading');
    await upload(room, granted, [Buffer.from('y')]);
    expect(await statusOf(video)).toBe('Normal');
  });
});

describe('a media in a bucket with lifecycle rules', () => {
  test('goes with its file', async () => {
    const video = await create();
    await upload(room, video, [Buffer.from('x')]);
    room.clock.advance(7 * DAY);
    expect(await room.oss.expire()).toEqual({ objects: 1, uploads: 0 });
    expect(await room.media.find(idOf(video))).toBeUndefined();
    await expect.poll(room.blobs, { timeout: 20_000 }).toEqual([]);
  });

  test('stays, when its file is being uploaded anew', async () => {
    const video = await create();
    await upload(room, video, [Buffer.from('x')]);
    room.clock.advance(7 * DAY);
    const granted = await refresh(video);
    await begin(room, granted, [Buffer.from('y')]);
    expect(await room.oss.expire()).toEqual({ objects: 1, uploads: 0 });
    expect(await statusOf(video)).toBe('Uploading');
    await upload(room, granted, [Buffer.from('y')]);
    expect(await statusOf(video)).toBe('Normal');
  });

  test('has failed when its unfinished upload expires, and can be begun again', async () => {
    const video = await create();
    await begin(room, video, [Buffer.from('x')]);
    room.clock.advance(3 * DAY);
    expect(await room.oss.expire()).toEqual({ objects: 0, uploads: 1 });
    expect(await statusOf(video)).toBe('UploadFail');
    const granted = await refresh(video);
    expect([granted.status, await statusOf(video)]).toEqual([200, 'Uploading']);
    expect((await ask(room, granted, 'PUT', [], 'z')).status).toBe(200);
    await room.completion.settle();
    expect(await statusOf(video)).toBe('Normal');
  });

  test('has not failed while another upload of its file is open', async () => {
    const video = await create();
    await begin(room, video);
    room.clock.advance(2 * DAY);
    await begin(room, await refresh(video));
    room.clock.advance(DAY);
    expect(await room.oss.expire()).toEqual({ objects: 0, uploads: 1 });
    expect(await statusOf(video)).toBe('Uploading');
  });
});
