import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { selectRange } from './range.js';
import { piecesOf } from './read-object.js';
import { get, multipart, put, send } from './testing/client.js';
import { startPlane, type TestPlane } from './testing/data-plane.js';

describe('selectRange of 1000 bytes', () => {
  it.each([
    ['bytes=0-99', '0-99', '0-99'],
    ['bytes=500-', '500-999', '500-999'],
    ['bytes=-100', '900-999', '900-999'],
    ['bytes=999-999', '999-999', '999-999'],
    ['bytes=500-2000', 'whole', '500-999'],
    ['bytes=-2000', 'whole', '0-999'],
    ['bytes=1000-', 'whole', 'unsatisfiable'],
    ['bytes=1000-2000', 'whole', 'unsatisfiable'],
    ['bytes=-0', 'whole', 'unsatisfiable'],
    ['bytes=5-2', 'whole', 'whole'],
    ['bytes=-', 'whole', 'whole'],
    ['bytes=a-b', 'whole', 'whole'],
    ['bytes=0-1,5-6', 'whole', 'whole'],
    ['items=0-1', 'whole', 'whole'],
    [`bytes=${'9'.repeat(30)}-`, 'whole', 'whole'],
    [undefined, 'whole', 'whole'],
  ])('%s is %s, and %s when standard', (header, loose, standard) => {
    const text = (outcome: ReturnType<typeof selectRange>) =>
      typeof outcome === 'string' ? outcome : `${outcome.start}-${outcome.end}`;
    expect(text(selectRange(header, 1000, false))).toBe(loose);
    expect(text(selectRange(header, 1000, true))).toBe(standard);
  });

  it('selects nothing of nothing', () => {
    expect(selectRange('bytes=0-', 0, false)).toBe('whole');
    expect(selectRange('bytes=0-', 0, true)).toBe('unsatisfiable');
    expect(selectRange('bytes=-5', 0, true)).toBe('unsatisfiable');
  });
});

describe('piecesOf', () => {
  it('covers any range of any object once, in order', () => {
    const sizes = fc.array(fc.nat(50), { minLength: 1, maxLength: 8 }).filter((all) => all.some((n) => n > 0));
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), (all, a, b) => {
        const bytes = all.flatMap((size, blob) => Array.from({ length: size }, (_, at) => `${blob}:${at}`));
        const [start, end] = [a % bytes.length, b % bytes.length].sort((x, y) => x - y) as [number, number];
        const extents = all.map((size, blob) => [String(blob), size] as const);
        const got = piecesOf(extents, { start, end }).flatMap((piece) =>
          Array.from({ length: piece.end - piece.start + 1 }, (_, i) => `${piece.blob}:${piece.start + i}`),
        );
        expect(got).toEqual(bytes.slice(start, end + 1));
      }),
    );
  });
});

describe('GET with a range', () => {
  let plane: TestPlane;
  const pieces = [randomBytes(150 * 1024), randomBytes(100 * 1024), randomBytes(300 * 1024 + 1), randomBytes(10)];
  const whole = Buffer.concat(pieces);
  beforeAll(async () => {
    plane = await startPlane();
    expect((await multipart(plane, 'film', pieces)).status).toBe(200);
    await put(plane, 'empty', '');
  });
  afterAll(() => plane.close());

  it('serves any slice of a multipart object', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(whole.length - 1), async (a, b) => {
        const [start, end] = [Math.min(a, b), Math.max(a, b)];
        const reply = await get(plane, 'film', { range: `bytes=${start}-${end}` });
        expect(reply.status).toBe(206);
        expect(reply.headers['content-range']).toBe(`bytes ${start}-${end}/${whole.length}`);
        expect(reply.body.equals(whole.subarray(start, end + 1))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('serves the whole when the range cannot be had, as OSS does', async () => {
    const reply = await get(plane, 'film', { range: `bytes=${whole.length}-` });
    expect([reply.status, reply.headers['content-range']]).toEqual([200, undefined]);
    expect(reply.body.equals(whole)).toBe(true);
  });

  it('is strict with x-oss-range-behavior: standard', async () => {
    const standard = { 'x-oss-range-behavior': 'standard' };
    const beyond = await get(plane, 'film', { ...standard, range: `bytes=${whole.length}-` });
    expect([beyond.status, beyond.xml('Code')]).toEqual([416, 'InvalidRange']);
    expect(beyond.headers['content-range']).toBe(`bytes */${whole.length}`);
    const clipped = await get(plane, 'film', { ...standard, range: `bytes=10-${whole.length + 5}` });
    expect([clipped.status, clipped.body.equals(whole.subarray(10))]).toEqual([206, true]);
    expect((await get(plane, 'empty', { ...standard, range: 'bytes=0-' })).status).toBe(416);
  });

  it('serves the whole when If-Range names another version', async () => {
    const { headers } = await send(plane, { method: 'HEAD', key: 'film' });
    const range = 'bytes=0-9';
    expect((await get(plane, 'film', { range, 'if-range': String(headers.etag) })).status).toBe(206);
    expect((await get(plane, 'film', { range, 'if-range': String(headers['last-modified']) })).status).toBe(206);
    expect((await get(plane, 'film', { range, 'if-range': '"other"' })).status).toBe(200);
  });
});
