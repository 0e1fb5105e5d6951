import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { send } from '../oss/testing/client.js';
import { type Answer, allow, type ControlRoom, controlRoom, uploadAddressOf } from '../testing/control-room.js';
import type { Keys } from '../testing/signed-call.js';
import { ask, upload } from '../testing/uploads.js';

const film = randomBytes(300_000);
let room: ControlRoom;
let alice: Keys;
let admin: Keys;
beforeEach(async () => {
  room = await controlRoom({ callbackUrl: 'http://receiver.test/hook' });
  alice = await room.session(room.appServer);
  admin = await room.user('admin', allow('oss:*'));
});
afterEach(() => room.close());

const create = () => room.call(alice, 'CreateUploadVideo', { FileName: 'film.mp4' });
const uploaded = async (): Promise<Answer> => {
  const granted = await create();
  await upload(room, granted, [film]);
  return granted;
};
const sourceOf = (answer: Answer): Record<string, string> => {
  const { Bucket, FileName } = uploadAddressOf(answer);
  return { 'x-oss-copy-source': `/${Bucket}/${FileName}` };
};
const copyAs = async (keys: Keys, target: { bucket: string; key: string }, headers: Record<string, string>) =>
  send(await room.dataPlane(), {
    method: 'PUT',
    ...target,
    headers: { ...headers, ...(keys.securityToken ? { 'x-oss-security-token': keys.securityToken } : {}) },
    accessKeyId: keys.accessKeyId,
    secret: keys.accessKeySecret,
    sign: 'v4',
  });
const statusOf = async (answer: Answer) => (await room.media.find(String(answer.body.VideoId)))?.status;
const events = async () => (await room.db.selectFrom('outbox').select('event_type').execute()).length;
const objectOf = (answer: Answer) => {
  const { Bucket, FileName } = uploadAddressOf(answer);
  return { bucket: Bucket, key: FileName };
};

describe('an upload grant', () => {
  test('copies nothing: neither the file of another media, nor its own', async () => {
    const theirs = await uploaded();
    const mine = await create();
    for (const source of [theirs, mine]) {
      expect((await ask(room, mine, 'PUT', [], undefined, sourceOf(source))).status).toBe(403);
    }
    const uploadId = (await ask(room, mine, 'POST', [['uploads', '']], '')).xml('UploadId') ?? '';
    const query = [
      ['partNumber', '1'],
      ['uploadId', uploadId],
    ] as const;
    expect((await ask(room, mine, 'PUT', query, undefined, sourceOf(theirs))).status).toBe(403);
    expect(await statusOf(mine)).toBe('Uploading');
  });
});

describe('an upload token', () => {
  test('does not get the file of a media by copying it', async () => {
    const source = sourceOf(await uploaded());
    const bucket = room.installation.bucket;
    const reply = await copyAs(alice, { bucket, key: 'alice/film' }, source);
    expect([reply.status, reply.xml('Code')]).toEqual([403, 'AccessDenied']);
  });
});

describe('who may do everything', () => {
  test('finishes a media by copying into it', async () => {
    const source = await uploaded();
    const target = await create();
    const before = await events();
    expect((await copyAs(admin, objectOf(target), sourceOf(source))).status).toBe(200);
    await room.completion.settle();
    expect([await statusOf(target), await events()]).toEqual(['Normal', before + 1]);
  });

  test('changes the metadata of a media without an upload being told of', async () => {
    const media = await uploaded();
    const before = await events();
    const headers = { ...sourceOf(media), 'content-type': 'video/mp4', 'x-oss-metadata-directive': 'REPLACE' };
    expect((await copyAs(admin, objectOf(media), headers)).status).toBe(200);
    await room.completion.settle();
    expect([await statusOf(media), await events()]).toEqual(['Normal', before]);
  });

  test('the copy of a file stays when its media is deleted', async () => {
    const media = await uploaded();
    const target = { bucket: room.installation.bucket, key: 'kept' };
    expect((await copyAs(admin, target, sourceOf(media))).status).toBe(200);
    expect((await room.call(room.appServer, 'DeleteVideo', { VideoIds: String(media.body.VideoId) })).status).toBe(200);
    await room.oss.start();
    const open = await room.oss.contents.open(target);
    const chunks: Uint8Array[] = [];
    for await (const chunk of open?.bytes() ?? []) chunks.push(chunk);
    open?.release();
    expect(Buffer.concat(chunks).equals(film)).toBe(true);
  });

  test('copies into no media that is not there', async () => {
    const source = await uploaded();
    const { bucket } = objectOf(source);
    const reply = await copyAs(admin, { bucket, key: `media/${'0'.repeat(32)}/source.mp4` }, sourceOf(source));
    expect(reply.status).toBe(403);
  });
});
