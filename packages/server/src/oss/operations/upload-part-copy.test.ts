import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { crc64, formatHttpDate } from '@sluice/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ByteRange, StorageEngine } from '../engine/engine.js';
import { complete, get, initiate, multipart, put, send, signed, uploadPart } from '../testing/client.js';
import { BUCKET, startPlane, type TestPlane } from '../testing/data-plane.js';

let plane: TestPlane;
const pieces = [randomBytes(150 * 1024), randomBytes(100 * 1024), randomBytes(300 * 1024 + 1), randomBytes(10)];
const whole = Buffer.concat(pieces);
/** Replaces what the engine reads. */
let onRead: ((read: StorageEngine['read'], blob: string, range: ByteRange) => Promise<Readable>) | undefined;
beforeAll(async () => {
  plane = await startPlane({
    wrapEngine: (engine) => ({
      ...engine,
      read: (blob, range) => (onRead ? onRead(engine.read, blob, range) : engine.read(blob, range)),
    }),
  });
  expect((await multipart(plane, 'film', pieces)).status).toBe(200);
});
afterAll(() => plane.close());

const ask = (
  key: string,
  uploadId: string,
  partNumber: number,
  headers: Record<string, string> = {},
  from = 'film',
) => ({
  method: 'PUT',
  key,
  query: [
    ['partNumber', String(partNumber)],
    ['uploadId', uploadId],
  ] as const,
  headers: { 'x-oss-copy-source': `/${BUCKET}/${encodeURIComponent(from)}`, ...headers },
});
const copyPart = (...args: Parameters<typeof ask>) => send(plane, ask(...args));
const range = (text: string) => ({ 'x-oss-copy-source-range': text });
const md5 = (bytes: Buffer) => `"${createHash('md5').update(bytes).digest('hex').toUpperCase()}"`;

describe('UploadPartCopy', () => {
  it('makes parts of ranges that reach over several blobs', async () => {
    const uploadId = await initiate(plane, 'cut');
    const cuts = [0, 120 * 1024, 390 * 1024, whole.length];
    const parts: [number, string][] = [];
    for (let i = 0; i < 3; i++) {
      const [start, end] = [cuts[i] as number, (cuts[i + 1] as number) - 1];
      const reply = await copyPart('cut', uploadId, i + 1, range(`bytes=${start}-${end}`));
      const bytes = whole.subarray(start, end + 1);
      expect(reply.status).toBe(200);
      expect(reply.headers).toMatchObject({
        etag: md5(bytes),
        'x-oss-hash-crc64ecma': crc64(bytes).toString(),
        'content-range': `bytes ${start}-${end}/${whole.length}`,
      });
      expect(reply.body.toString()).toMatch(/<CopyPartResult><LastModified>[^<]+Z<\/LastModified><ETag>&quot;/);
      parts.push([i + 1, String(reply.headers.etag)]);
    }
    const done = await complete(plane, 'cut', uploadId, parts);
    expect(done.headers['x-oss-hash-crc64ecma']).toBe(crc64(whole).toString());
    expect((await get(plane, 'cut')).body.equals(whole)).toBe(true);
  });

  it.each([
    undefined,
    'bytes=5-2',
    'bytes=x',
    '0-9',
    'bytes=0-1,5-6',
    `bytes=0-${whole.length}`,
    `bytes=${whole.length}-`,
  ])('copies the whole for the range %s, and confirms none', async (text) => {
    const uploadId = await initiate(plane, 'all');
    const reply = await copyPart('all', uploadId, 1, text === undefined ? {} : range(text));
    expect([reply.headers.etag, reply.headers['content-range']]).toEqual([md5(whole), undefined]);
  });

  it.each([
    ['bytes=100-', 100, whole.length - 1],
    ['bytes=-100', whole.length - 100, whole.length - 1],
    ['bytes=0-0', 0, 0],
  ])('takes the range %s', async (text, start, end) => {
    const uploadId = await initiate(plane, 'some');
    const reply = await copyPart('some', uploadId, 1, range(text));
    expect(reply.headers.etag).toBe(md5(whole.subarray(start, end + 1)));
    expect(reply.headers['content-range']).toBe(`bytes ${start}-${end}/${whole.length}`);
  });

  it('copies an empty object to an empty part', async () => {
    await put(plane, 'nothing', '');
    const uploadId = await initiate(plane, 'n');
    const reply = await copyPart('n', uploadId, 1, range('bytes=0-9'), 'nothing');
    expect([reply.status, reply.headers.etag]).toEqual([200, md5(Buffer.alloc(0))]);
  });

  it('stands beside parts that were sent', async () => {
    const uploadId = await initiate(plane, 'mixed');
    const sent = randomBytes(102400);
    const one = await uploadPart(plane, 'mixed', uploadId, 1, sent);
    const two = await copyPart('mixed', uploadId, 2, range('bytes=0-99'));
    await complete(plane, 'mixed', uploadId, [
      [1, String(one.headers.etag)],
      [2, String(two.headers.etag)],
    ]);
    expect((await get(plane, 'mixed')).body.equals(Buffer.concat([sent, whole.subarray(0, 100)]))).toBe(true);
  });

  it('conditions of the source: 412 and 304', async () => {
    const uploadId = await initiate(plane, 'cond');
    const etag = String((await send(plane, { method: 'HEAD', key: 'film' })).headers.etag);
    const when = (name: string, value: string) =>
      copyPart('cond', uploadId, 1, { [`x-oss-copy-source-${name}`]: value, ...range('bytes=0-9') });
    const before = formatHttpDate(plane.clock.ms - 60_000);
    expect((await when('if-match', '"other"')).status).toBe(412);
    expect((await when('if-unmodified-since', before)).status).toBe(412);
    expect((await when('if-none-match', etag)).status).toBe(304);
    expect((await when('if-modified-since', formatHttpDate(plane.clock.ms))).status).toBe(304);
    expect((await when('if-match', etag)).status).toBe(200);
  });

  it('refuses what is not there, not allowed or not a copy', async () => {
    const uploadId = await initiate(plane, 'bad');
    const codes = async (reply: ReturnType<typeof send>) => [(await reply).status, (await reply).xml('Code')];
    expect(await codes(copyPart('bad', '0'.repeat(32), 1))).toEqual([404, 'NoSuchUpload']);
    expect(await codes(copyPart('bad', uploadId, 0))).toEqual([400, 'InvalidArgument']);
    expect(await codes(copyPart('bad', uploadId, 1, {}, 'none'))).toEqual([404, 'NoSuchKey']);
    const { headers } = ask('bad', uploadId, 1);
    const noUpload = send(plane, { method: 'PUT', key: 'bad', query: [['partNumber', '1']], headers });
    expect(await codes(noUpload)).toEqual([400, 'MissingArgument']);
    const query = [
      ['append', ''],
      ['position', '0'],
    ] as const;
    await send(plane, { method: 'POST', key: 'log', query, body: 'x' });
    expect(await codes(copyPart('bad', uploadId, 1, {}, 'log'))).toEqual([400, 'OperationNotSupported']);
    plane.questions.length = 0;
    await copyPart('bad', uploadId, 1);
    expect(plane.questions.map(({ action, resource }) => [action, resource.split('/').at(-1)])).toEqual([
      ['oss:PutObject', 'bad'],
      ['oss:GetObject', 'film'],
    ]);
  });

  it('reads on when the source is overwritten and deleted meanwhile', async () => {
    await put(plane, 'victim', whole);
    const uploadId = await initiate(plane, 'late');
    onRead = async (read, blob, wanted) => {
      onRead = undefined;
      const stream = await read(blob, wanted);
      await put(plane, 'victim', 'other');
      await send(plane, { method: 'DELETE', key: 'victim' });
      return stream;
    };
    const reply = await copyPart('late', uploadId, 1, {}, 'victim');
    expect([reply.status, reply.headers.etag]).toEqual([200, md5(whole)]);
  });

  it('keeps no part of a source that is damaged', async () => {
    await put(plane, 'damaged', whole);
    const uploadId = await initiate(plane, 'never');
    const files = (await plane.files()).length;
    for (const bytes of [whole.subarray(1), Buffer.concat([whole.subarray(1), Buffer.alloc(1)])]) {
      onRead = async () => Readable.from([bytes]);
      expect((await copyPart('never', uploadId, 1, {}, 'damaged')).status).toBe(500);
    }
    onRead = async () => {
      throw Object.assign(new Error('i/o error'), { code: 'EIO' });
    };
    expect((await copyPart('never', uploadId, 1, {}, 'damaged')).xml('Code')).toBe('InternalError');
    onRead = undefined;
    expect((await plane.files()).length).toBe(files);
  });

  it('keeps no range of whole parts of a source that is damaged', async () => {
    const uploadId = await initiate(plane, 'ranged');
    const files = (await plane.files()).length;
    const ranges = ['bytes=153600-255999', `bytes=0-${whole.length - 1}`];
    onRead = async (read, ...piece) => {
      const bytes = await buffer(await read(...piece));
      bytes[7] = (bytes[7] as number) ^ 1;
      return Readable.from([bytes]);
    };
    for (const text of ranges) {
      const reply = await copyPart('ranged', uploadId, 1, range(text));
      expect([reply.status, reply.xml('Message')]).toEqual([500, expect.stringContaining('damaged')]);
    }
    onRead = undefined;
    expect((await plane.files()).length).toBe(files);
    for (const text of [...ranges, 'bytes=153601-255999', 'bytes=153600-255998', 'bytes=1-153599']) {
      expect((await copyPart('ranged', uploadId, 1, range(text))).status).toBe(200);
    }
  });

  it('ends when the client goes away, and keeps nothing', async () => {
    await put(plane, 'long', whole);
    const uploadId = await initiate(plane, 'gone');
    const files = (await plane.files()).length;
    let start: (stream: Readable) => void = () => {};
    const started = new Promise<Readable>((resolve) => {
      start = resolve;
    });
    onRead = async () => {
      const endless = new Readable({ read() {} });
      endless.push(whole.subarray(0, 1000));
      start(endless);
      return endless;
    };
    const req = request({
      host: '127.0.0.1',
      port: plane.port,
      ...signed(plane, ask('gone', uploadId, 1, {}, 'long')),
    });
    req.on('error', () => {});
    req.end();
    const stream = await started;
    onRead = undefined;
    req.destroy();
    await expect.poll(() => stream.destroyed).toBe(true);
    await expect.poll(async () => (await plane.files()).length).toBe(files);
    const list = await send(plane, { key: 'gone', query: [['uploadId', uploadId]] });
    expect(list.body.toString()).not.toContain('<Part>');
  });
});

describe('UploadPartCopy with a limit of 1000 bytes', () => {
  it('wants a range of what is larger', async () => {
    const small = await startPlane({ limits: { maxBodyBytes: 1000, minPartBytes: 1 } });
    try {
      await multipart(small, 'big', [randomBytes(900), randomBytes(900)]);
      const uploadId = await initiate(small, 'to');
      const reply = await send(small, ask('to', uploadId, 1, {}, 'big'));
      expect([reply.status, reply.xml('Code')]).toEqual([400, 'InvalidArgument']);
      expect((await send(small, ask('to', uploadId, 1, range('bytes=500-1499'), 'big'))).status).toBe(200);
    } finally {
      await small.close();
    }
  });
});
