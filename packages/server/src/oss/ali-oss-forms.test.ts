// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of the dialect
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { get } from './testing/client.js';
import { BUCKET, KEY, startPlane, type TestPlane } from './testing/data-plane.js';
import { postForm } from './testing/form.js';
import { type Receiver, startReceiver, testCallbacks } from './testing/receiver.js';

/** The parts of the official client that are used here; the package has no types of its own. */
interface AliOss {
  put(key: string, body: Buffer | string, options?: object): Promise<{ data: unknown; res: { status: number } }>;
  get(key: string, file?: undefined, options?: object): Promise<{ content: Buffer }>;
  multipartUpload(key: string, file: string, options?: object): Promise<{ data: unknown; etag: string }>;
  signatureUrl(key: string, options: object): string;
  calculatePostSignature(policy: object | string): Record<'OSSAccessKeyId' | 'Signature' | 'policy', string>;
  signPostObjectPolicyV4(policy: object | string, date: Date): string;
}
const OSS = createRequire(import.meta.url)('ali-oss') as new (options: object) => AliOss;

let plane: TestPlane;
let receiver: Receiver;
let directory: string;
beforeAll(async () => {
  plane = await startPlane({ callbacks: testCallbacks() });
  receiver = await startReceiver();
  directory = await mkdtemp(join(tmpdir(), 'sluice-ali-forms-'));
});
beforeEach(() => {
  plane.clock.ms = Date.now();
  receiver.received.length = 0;
  receiver.answer = (res) => void res.end('{"Status":"OK"}');
});
afterAll(async () => {
  await plane.close();
  await receiver.close();
  await rm(directory, { recursive: true, force: true });
});

const client = (more: object = {}) =>
  new OSS({
    accessKeyId: KEY.id,
    accessKeySecret: KEY.secret,
    region: 'oss-cn-hangzhou',
    bucket: BUCKET,
    endpoint: `http://127.0.0.1:${plane.port}`,
    ...more,
  });

describe.each([
  ['V1', {}],
  ['V4', { authorizationV4: true }],
])('ali-oss, %s', (_, signing) => {
  const callback = () => ({
    url: `${receiver.url}/all done?a=b`,
    body: 'bucket=${bucket}&object=${object}&var1=${x:var1}',
    contentType: 'application/x-www-form-urlencoded',
    host: 'app.example',
    callbackSNI: true,
    customValue: { var1: 'value1', var2: 2 },
  });

  it('put and multipartUpload call back', async () => {
    const file = join(directory, 'file');
    await writeFile(file, Buffer.alloc(450 * 1024, 'x'));
    expect((await client(signing).put('called', Buffer.from('content'), { callback: callback() })).data).toEqual({
      Status: 'OK',
    });
    const big = await client(signing).multipartUpload('called-big', file, {
      partSize: 200 * 1024,
      callback: callback(),
    });
    expect(big.data).toEqual({ Status: 'OK' });
    expect(receiver.received.map(({ url, body, genuine }) => [url, body, genuine])).toEqual([
      ['/all%20done?a=b', 'bucket=videos&object=called&var1=value1', true],
      ['/all%20done?a=b', 'bucket=videos&object=called-big&var1=value1', true],
    ]);
  });

  it('a callback that fails rejects with its code, and the object is there', async () => {
    receiver.answer = (res) => void res.writeHead(500).end();
    const failed = client(signing).put('failed', Buffer.from('content'), { callback: callback() });
    await expect(failed).rejects.toMatchObject({ status: 203, code: 'CallbackFailed', ecCode: '0007-00000203' });
    expect((await client(signing).get('failed')).content.toString()).toBe('content');
  });

  it('uploads and downloads at a limited speed', async () => {
    const limited = { headers: { 'x-oss-traffic-limit': 8 * 1024 * 1024 } };
    const body = Buffer.alloc(200 * 1024, 'y');
    await client(signing).put('limited', body, limited);
    expect((await client(signing).get('limited', undefined, limited)).content.equals(body)).toBe(true);
    const low = client(signing).put('limited', body, { headers: { 'x-oss-traffic-limit': 645_763 } });
    expect((await low).res.status).toBe(200);
  });

  it('a limit out of bounds is InvalidArgument', async () => {
    const wrong = client(signing).put('limited', Buffer.from('x'), { headers: { 'x-oss-traffic-limit': 1 } });
    await expect(wrong).rejects.toMatchObject({ status: 400, code: 'InvalidArgument' });
  });
});

it('signatureUrl with a callback and a limit of speed', async () => {
  const url = client({ endpoint: `http://oss.localhost:${plane.port}` }).signatureUrl('by-url', {
    method: 'PUT',
    trafficLimit: 8 * 1024 * 1024,
    callback: { url: receiver.url, body: 'object=${object}', customValue: { a: 'b' } },
  });
  const { pathname, search } = new URL(url);
  const reply = await import('./testing/client.js').then(({ raw }) =>
    raw(plane, {
      method: 'PUT',
      path: pathname + search,
      headers: { host: `${BUCKET}.oss.localhost` },
      body: 'content',
    }),
  );
  expect([reply.status, reply.body.toString()]).toEqual([200, '{"Status":"OK"}']);
  expect(receiver.received[0]?.body).toBe('object=by-url');
});

it('calculatePostSignature signs a form', async () => {
  const policy = {
    expiration: new Date(plane.clock.ms + 60_000).toISOString(),
    conditions: [{ bucket: BUCKET }, ['starts-with', '$key', 'v1/'], ['content-length-range', 0, 1000]],
  };
  const fields = { key: 'v1/form', success_action_status: '200', ...client().calculatePostSignature(policy) };
  expect((await postForm(plane, { fields, file: 'content' })).status).toBe(200);
  expect((await get(plane, 'v1/form')).body.toString()).toBe('content');
  expect((await postForm(plane, { fields: { ...fields, key: 'other' }, file: 'content' })).status).toBe(403);
});

it('signPostObjectPolicyV4 signs a form, with a token', async () => {
  plane.tokens.set('good', 'ok');
  const date = new Date(plane.clock.ms);
  const stamp = date.toISOString().replace(/[-:]|\.\d+/g, '');
  const credential = `${KEY.id}/${stamp.slice(0, 8)}/cn-hangzhou/oss/aliyun_v4_request`;
  const policy = {
    expiration: new Date(plane.clock.ms + 60_000).toISOString(),
    conditions: [
      { bucket: BUCKET },
      { 'x-oss-credential': credential },
      { 'x-oss-date': stamp },
      { 'x-oss-signature-version': 'OSS4-HMAC-SHA256' },
      { 'x-oss-security-token': 'good' },
      ['content-length-range', 1, 10],
      ['eq', '$success_action_status', '201'],
      ['in', '$content-type', ['text/plain', 'image/png']],
      ['not-in', '$cache-control', ['no-cache']],
    ],
  };
  const fields = {
    key: 'v4/form',
    success_action_status: '201',
    policy: Buffer.from(JSON.stringify(policy)).toString('base64'),
    'x-oss-credential': credential,
    'x-oss-date': stamp,
    'x-oss-signature-version': 'OSS4-HMAC-SHA256',
    'x-oss-security-token': 'good',
    'x-oss-signature': client().signPostObjectPolicyV4(policy, date),
  };
  const reply = await postForm(plane, { fields, file: 'content' });
  expect([reply.status, reply.xml('Key')]).toEqual([201, 'v4/form']);
  const changed = { ...fields, 'x-oss-security-token': 'other' };
  expect((await postForm(plane, { fields: changed, file: 'content' })).xml('Code')).toBe('InvalidSecurityToken');
});
