import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { type Metronome, Pace, pacedSource, readTrafficLimit } from './pace.js';
import { complete, initiate, put, send, uploadPart } from './testing/client.js';
import { BUCKET, startPlane, type TestPlane } from './testing/data-plane.js';
import { formBody, postForm, signFormV1 } from './testing/form.js';

/** Time that goes on only when somebody waits for it, at once. */
function quickMetronome(): Metronome & { ms: number; pauses: number } {
  const metronome = {
    ms: 0,
    pauses: 0,
    now: () => metronome.ms,
    after(ms: number, then: () => void) {
      metronome.pauses++;
      const due = setImmediate(() => {
        metronome.ms += ms;
        then();
      });
      return () => clearImmediate(due);
    },
  };
  return metronome;
}

const planes: TestPlane[] = [];
afterEach(async () => {
  for (const plane of planes.splice(0)) await plane.close();
});
async function slowPlane() {
  const metronome = quickMetronome();
  const plane = await startPlane({ metronome, limits: { idleMs: 400 } });
  planes.push(plane);
  return { plane, metronome };
}

describe('a pace', () => {
  it('lets as many bytes pass as were asked for, over time', () => {
    const metronome = quickMetronome();
    const pace = new Pace(8_000_000, metronome);
    let passed = 0;
    for (let i = 0; i < 1000; i++) {
      passed += 10_000;
      metronome.ms += pace.spend(10_000);
    }
    expect(metronome.ms).toBeGreaterThan(passed / 1000 - 120);
    expect(metronome.ms).toBeLessThanOrEqual(passed / 1000);
  });
  it('does not save up the time in which nothing passed', () => {
    const metronome = quickMetronome();
    const pace = new Pace(8000, metronome);
    metronome.ms = 1_000_000;
    expect(pace.spend(1000)).toBe(900);
  });
  it('sets no timer for moments', () => {
    const pace = new Pace(838_860_800, quickMetronome());
    expect(pace.spend(64 * 1024)).toBe(0);
  });
});

it('a paced source hands on every byte, in order, and its failure', async () => {
  const metronome = quickMetronome();
  const chunks = Array.from({ length: 50 }, (_, i) => Buffer.alloc(20_000, i));
  const { stream, release } = pacedSource(Readable.from(chunks, { objectMode: false }), new Pace(8_000_000, metronome));
  const got: Buffer[] = [];
  for await (const chunk of stream) got.push(chunk as Buffer);
  release();
  expect(Buffer.concat(got).equals(Buffer.concat(chunks))).toBe(true);
  expect(metronome.ms).toBeGreaterThan(850);
  const broken = new Readable({ read: () => broken.destroy(new Error('gone')) });
  const paced = pacedSource(broken, new Pace(8_000_000, metronome));
  await expect(paced.stream.toArray()).rejects.toThrow('gone');
  paced.release();
});

it('a paced source that fails before anybody listens ends nothing but itself', async () => {
  const broken = new Readable({ read() {} });
  const { stream, release } = pacedSource(broken, new Pace(8_000_000, quickMetronome()));
  const closed = new Promise<void>((resolve) => stream.once('close', resolve));
  broken.destroy(new Error('gone'));
  await closed;
  expect(stream.errored).toEqual(new Error('gone'));
  release();
});

describe('x-oss-traffic-limit', () => {
  it.each(['0', '-1', '1e9', 'fast', '', '245759', '838860801', '99999999999999'])('%j is 400', async (limit) => {
    expect(() => readTrafficLimit([limit])).toThrow('x-oss-traffic-limit');
  });
  it('is taken as the official client’s own tests send it', () => {
    expect(readTrafficLimit(['645763', undefined])).toBe(645_763);
    expect(readTrafficLimit([undefined, '838860800'])).toBe(838_860_800);
    expect(readTrafficLimit([undefined, undefined])).toBeUndefined();
  });

  const LIMIT = '8192000';
  const BYTES_PER_MS = Number(LIMIT) / 8000;
  const header = { 'x-oss-traffic-limit': LIMIT };
  const body = Buffer.alloc(1_500_000, 'slow');
  /** At most a tenth of a second was made up for at the start, and what is saved up at the end. */
  const expectSlow = (ms: number) => {
    expect(ms).toBeGreaterThan(body.length / BYTES_PER_MS - 130);
    expect(ms).toBeLessThan(body.length / BYTES_PER_MS + 200);
  };

  it.each([
    ['PutObject', (plane: TestPlane) => put(plane, 'slow', body, header)],
    [
      'PutObject, in the URL',
      (plane: TestPlane) =>
        send(plane, { method: 'PUT', key: 'slow', body, query: [['x-oss-traffic-limit', LIMIT]], sign: 'v4' }),
    ],
    [
      'PostObject, by field',
      (plane: TestPlane) =>
        postForm(plane, { fields: { key: 'slow', ...header, ...signFormV1({ at: plane.clock.ms }) }, file: body }),
    ],
    [
      'PostObject, by header',
      (plane: TestPlane) =>
        postForm(plane, {
          fields: { key: 'slow', ...signFormV1({ at: plane.clock.ms }) },
          file: body,
          headers: header,
        }),
    ],
  ] as const)('slows %s, and the idle watch does not mind', async (_, ask) => {
    const { plane, metronome } = await slowPlane();
    expect((await ask(plane)).status).toBeLessThan(300);
    expectSlow(metronome.ms);
    expect(plane.stored.at(-1)?.size).toBe(body.length);
  });

  it('slows UploadPart', async () => {
    const { plane, metronome } = await slowPlane();
    const uploadId = await initiate(plane, 'slow');
    const part = await uploadPart(plane, 'slow', uploadId, 1, body, header);
    expectSlow(metronome.ms);
    expect(Number(part.headers['x-oss-qos-delay-time'])).toBeGreaterThan(0);
    expect((await complete(plane, 'slow', uploadId, [[1, String(part.headers.etag)]])).status).toBe(200);
  });

  it('slows GetObject, whole and in part', async () => {
    const { plane, metronome } = await slowPlane();
    await put(plane, 'slow', body);
    expect(metronome.pauses).toBe(0);
    const reply = await send(plane, { key: 'slow', headers: header });
    expect(reply.body.equals(body)).toBe(true);
    expectSlow(metronome.ms);
    metronome.ms = 0;
    const part = await send(plane, { key: 'slow', headers: { ...header, range: 'bytes=0-511999' } });
    expect([part.status, part.body.length]).toEqual([206, 512_000]);
    expect(metronome.ms).toBeGreaterThan(370);
    expect(metronome.ms).toBeLessThan(520);
  });

  it('is one, and within bounds', async () => {
    const { plane } = await slowPlane();
    const query = [['x-oss-traffic-limit', LIMIT]] as const;
    const both = await send(plane, { method: 'PUT', key: 'x', body: 'x', headers: header, query });
    expect([both.status, both.xml('Code')]).toEqual([400, 'InvalidArgument']);
    const low = await put(plane, 'x', 'x', { 'x-oss-traffic-limit': '1' });
    expect([low.status, low.xml('ArgumentName'), low.xml('ArgumentValue')]).toEqual([400, 'x-oss-traffic-limit', '1']);
    const form = await postForm(plane, {
      fields: { key: 'x', ...header, ...signFormV1({ at: plane.clock.ms }) },
      file: 'x',
      headers: header,
    });
    expect([form.status, form.xml('Code')]).toEqual([400, 'InvalidArgument']);
  });

  it('does not keep a refused body: the answer comes at once', async () => {
    const { plane } = await slowPlane();
    const { 'content-type': _, ...rest } = { 'content-type': '', ...header, 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' };
    expect((await put(plane, 'x', body, rest)).xml('Code')).toBe('InvalidDigest');
    const { body: form, contentType } = formBody({ fields: { key: '/bad', ...header }, file: body });
    const { raw } = await import('./testing/client.js');
    const headers = { host: `${BUCKET}.oss.localhost`, 'content-type': contentType };
    expect((await raw(plane, { method: 'POST', path: '/', headers, body: form })).xml('Code')).toBe(
      'InvalidObjectName',
    );
  });
});
