/** What goes wrong below, beside and in time: nothing that was acknowledged is lost, and nothing is half-stored. */
import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CommitUnknown, DatabaseFull } from '../db/database-errors.js';
import { findRgw } from '../testing/rgw.js';
import { EngineFull, type StorageEngine } from './engine/engine.js';
import {
  complete,
  completeXml,
  get,
  initiate,
  multipart,
  put,
  type Reply,
  send,
  uploadPart,
} from './testing/client.js';
import { startPlane, type TestPlane } from './testing/data-plane.js';
import { sendHalf } from './testing/slow-client.js';

const KIB100 = 100 * 1024;
let plane: TestPlane;
let wrap: (engine: StorageEngine) => StorageEngine;
beforeEach(async () => {
  wrap = (engine) => engine;
  plane = await startPlane({ wrapEngine: (engine) => ({ ...engine, ...lazily(engine) }), limits: { tidyMs: 20 } });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await plane.close();
});

/** The wrapping may change while the plane runs. */
const lazily = (engine: StorageEngine): Pick<StorageEngine, 'put' | 'read' | 'delete' | 'freeBytes'> => ({
  put: (body, options) => wrap(engine).put(body, options),
  read: (blob, range) => wrap(engine).read(blob, range),
  delete: (blob) => wrap(engine).delete(blob),
  freeBytes: () => wrap(engine).freeBytes(),
});

const code = (reply: Reply) => [reply.status, reply.xml('Code')];
const abort = (key: string, uploadId: string) =>
  send(plane, { method: 'DELETE', key, query: [['uploadId', uploadId]] });
const listed = async (key: string, uploadId: string): Promise<number[]> => {
  const reply = await send(plane, { key, query: [['uploadId', uploadId]] });
  return [...reply.body.toString().matchAll(/<PartNumber>(\d+)</g)].map((m) => Number(m[1]));
};
const eventually = async (check: () => Promise<boolean>): Promise<void> => {
  for (let i = 0; i < 2000; i++) {
    if (await check()) return;
    await sleep(10);
  }
  throw new Error('it never came to be');
};
const scrub = () =>
  plane.oss.scrubber.run({ bytesPerSecond: Number.POSITIVE_INFINITY, signal: new AbortController().signal });
/** Every file is named by the catalog, and sound. */
const nothingLeft = async (): Promise<void> => {
  await plane.oss.start();
  const report = await scrub();
  expect(report).toMatchObject({ clean: true });
  expect((await plane.files()).length).toBe(report.blobs);
};
const errno = (name: string) => Object.assign(new Error(`${name}: on a secret path`), { code: name, syscall: 'write' });

/** The class of the file handles that everybody in this process gets. */
async function fileHandles(): Promise<FileHandle> {
  const handle = await open('/dev/null');
  await handle.close();
  return Object.getPrototypeOf(handle) as FileHandle;
}

describe('a disk that fails', () => {
  // Elsewhere bytes are made durable by others.
  it.skipIf(findRgw()).each([
    ['ENOSPC', [503, 'ServiceUnavailable']],
    ['EDQUOT', [503, 'ServiceUnavailable']],
    ['EIO', [500, 'InternalError']],
    ['EROFS', [500, 'InternalError']],
  ])('with %s while bytes are made durable stores nothing, says so, and recovers', async (name, answer) => {
    await put(plane, 'k', 'before');
    const uploadId = await initiate(plane, 'film');
    const handles = await fileHandles();
    vi.spyOn(handles, 'datasync').mockRejectedValue(errno(name));
    vi.spyOn(handles, 'sync').mockRejectedValue(errno(name));
    for (const reply of [await put(plane, 'k', 'after'), await uploadPart(plane, 'film', uploadId, 1, 'part')]) {
      expect(code(reply)).toEqual(answer);
      expect(reply.body.toString()).not.toContain('secret');
    }
    vi.restoreAllMocks();
    expect((await get(plane, 'k')).body.toString()).toBe('before');
    expect(await listed('film', uploadId)).toEqual([]);
    expect((await put(plane, 'k', 'after')).status).toBe(200);
    await nothingLeft();
  });

  it('where a file cannot be opened for want of descriptors says so with 503', async () => {
    await put(plane, 'k', 'x');
    wrap = (engine) => ({
      ...engine,
      put: async () => Promise.reject(errno('EMFILE')),
      read: async () => Promise.reject(errno('EMFILE')),
    });
    expect(code(await put(plane, 'k', 'y'))).toEqual([503, 'ServiceUnavailable']);
    const reply = await get(plane, 'k');
    expect(code(reply)).toEqual([503, 'ServiceUnavailable']);
    expect(reply.xml('Message')).toContain('too many files open');
    wrap = (engine) => engine;
    expect((await get(plane, 'k')).body.toString()).toBe('x');
  });

  it('by reading less than was recorded breaks the connection rather than look whole', async () => {
    await put(plane, 'k', randomBytes(300_000));
    wrap = (engine) => ({
      ...engine,
      read: (blob, range) => engine.read(blob, { start: range.start, end: range.end - 1000 }),
    });
    await expect(get(plane, 'k')).rejects.toThrow();
    expect(plane.log.some(({ message }) => message === 'an object could not be sent to its end')).toBe(true);
  });

  it('in the middle of an object breaks the connection', async () => {
    await multipart(plane, 'k', [randomBytes(KIB100), randomBytes(KIB100)]);
    let reads = 0;
    wrap = (engine) => ({
      ...engine,
      read: (blob, range) => (++reads === 2 ? Promise.reject(errno('EIO')) : engine.read(blob, range)),
    });
    await expect(get(plane, 'k')).rejects.toThrow();
  });

  it('at deleting what a refused request had stored gives the space back later', async () => {
    await put(plane, 'k', 'x');
    let failures = 0;
    wrap = (engine) => ({
      ...engine,
      async delete(blob) {
        if (failures++ < 1) throw errno('EIO');
        return engine.delete(blob);
      },
    });
    await plane.oss.start();
    vi.spyOn(plane.db, 'transaction').mockImplementation(() => {
      throw new Error('the index refuses');
    });
    expect(code(await put(plane, 'k', 'y'))).toEqual([500, 'InternalError']);
    vi.restoreAllMocks();
    expect((await get(plane, 'k')).body.toString()).toBe('x');
    await eventually(async () => (await plane.files()).length === 1);
  });

  it('that is slow does not make the sender look slow', async () => {
    await plane.close();
    wrap = (engine) => ({
      ...engine,
      async put(body, options) {
        await sleep(600);
        return engine.put(body, options);
      },
    });
    plane = await startPlane({ wrapEngine: (engine) => ({ ...engine, ...lazily(engine) }), limits: { idleMs: 100 } });
    const body = randomBytes(3_000_000);
    expect((await put(plane, 'slow', body)).status).toBe(200);
    expect((await get(plane, 'slow')).body.equals(body)).toBe(true);
  });
});

describe('free space', () => {
  it('is kept for the index: new bodies are refused before they are read, and everything else goes on', async () => {
    let free = Number.POSITIVE_INFINITY;
    wrap = (engine) => ({ ...engine, freeBytes: async () => free });
    await plane.close();
    plane = await startPlane({
      wrapEngine: (engine) => ({ ...engine, ...lazily(engine) }),
      limits: { reserveBytes: 20_000 },
    });
    const { parts, uploadId } = await twoParts('film');
    free = 10_000;
    // The disk is not asked for every small one.
    let refused = await put(plane, 'k', 'x');
    for (let i = 0; i < 100 && refused.status === 200; i++) refused = await put(plane, 'k', 'x');
    expect(code(refused)).toEqual([503, 'ServiceUnavailable']);
    expect(plane.log.some(({ fields }) => fields.err instanceof EngineFull)).toBe(true);
    expect((await complete(plane, 'film', uploadId, parts)).status).toBe(200);
    expect((await get(plane, 'film')).status).toBe(200);
    expect((await send(plane, { method: 'DELETE', key: 'film' })).status).toBe(204);
    free = 30_000;
    expect((await put(plane, 'k', 'x')).status).toBe(200);
    // What was just written counts, without asking again.
    expect((await put(plane, 'k2', randomBytes(15_000))).status).toBe(200);
    free = 15_000;
    expect(code(await put(plane, 'k3', 'x'))).toEqual([503, 'ServiceUnavailable']);
  });
});

async function twoParts(key: string): Promise<{ uploadId: string; parts: [number, string][]; whole: Buffer }> {
  const uploadId = await initiate(plane, key);
  const bodies = [randomBytes(KIB100), randomBytes(10)];
  const parts: [number, string][] = [];
  for (const [i, body] of bodies.entries()) {
    parts.push([i + 1, String((await uploadPart(plane, key, uploadId, i + 1, body)).headers.etag)]);
  }
  return { uploadId, parts, whole: Buffer.concat(bodies) };
}

describe('an index that fails', () => {
  const failing = (error: Error) =>
    vi.spyOn(plane.db, 'transaction').mockImplementation(() => {
      throw error;
    });

  it('for want of space acknowledges nothing, keeps nothing, and recovers', async () => {
    await put(plane, 'k', 'before');
    const { uploadId, parts, whole } = await twoParts('film');
    failing(new DatabaseFull(new Error('database or disk is full')));
    for (const reply of [
      await put(plane, 'k', 'after'),
      await uploadPart(plane, 'film', uploadId, 3, 'x'),
      await complete(plane, 'film', uploadId, parts),
      await abort('film', uploadId),
      await send(plane, { method: 'DELETE', key: 'k' }),
      await send(plane, { method: 'POST', key: 'new', query: [['uploads', '']], body: '' }),
    ]) {
      expect(code(reply)).toEqual([503, 'ServiceUnavailable']);
    }
    vi.restoreAllMocks();
    expect((await get(plane, 'k')).body.toString()).toBe('before');
    expect(await listed('film', uploadId)).toEqual([1, 2]);
    expect((await complete(plane, 'film', uploadId, parts)).status).toBe(200);
    expect((await get(plane, 'film')).body.equals(whole)).toBe(true);
    await nothingLeft();
  });

  it('in the middle of a commit keeps the bytes until it is known whether they are named', async () => {
    failing(new CommitUnknown(new Error('connection lost')));
    expect(code(await put(plane, 'k', 'bytes'))).toEqual([503, 'ServiceUnavailable']);
    expect((await plane.files()).length).toBe(1);
    vi.restoreAllMocks();
    await plane.oss.start();
    expect(await plane.files()).toEqual([]);
  });

  it('in the middle of a commit that was made has lost nothing', async () => {
    const real = plane.db.transaction.bind(plane.db);
    vi.spyOn(plane.db, 'transaction').mockImplementation(() => {
      const builder = real();
      const failLate = {
        setIsolationLevel: () => failLate,
        async execute(step: Parameters<typeof builder.execute>[0]) {
          await builder.execute(step);
          throw new CommitUnknown(new Error('connection lost'));
        },
      };
      return failLate as unknown as typeof builder;
    });
    expect(code(await put(plane, 'k', 'bytes'))).toEqual([503, 'ServiceUnavailable']);
    vi.restoreAllMocks();
    await plane.oss.start();
    expect((await get(plane, 'k')).body.toString()).toBe('bytes');
    await nothingLeft();
  });
});

describe('at the same time', () => {
  it('Complete and Abort: one wins, the other is told, and nothing is left between', async () => {
    for (let round = 0; round < 30; round++) {
      const key = `film${round}`;
      const { uploadId, parts, whole } = await twoParts(key);
      const calls = [() => complete(plane, key, uploadId, parts), () => abort(key, uploadId)];
      const order = round % 2 === 0 ? calls : [...calls].reverse();
      const replies = await Promise.all(order.map((call) => call()));
      const [completed, aborted] = round % 2 === 0 ? replies : [...replies].reverse();
      const object = await get(plane, key);
      if (completed?.status === 200) {
        expect([aborted?.status, object.body.equals(whole)]).toEqual([404, true]);
      } else expect([completed?.xml('Code'), aborted?.status, object.status]).toEqual(['NoSuchUpload', 204, 404]);
    }
    await nothingLeft();
  });

  it('many Completes: the object is made once, and all get the same answer', async () => {
    const { uploadId, parts, whole } = await twoParts('film');
    const before = plane.stored.length;
    const replies = await Promise.all(Array.from({ length: 12 }, () => complete(plane, 'film', uploadId, parts)));
    expect(new Set(replies.map((reply) => `${reply.status} ${reply.headers.etag}`)).size).toBe(1);
    expect(replies[0]?.status).toBe(200);
    expect(plane.stored.length).toBe(before + 1);
    expect((await get(plane, 'film')).body.equals(whole)).toBe(true);
    await nothingLeft();
  });

  it('a part is overwritten while its upload is completed: the object is what the answer says, or the client is told', async () => {
    for (let round = 0; round < 20; round++) {
      const { uploadId, parts, whole } = await twoParts('film');
      const again = randomBytes(KIB100);
      const [done, part] = await Promise.all([
        complete(plane, 'film', uploadId, parts),
        uploadPart(plane, 'film', uploadId, 1, again),
      ]);
      if (done.status === 200) {
        expect((await get(plane, 'film')).body.equals(whole)).toBe(true);
        expect([200, 404]).toContain(part.status);
      } else {
        expect(code(done)).toEqual([400, 'InvalidPart']);
        await abort('film', uploadId);
      }
    }
    await nothingLeft();
  });

  it('two clients go on with one upload: every part is there once, and the object is whole', async () => {
    const bodies = Array.from({ length: 12 }, () => randomBytes(KIB100));
    const uploadId = await initiate(plane, 'film');
    const client = async (numbers: readonly number[]): Promise<Reply[]> => {
      const replies: Reply[] = [];
      for (const number of numbers) {
        replies.push(await uploadPart(plane, 'film', uploadId, number, bodies[number - 1] as Buffer));
      }
      return replies;
    };
    const numbers = bodies.map((_, i) => i + 1);
    const sent = await Promise.all([client(numbers), client([...numbers].reverse()), client(numbers)]);
    expect(new Set(sent.flat().map((reply) => reply.status))).toEqual(new Set([200]));
    expect(await listed('film', uploadId)).toEqual(numbers);
    const parts = sent[0].map((reply, i): [number, string] => [i + 1, String(reply.headers.etag)]);
    const done = await Promise.all([
      complete(plane, 'film', uploadId, parts),
      complete(plane, 'film', uploadId, parts),
    ]);
    expect(done.map((reply) => reply.status)).toEqual([200, 200]);
    expect((await get(plane, 'film')).body.equals(Buffer.concat(bodies))).toBe(true);
    await nothingLeft();
  });

  it('clients vanish in the middle of parts, and nothing of those is left', async () => {
    const uploadId = await initiate(plane, 'film');
    const query = (number: number): [string, string][] => [
      ['partNumber', String(number)],
      ['uploadId', uploadId],
    ];
    for (let number = 1; number <= 5; number++) {
      const half = await sendHalf(plane, { method: 'PUT', key: 'film', query: query(number) }, randomBytes(3_000_000));
      half.abort();
      await eventually(async () => plane.putsUnderWay() === 0 && (await plane.files()).length === 0);
    }
    expect(await listed('film', uploadId)).toEqual([]);
    await nothingLeft();
  });

  it('an object is overwritten by many: it is one of them, whole', async () => {
    const bodies = Array.from({ length: 20 }, (_, i) => randomBytes(1000 * (i + 1)));
    const replies = await Promise.all(bodies.map((body) => put(plane, 'k', body)));
    expect(new Set(replies.map((reply) => reply.status))).toEqual(new Set([200]));
    const { body, headers } = await get(plane, 'k');
    expect(bodies.some((one) => one.equals(body))).toBe(true);
    expect(headers.etag).toBe(`"${createHash('md5').update(body).digest('hex').toUpperCase()}"`);
    await nothingLeft();
  });
});

describe('a clock that jumps', () => {
  it.each([
    ['back', -48 * 3600_000],
    ['forward', 400 * 24 * 3600_000],
  ])('%s harms no upload under way and nothing that is stored', async (_, jump) => {
    await put(plane, 'before', 'old');
    const { uploadId, parts, whole } = await twoParts('film');
    plane.clock.ms += jump;
    expect((await get(plane, 'before')).body.toString()).toBe('old');
    const late = await uploadPart(plane, 'film', uploadId, 3, 'end');
    expect(late.status).toBe(200);
    expect(await listed('film', uploadId)).toEqual([1, 2, 3]);
    // A part that lies later in time than the one that takes its place.
    expect((await uploadPart(plane, 'film', uploadId, 3, 'END')).status).toBe(200);
    expect((await complete(plane, 'film', uploadId, parts)).status).toBe(200);
    expect((await complete(plane, 'film', uploadId, parts)).status).toBe(200);
    expect((await get(plane, 'film')).body.equals(whole)).toBe(true);
    expect((await put(plane, 'before', 'new')).status).toBe(200);
    expect((await get(plane, 'before')).body.toString()).toBe('new');
    expect((await send(plane, { method: 'DELETE', key: 'film' })).status).toBe(204);
    await nothingLeft();
  });
});

describe('a Complete whose answer was lost', () => {
  const restart = async (): Promise<void> => {
    const { directory } = plane;
    plane.server.closeAllConnections();
    await new Promise((resolve) => plane.server.close(resolve));
    await plane.oss.stop();
    await plane.db.destroy();
    plane = await startPlane({ directory });
  };

  it('gives the same success after a restart, and years later', async () => {
    const { uploadId, parts } = await twoParts('film');
    const first = await complete(plane, 'film', uploadId, parts);
    await restart();
    plane.clock.ms += 3 * 365 * 24 * 3600_000;
    const again = await complete(plane, 'film', uploadId, parts);
    expect([again.status, again.body.toString()]).toEqual([200, first.body.toString()]);
    expect(again.headers['x-oss-hash-crc64ecma']).toBe(first.headers['x-oss-hash-crc64ecma']);
    expect(plane.stored).toEqual([]);
  });

  it.each([
    ['overwritten', () => put(plane, 'film', 'new'), 200],
    ['overwritten by another upload of the same bytes', () => multipart(plane, 'film', [Buffer.from('same')]), 200],
    ['deleted', () => send(plane, { method: 'DELETE', key: 'film' }), 404],
  ])('is NoSuchUpload when the object was %s meanwhile', async (_, change, status) => {
    const uploadId = await initiate(plane, 'film');
    const { headers } = await uploadPart(plane, 'film', uploadId, 1, 'same');
    const parts: [number, string][] = [[1, String(headers.etag)]];
    expect((await complete(plane, 'film', uploadId, parts)).status).toBe(200);
    await change();
    const stored = plane.stored.length;
    expect(code(await complete(plane, 'film', uploadId, completeXml(parts)))).toEqual([404, 'NoSuchUpload']);
    await restart();
    expect(code(await complete(plane, 'film', uploadId, parts))).toEqual([404, 'NoSuchUpload']);
    expect((await get(plane, 'film')).status).toBe(status);
    expect(stored).toBeGreaterThan(0);
  });
});
