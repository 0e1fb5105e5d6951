import { randomBytes } from 'node:crypto';
import { crc64 } from '@sluice/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findObjectAndExtents } from '../catalog/manifest.js';
import { get, initiate, multipart, put, send } from '../testing/client.js';
import { BUCKET, startPlane, type TestPlane } from '../testing/data-plane.js';
import { sendHalf } from '../testing/slow-client.js';

let plane: TestPlane;
beforeAll(async () => {
  plane = await startPlane();
});
afterAll(() => plane.close());

const ask = (key: string, position: number | string) => ({
  method: 'POST',
  key,
  query: [
    ['append', ''],
    ['position', String(position)],
  ] as const,
});
const append = (
  key: string,
  position: number | string,
  body: Buffer | string,
  headers: Record<string, string> = {},
  on: TestPlane = plane,
) => send(on, { ...ask(key, position), body, headers });
const head = (key: string) => send(plane, { method: 'HEAD', key });
const extentsOf = async (key: string, on: TestPlane = plane) =>
  (await findObjectAndExtents(on.db, BUCKET, key))?.extents ?? [];

describe('AppendObject', () => {
  it('makes an object, and adds to it', async () => {
    const first = await append('log', 0, 'one ', { 'content-type': 'text/plain', 'x-oss-meta-a': 'b' });
    expect(first.status).toBe(200);
    expect(first.headers['x-oss-next-append-position']).toBe('4');
    const second = await append('log', 4, 'two', { 'x-oss-meta-a': 'other' });
    expect(second.headers).toMatchObject({
      'x-oss-next-append-position': '7',
      'x-oss-hash-crc64ecma': crc64(Buffer.from('one two')).toString(),
    });
    expect(second.headers.etag).toMatch(/^"[0-9A-F]{32}"$/);
    expect(second.headers.etag).not.toBe(first.headers.etag);
    const whole = await get(plane, 'log');
    expect(whole.body.toString()).toBe('one two');
    expect(whole.headers).toMatchObject({
      'x-oss-object-type': 'Appendable',
      'x-oss-next-append-position': '7',
      'content-type': 'text/plain',
      'x-oss-meta-a': 'b',
      etag: second.headers.etag,
    });
    expect(whole.headers['content-md5']).toBeUndefined();
    expect((await head('log')).headers['x-oss-next-append-position']).toBe('7');
    expect((await get(plane, 'log', { range: 'bytes=2-5' })).body.toString()).toBe('e tw');
    expect(plane.stored.at(-1)).toMatchObject({ key: 'log', size: 7 });
  });

  it.each([0, 3, 8])('refuses position %i of 7 bytes, and tells the right one', async (position) => {
    const reply = await append('log', position, 'x');
    expect([reply.status, reply.xml('Code'), reply.xml('Message')]).toEqual([
      409,
      'PositionNotEqualToLength',
      'Position is not equal to file length',
    ]);
    expect(reply.headers['x-oss-next-append-position']).toBe('7');
    expect((await get(plane, 'log')).body.toString()).toBe('one two');
  });

  it('wants position 0 of what is not there', async () => {
    const reply = await append('none', 5, 'x');
    expect([reply.xml('Code'), reply.headers['x-oss-next-append-position']]).toEqual(['PositionNotEqualToLength', '0']);
  });

  it.each(['', '-1', '1.5', 'x', '9'.repeat(16)])('refuses the position "%s"', async (position) => {
    const reply = await append('log', position, 'x');
    expect([reply.status, reply.xml('Code'), reply.xml('ArgumentName')]).toEqual([400, 'InvalidArgument', 'position']);
  });

  it('says when position is missing', async () => {
    const reply = await send(plane, { method: 'POST', key: 'log', query: [['append', '']], body: 'x' });
    expect([reply.status, reply.xml('Code'), reply.xml('ArgumentName')]).toEqual([400, 'MissingArgument', 'position']);
  });

  it('does not add to what was put or uploaded in parts', async () => {
    await put(plane, 'normal', 'abc');
    expect([(await append('normal', 3, 'x')).status, (await append('normal', 3, 'x')).xml('Code')]).toEqual([
      409,
      'ObjectNotAppendable',
    ]);
    await multipart(plane, 'parts', [Buffer.from('abc')]);
    expect((await append('parts', 3, 'x')).xml('Code')).toBe('ObjectNotAppendable');
  });

  it('takes the ACL of a later append, and none of its other headers', async () => {
    const grant = async () => (await send(plane, { key: 'opened', query: [['acl', '']] })).xml('Grant');
    const open = { 'x-oss-object-acl': 'public-read', 'x-oss-meta-a': '1' };
    await append('opened', 0, 'a', open);
    expect((await append('opened', 1, 'b', { 'x-oss-object-acl': 'private', 'x-oss-meta-a': '2' })).status).toBe(200);
    expect([await grant(), (await head('opened')).headers['x-oss-meta-a']]).toEqual(['private', '1']);
    await append('opened', 2, 'c');
    expect(await grant()).toBe('private');
  });

  it('leaves everything as it is when nothing is added', async () => {
    const files = (await plane.files()).length;
    const before = await head('log');
    const reply = await append('log', 7, '');
    expect([reply.status, reply.headers['x-oss-next-append-position']]).toEqual([200, '7']);
    expect([reply.headers.etag, (await head('log')).headers.etag]).toEqual([before.headers.etag, before.headers.etag]);
    expect((await plane.files()).length).toBe(files);
  });

  it('makes an empty object, which grows', async () => {
    expect((await append('empty', 0, '')).headers['x-oss-next-append-position']).toBe('0');
    expect((await get(plane, 'empty')).body.length).toBe(0);
    expect((await append('empty', 0, 'now')).headers['x-oss-next-append-position']).toBe('3');
    expect((await get(plane, 'empty')).body.toString()).toBe('now');
  });

  it('checks what comes, and stores nothing of what is wrong', async () => {
    const files = (await plane.files()).length;
    const wrong = await append('log', 7, 'x', { 'content-md5': 'eB5eJF1ptWaXm4bijSPyxw==' });
    expect(wrong.xml('Code')).toBe('InvalidDigest');
    expect((await append('log', 7, 'x', { 'x-oss-hash-crc64ecma': '1' })).xml('Code')).toBe('InvalidCRC64');
    expect((await get(plane, 'log')).body.toString()).toBe('one two');
    expect((await plane.files()).length).toBe(files);
  });

  it('x-oss-forbid-overwrite makes an object, and lets it grow', async () => {
    const forbid = { 'x-oss-forbid-overwrite': 'true' };
    expect((await append('once', 0, 'a', forbid)).status).toBe(200);
    expect((await append('once', 0, 'a', forbid)).xml('Code')).toBe('FileAlreadyExists');
    expect((await append('once', 1, 'b', forbid)).status).toBe(200);
  });

  it('PutObject over it makes it a normal object, and gives the space back', async () => {
    for (const [i, text] of ['a', 'b', 'c'].entries()) await append('over', i, text);
    const files = (await plane.files()).length;
    await put(plane, 'over', 'whole');
    const reply = await get(plane, 'over');
    expect([reply.body.toString(), reply.headers['x-oss-object-type']]).toEqual(['whole', 'Normal']);
    await expect.poll(async () => (await plane.files()).length).toBe(files - 2);
  });

  it('lets exactly one of many appends to one position win', async () => {
    await append('race', 0, 'start');
    for (let position = 5; position < 5 + 5 * 4; position += 4) {
      const replies = await Promise.all(['aaaa', 'bbbb', 'cccc', 'dddd'].map((text) => append('race', position, text)));
      expect(replies.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
    }
    const { body, headers } = await get(plane, 'race');
    expect(body.toString()).toMatch(/^start(?:([a-d])\1{3}){5}$/);
    expect(headers['x-oss-hash-crc64ecma']).toBe(crc64(body).toString());
  });

  it('lets exactly one of many make the object', async () => {
    const replies = await Promise.all(['a', 'b', 'c'].map((text) => append('first', 0, text)));
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
  });

  it('an append whose body takes long loses to a faster one, and leaves nothing behind', async () => {
    await append('slow', 0, 'x');
    await plane.oss.start();
    const files = (await plane.files()).length;
    const slow = await sendHalf(plane, ask('slow', 1), randomBytes(100_000));
    expect((await append('slow', 1, 'y')).status).toBe(200);
    const reply = await slow.finish();
    expect([reply.xml('Code'), reply.headers['x-oss-next-append-position']]).toEqual(['PositionNotEqualToLength', '2']);
    expect((await get(plane, 'slow')).body.toString()).toBe('xy');
    expect((await plane.files()).length).toBe(files + 1);
  });

  it('an upload in parts may overwrite it', async () => {
    await append('to-parts', 0, 'x');
    const uploadId = await initiate(plane, 'to-parts');
    expect(uploadId).not.toBe('');
    await multipart(plane, 'to-parts', [Buffer.from('parts')]);
    expect((await head('to-parts')).headers['x-oss-object-type']).toBe('Multipart');
  });

  it('is one object of few blobs after hundreds of small appends', async () => {
    const pieces: Buffer[] = [];
    let position = 0;
    for (let i = 0; i < 200; i++) {
      const piece = randomBytes(1 + (i % 40));
      expect((await append('many', position, piece)).status).toBe(200);
      position += piece.length;
      pieces.push(piece);
    }
    const whole = Buffer.concat(pieces);
    const reply = await get(plane, 'many');
    expect(reply.body.equals(whole)).toBe(true);
    expect(reply.headers['x-oss-hash-crc64ecma']).toBe(crc64(whole).toString());
    const extents = await extentsOf('many');
    expect(extents.length).toBeLessThan(70);
    expect(extents.reduce((sum, [, size]) => sum + size, 0)).toBe(whole.length);
  });

  it('keeps what a reader reads while small blobs are put together', async () => {
    const own = await startPlane();
    try {
      let position = 0;
      for (; position < 62; position++) await append('read', position, 'x', {}, own);
      const open = await own.oss.contents.open({ bucket: BUCKET, key: 'read' });
      for (; position < 70; position++) await append('read', position, 'y', {}, own);
      const seen: Uint8Array[] = [];
      for await (const chunk of open?.bytes() ?? []) seen.push(chunk);
      open?.release();
      expect(Buffer.concat(seen).toString()).toBe('x'.repeat(62));
      const extents = (await extentsOf('read', own)).length;
      expect(extents).toBeLessThan(20);
      await expect.poll(async () => (await own.files()).length).toBe(extents);
      expect((await get(own, 'read')).body.toString()).toBe('x'.repeat(62) + 'y'.repeat(8));
    } finally {
      await own.close();
    }
  });
});

describe('AppendObject that cannot be committed', () => {
  it('leaves the object as it was and no blob behind, those put together included', async () => {
    let refuse = false;
    const own = await startPlane({
      objectEvents: {
        async stored() {
          if (refuse) throw new Error('refused');
        },
        committed() {},
        removed: async () => undefined,
      },
    });
    try {
      for (let position = 0; position < 63; position++) await append('log', position, 'x', {}, own);
      const [before, files] = [await extentsOf('log', own), (await own.files()).length];
      refuse = true;
      expect((await append('log', 63, 'y', {}, own)).status).toBe(500);
      refuse = false;
      expect(await extentsOf('log', own)).toEqual(before);
      expect((await own.files()).length).toBe(files);
      expect((await append('log', 63, 'z', {}, own)).status).toBe(200);
      expect((await extentsOf('log', own)).length).toBe(2);
      expect((await get(own, 'log')).body.toString()).toBe(`${'x'.repeat(63)}z`);
    } finally {
      await own.close();
    }
  });
});

describe('AppendObject with a limit of 1000 bytes', () => {
  let small: TestPlane;
  beforeAll(async () => {
    small = await startPlane({ limits: { maxBodyBytes: 1000 } });
  });
  afterAll(() => small.close());

  it('counts the whole object', async () => {
    expect((await append('big', 0, randomBytes(600), {}, small)).status).toBe(200);
    const reply = await append('big', 600, randomBytes(401), {}, small);
    expect([reply.status, reply.xml('Code')]).toEqual([400, 'InvalidArgument']);
    expect((await append('big', 600, randomBytes(400), {}, small)).status).toBe(200);
  });
});
