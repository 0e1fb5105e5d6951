import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get, multipart, put, raw, send } from './testing/client.js';
import { BUCKET, startPlane, type TestPlane } from './testing/data-plane.js';

let plane: TestPlane;
beforeAll(async () => {
  plane = await startPlane();
  await plane.db.updateTable('buckets').set({ acl: 'public-read' }).execute();
});
afterAll(() => plane.close());

const KEYS = [
  'a/../b',
  '../../etc/passwd',
  '..',
  '.',
  './a',
  'a//b',
  'a/',
  'trailing blank ',
  ' leading blank',
  'a\\b',
  '%2e%2e%2f',
  'percent%zz',
  'a+b&c=d?e#f',
  "!'()*",
  '\u0001\u0007\n\f\r\t',
  '视频/été',
  '🎬🎞️',
  'COM1',
  '__proto__',
  'x'.repeat(1023),
  'é'.repeat(511),
];

describe('keys that look odd are keys like any other', () => {
  it.each(KEYS)('%j', async (key) => {
    for (const sign of ['v1', 'v4'] as const) {
      const body = `${sign} ${key}`;
      const stored = await send(plane, { method: 'PUT', key, body, sign });
      expect(stored.status).toBe(200);
      const back = await send(plane, { key, sign });
      expect(back.body.toString()).toBe(body);
    }
    expect(
      (await plane.db.selectFrom('objects').select('object_key').where('object_key', '=', key).execute()).length,
    ).toBe(1);
  });

  it('never meet one another', async () => {
    for (const key of KEYS) await put(plane, key, key);
    for (const key of KEYS) expect((await get(plane, key)).body.toString()).toBe(key);
  });

  it('go through multipart as well', async () => {
    for (const key of KEYS) {
      expect((await multipart(plane, key, [Buffer.from(key)])).status).toBe(200);
      expect((await get(plane, key)).body.toString()).toBe(key);
    }
  });

  it('whatever they are', async () => {
    const key = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 200 })
      .filter((text) => !/^[/\\]/.test(text) && !text.includes('\0') && Buffer.byteLength(text) <= 1023);
    await fc.assert(
      fc.asyncProperty(key, async (text) => {
        expect((await put(plane, text, text)).status).toBe(200);
        expect((await get(plane, text)).body.toString()).toBe(text);
      }),
      { numRuns: 50 },
    );
  });
});

describe('keys that are refused with InvalidObjectName', () => {
  it.each(['/a', '\\a', 'x'.repeat(1024), `${'é'.repeat(511)}xx`, 'a\0b', '\0'])('%j', async (key) => {
    for (const method of ['PUT', 'GET', 'DELETE']) {
      const reply = await send(plane, { method, key, ...(method === 'PUT' ? { body: 'x' } : {}) });
      expect([reply.status, reply.xml('Code')]).toEqual([400, 'InvalidObjectName']);
    }
  });

  it.each(['/%', '/%zz', '/a%2', '/%ff%fe', '/%c0%af..', '/%ed%a0%80'])('path %s', async (path) => {
    const reply = await raw(plane, { method: 'GET', path, headers: { host: `${BUCKET}.oss.localhost` } });
    expect([reply.status, reply.xml('Code')]).toEqual([400, 'InvalidObjectName']);
  });
});

describe('paths are not normalised', () => {
  it.each([
    ['/a/../b', 'a/../b'],
    ['/%2e%2e%2f%2e%2e%2fetc', '../../etc'],
    ['/a//b', 'a//b'],
    ['/a%2Fb', 'a/b'],
    ['/a+b', 'a+b'],
    ['/.', '.'],
  ])('%s is the key %s', async (path, key) => {
    await put(plane, key, `object ${key}`);
    const reply = await raw(plane, { method: 'GET', path, headers: { host: `${BUCKET}.oss.localhost` } });
    expect(reply.body.toString()).toBe(`object ${key}`);
  });

  it('a broken query is refused', async () => {
    const reply = await raw(plane, { method: 'GET', path: '/k?a=%zz', headers: { host: `${BUCKET}.oss.localhost` } });
    expect([reply.status, reply.xml('Code')]).toEqual([400, 'InvalidArgument']);
  });
});
