import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ask, initiate, put, send } from './testing/client.js';
import { BUCKET, KEY, startPlane, type TestPlane } from './testing/data-plane.js';

let plane: TestPlane;
beforeAll(async () => {
  plane = await startPlane();
  await put(plane, 'there', 'x');
});
afterAll(() => plane.close());

const HOUR = 3_600_000;

/** The elements that belong to a code. Reference: oss 0.3. */
const CASES: readonly [code: string, status: number, ask: () => Ask, extra: readonly (readonly [string, RegExp])[]][] =
  [
    ['NoSuchKey', 404, () => ({ key: 'missing' }), [['Key', /^missing$/]]],
    ['NoSuchBucket', 404, () => ({ bucket: 'nobody', key: 'k' }), [['BucketName', /^nobody$/]]],
    ['NoSuchUpload', 404, () => ({ key: 'k', query: [['uploadId', 'X']] }), [['UploadId', /^X$/]]],
    [
      'InvalidArgument',
      400,
      () => ({ query: [['max-keys', '0']] }),
      [
        ['ArgumentName', /^max-keys$/],
        ['ArgumentValue', /^0$/],
      ],
    ],
    [
      'NotImplemented',
      400,
      () => ({ method: 'PUT', key: 'k', body: '', headers: { 'if-match': 'x' } }),
      [['Header', /^if-match$/]],
    ],
    [
      'PreconditionFailed',
      412,
      () => ({ key: 'there', headers: { 'if-match': '"x"' } }),
      [['Condition', /^If-Match$/]],
    ],
    [
      'SignatureDoesNotMatch',
      403,
      () => ({ key: 'there', secret: 'wrong' }),
      [
        ['OSSAccessKeyId', new RegExp(`^${KEY.id}$`)],
        ['SignatureProvided', /^.+=$/],
        ['StringToSign', /^GET\n/],
        ['StringToSignBytes', /^47 45 54 0A/],
      ],
    ],
    [
      'SignatureDoesNotMatch',
      403,
      () => ({ key: 'there', secret: 'wrong', sign: 'v4' }),
      [
        ['StringToSign', /^OSS4-HMAC-SHA256\n/],
        ['CanonicalRequest', /^GET\n\/videos\/there\n/],
      ],
    ],
    [
      'RequestTimeTooSkewed',
      403,
      () => ({ key: 'there', at: plane.clock.ms - HOUR }),
      [
        ['MaxAllowedSkewMilliseconds', /^900000$/],
        ['RequestTime', /^\d{4}-.*\.000Z$/],
        ['ServerTime', /^\d{4}-.*\.000Z$/],
      ],
    ],
  ];

describe('an error', () => {
  it.each(CASES)('%s (%i) says what it is about', async (code, status, ask, extra) => {
    plane.clock.ms = Math.floor(Date.now() / 1000) * 1000;
    const reply = await send(plane, ask());
    expect([reply.status, reply.xml('Code')]).toEqual([status, code]);
    for (const [name, value] of extra) expect(reply.xml(name), name).toMatch(value);
    expect(reply.headers['content-type']).toBe('application/xml');
    expect(reply.xml('RequestId')).toBe(reply.headers['x-oss-request-id']);
    expect(reply.headers['x-oss-request-id']).toMatch(/^[0-9A-F]{24}$/);
    expect(reply.headers['x-oss-server-time']).toMatch(/^\d+$/);
    expect(reply.xml('HostId')).toBe(`${ask().bucket ?? BUCKET}.oss.localhost`);
    expect(reply.xml('EC')).toBe(reply.headers['x-oss-ec']);
    const ec = reply.xml('EC');
    expect(reply.xml('RecommendDoc')).toBe(ec && `https://api.aliyun.com/troubleshoot?q=${ec}`);
  });

  it('has its XML in a header when the question was HEAD', async () => {
    for (const sign of ['v1', 'v4'] as const) {
      const reply = await send(plane, { method: 'HEAD', key: 'missing 🎬', sign });
      const xml = Buffer.from(String(reply.headers['x-oss-err']), 'base64').toString();
      expect([reply.status, reply.body.length]).toEqual([404, 0]);
      expect(xml).toContain('<Code>NoSuchKey</Code>');
      expect(xml).toContain('<Key>missing 🎬</Key>');
    }
  });

  it('counts an upload under another name as none', async () => {
    const uploadId = await initiate(plane, 'mine');
    const reply = await send(plane, { key: 'other', query: [['uploadId', uploadId]] });
    expect([reply.status, reply.xml('Code')]).toEqual([404, 'NoSuchUpload']);
  });
});

describe('an answer', () => {
  const modifiedSince = (ms: number) => ({ 'if-modified-since': new Date(ms).toUTCString() });

  it('is dated with the second in which the object was stored', async () => {
    plane.clock.ms = 1_800_000_000_999;
    const stored = await put(plane, 'dated', 'x');
    plane.clock.ms += 5000;
    const read = await send(plane, { key: 'dated' });
    expect(stored.headers.date).toBe(read.headers['last-modified']);
    expect(read.headers['last-modified']).toBe(new Date(1_800_000_000_000).toUTCString());
  });

  it.each(['GET', 'HEAD'])('304 to %s has no body, no length and no type', async (method) => {
    plane.clock.ms = 1_800_000_000_999;
    await put(plane, 'seen', 'x', { 'content-type': 'video/mp4' });
    const reply = await send(plane, { method, key: 'seen', headers: modifiedSince(1_800_000_000_000) });
    expect([reply.status, reply.body.length]).toEqual([304, 0]);
    expect([reply.headers['content-length'], reply.headers['content-type']]).toEqual([undefined, undefined]);
    expect(reply.headers['last-modified']).toBe(new Date(1_800_000_000_000).toUTCString());
  });

  it.each(['GET', 'HEAD'])('to %s gives back the bytes of a header, whatever text they are', async (method) => {
    const name = '用户 🎬 é';
    expect((await put(plane, 'described', 'x', { 'x-oss-meta-name': name })).status).toBe(200);
    const reply = await send(plane, { method, key: 'described' });
    expect(Buffer.from(String(reply.headers['x-oss-meta-name']), 'latin1').toString()).toBe(name);
  });
});
