// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of the dialect
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { complete, get, initiate, put, type Reply, raw, send, uploadPart } from '../testing/client.js';
import { BUCKET, startPlane, type TestPlane } from '../testing/data-plane.js';
import { postForm, signFormV1 } from '../testing/form.js';
import { callbackText, KEY_URL, PUBLIC_PEM, type Receiver, startReceiver, testCallbacks } from '../testing/receiver.js';

let plane: TestPlane;
let receiver: Receiver;
beforeAll(async () => {
  plane = await startPlane({ callbacks: testCallbacks({ timeoutMs: 300 }), callbackKey: PUBLIC_PEM });
  receiver = await startReceiver();
});
beforeEach(() => {
  plane.clock.ms = Date.now();
  receiver.received.length = 0;
  receiver.answer = (res) => void res.setHeader('content-type', 'application/json').end('{"Status":"OK"}');
});
afterAll(async () => {
  await plane.close();
  await receiver.close();
});

const BODY = 'bucket=${bucket}&object=${object}&etag=${etag}&size=${size}&type=${mimeType}&op=${operation}&a=${x:a}';
const order = (more: object = {}) => callbackText({ callbackUrl: `${receiver.url}/done`, callbackBody: BODY, ...more });
const calling = (more: object = {}, variables?: object) => ({
  'x-oss-callback': order(more),
  ...(variables ? { 'x-oss-callback-var': callbackText(variables) } : {}),
});
const refusal = (reply: Reply) => [reply.status, reply.xml('Code')];
const form = (body: string | undefined) => Object.fromEntries(new URLSearchParams(body));
const md5 = (of: string | Buffer) => createHash('md5').update(of).digest('hex').toUpperCase();

describe('after PutObject', () => {
  it('the application is told, and its answer is the answer', async () => {
    const reply = await put(plane, 'a b/ü&.txt', 'content', {
      ...calling({}, { 'x:a': '1&2' }),
      'content-type': 'text/plain',
    });
    expect([reply.status, reply.body.toString()]).toEqual([200, '{"Status":"OK"}']);
    expect(reply.headers).toMatchObject({
      'content-type': 'application/json',
      'x-content-type-options': 'nosniff',
      etag: `"${md5('content')}"`,
    });
    expect(receiver.received).toHaveLength(1);
    expect(form(receiver.received[0]?.body)).toEqual({
      bucket: BUCKET,
      object: 'a b/ü&.txt',
      etag: md5('content'),
      size: '7',
      type: 'text/plain',
      op: 'PutObject',
      a: '1&2',
    });
    expect((await get(plane, 'a b/ü&.txt')).body.toString()).toBe('content');
  });

  it('the request is the one of the dialect, and signed', async () => {
    const reply = await put(plane, 'k', 'content', calling({ callbackUrl: `${receiver.url}/p%20a/%E4%BD%A0?q=%20x` }));
    const [got] = receiver.received;
    expect(got).toMatchObject({ method: 'POST', url: '/p%20a/%E4%BD%A0?q=%20x', genuine: true });
    const host = receiver.url.slice('http://'.length);
    expect(got?.headers).toMatchObject({
      host,
      connection: 'close',
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': String(got?.body.length),
      'content-md5': createHash('md5')
        .update(got?.body ?? '')
        .digest('base64'),
      'user-agent': 'aliyun-oss-callback',
      'x-oss-bucket': BUCKET,
      'x-oss-pub-key-url': Buffer.from(KEY_URL).toString('base64'),
      'x-oss-request-id': reply.headers['x-oss-request-id'],
      'x-oss-requester': 'u1',
      'x-oss-signature-version': '1.0',
      'x-oss-tag': 'CALLBACK',
    });
    expect(Date.parse(got?.headers.date ?? '')).toBeGreaterThan(0);
  });

  it('by the signed URL', async () => {
    const reply = await send(plane, {
      method: 'PUT',
      key: 'by-url',
      body: 'x',
      query: [
        ['callback', order()],
        ['callback-var', callbackText({ 'x:a': 'b' })],
      ],
    });
    expect([reply.status, reply.body.toString()]).toEqual([200, '{"Status":"OK"}']);
    expect(form(receiver.received[0]?.body)).toMatchObject({ object: 'by-url', a: 'b' });
  });

  it('in JSON, as literals that nothing breaks out of', async () => {
    const callbackBody =
      '{"object":${object},"size":${size},"v":${x:a},"none":${x:b},"w":${imageInfo.width},"crc":${crc64},"md5":${contentMd5},"ip":${clientIp},"id":${reqId},"vpc":${vpcId}}';
    const value = '","admin":true,"x":"${bucket}\u2028\\';
    const reply = await put(
      plane,
      'q"uote',
      'content',
      calling({ callbackBody, callbackBodyType: 'application/json' }, { 'x:a': value }),
    );
    const [got] = receiver.received;
    expect(got?.headers['content-type']).toBe('application/json');
    expect(JSON.parse(got?.body ?? '')).toEqual({
      object: 'q"uote',
      size: 7,
      v: value,
      none: '',
      w: '',
      crc: reply.headers['x-oss-hash-crc64ecma'],
      md5: reply.headers['content-md5'],
      ip: '127.0.0.1',
      id: reply.headers['x-oss-request-id'],
      vpc: '',
    });
  });

  it('the size of an image is known', async () => {
    const png = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAIAAAADCAYAAAC56t6BAAAAFElEQVR4nGNkYPj/n4GBgYEJRgAAHwAD/3cWJ1QAAAAASUVORK5CYII=',
      'base64',
    );
    const callbackBody = '${imageInfo.width}x${imageInfo.height} ${imageInfo.format}';
    await put(plane, 'i.png', png, calling({ callbackBody }));
    await put(plane, 'fake.png', png.subarray(0, 12), calling({ callbackBody }));
    await put(plane, 'empty.png', '', calling({ callbackBody }));
    expect(receiver.received.map(({ body }) => body)).toEqual(['2x3 png', 'x ', 'x ']);
  });

  it('with another host name', async () => {
    await put(plane, 'h', 'x', calling({ callbackHost: 'app.example:8080', callbackSNI: true }));
    expect(receiver.received[0]?.headers.host).toBe('app.example:8080');
  });
});

it('after Complete, in place of its XML, and again when Complete is repeated', async () => {
  const uploadId = await initiate(plane, 'm', { 'content-type': 'video/mp4', ...calling() });
  const part = await uploadPart(plane, 'm', uploadId, 1, 'part', calling());
  expect(receiver.received).toHaveLength(0);
  for (const _ of [1, 2]) {
    const reply = await complete(plane, 'm', uploadId, [[1, String(part.headers.etag)]], calling());
    expect([reply.status, reply.body.toString()]).toEqual([200, '{"Status":"OK"}']);
    expect(reply.headers.etag).toMatch(/-1"$/);
  }
  expect(receiver.received).toHaveLength(2);
  const etag = (await get(plane, 'm')).headers.etag;
  expect(form(receiver.received[1]?.body)).toMatchObject({
    object: 'm',
    size: '4',
    type: 'video/mp4',
    op: 'CompleteMultipartUpload',
    etag: String(etag).replaceAll('"', ''),
  });
});

it('after PostObject, with variables as fields', async () => {
  const fields = {
    key: 'p',
    callback: order(),
    'x:a': 'from a field',
    success_action_status: '201',
    ...signFormV1({ at: plane.clock.ms }),
  };
  const reply = await postForm(plane, { fields, file: 'x' });
  expect([reply.status, reply.body.toString()]).toEqual([200, '{"Status":"OK"}']);
  expect(form(receiver.received[0]?.body)).toMatchObject({ object: 'p', a: 'from a field', op: 'PostObject' });
});

describe('what cannot be carried out is 400 InvalidArgument, and nothing is stored', () => {
  const raw64 = (text: string) => Buffer.from(text).toString('base64');
  const local = 'http://127.0.0.1:1/';
  it.each([
    ['no base64', '%%%', undefined],
    ['no JSON', raw64('{'), undefined],
    ['no object', raw64('[]'), undefined],
    ['no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]).toString('base64'), undefined],
    ['no URL', callbackText({ callbackBody: 'x' }), '0007-00000004'],
    ['an empty URL', callbackText({ callbackUrl: ' ', callbackBody: 'x' }), '0007-00000004'],
    ['a URL that is none', callbackText({ callbackUrl: 'http://', callbackBody: 'x' }), '0007-00000004'],
    [
      'a port that is none',
      callbackText({ callbackUrl: 'http://app.example:http/', callbackBody: 'x' }),
      '0007-00000004',
    ],
    ['another scheme', callbackText({ callbackUrl: 'ftp://app.example/', callbackBody: 'x' }), '0007-00000004'],
    ['a user', callbackText({ callbackUrl: 'http://u:p@app.example/', callbackBody: 'x' }), '0007-00000004'],
    ['IPv6', callbackText({ callbackUrl: 'http://[2606:4700::1]/', callbackBody: 'x' }), '0007-00000004'],
    ['six URLs', callbackText({ callbackUrl: Array(6).fill(local).join(';'), callbackBody: 'x' }), '0007-00000005'],
    ['a private address', callbackText({ callbackUrl: 'http://10.0.0.1/', callbackBody: 'x' }), '0007-00000008'],
    [
      'a metadata service',
      callbackText({ callbackUrl: 'http://169.254.169.254/', callbackBody: 'x' }),
      '0007-00000008',
    ],
    ['one in decimal', callbackText({ callbackUrl: 'http://2852039166/', callbackBody: 'x' }), '0007-00000008'],
    ['one in octal', callbackText({ callbackUrl: 'http://012.0.0.1/', callbackBody: 'x' }), '0007-00000008'],
    [
      'a port of another service',
      callbackText({ callbackUrl: 'http://8.8.8.8:25/', callbackBody: 'x' }),
      '0007-00000008',
    ],
    [
      'one bad URL of two',
      callbackText({ callbackUrl: `${local};http://10.0.0.1/`, callbackBody: 'x' }),
      '0007-00000008',
    ],
    ['no body', callbackText({ callbackUrl: local }), '0007-00000011'],
    ['an empty body', callbackText({ callbackUrl: local, callbackBody: '' }), '0007-00000011'],
    ['an unknown variable', callbackText({ callbackUrl: local, callbackBody: '${secret}' }), undefined],
    ['a nameless variable', callbackText({ callbackUrl: local, callbackBody: '${x:}' }), undefined],
    [
      'another body type',
      callbackText({ callbackUrl: local, callbackBody: 'x', callbackBodyType: 'text/plain' }),
      undefined,
    ],
    [
      'a host with a line break',
      callbackText({ callbackUrl: local, callbackBody: 'x', callbackHost: 'a\r\nb: c' }),
      undefined,
    ],
    ['a switch that is none', callbackText({ callbackUrl: local, callbackBody: 'x', callbackSNI: 1 }), undefined],
    [
      'a switch that is no text',
      callbackText({ callbackUrl: local, callbackBody: 'x', callbackSNI: { toString: 1 } }),
      undefined,
    ],
    [
      'a type that is no text',
      callbackText({ callbackUrl: local, callbackBody: 'x', callbackBodyType: { toString: 1 } }),
      undefined,
    ],
    ['more than 5 KB', callbackText({ callbackUrl: local, callbackBody: 'x'.repeat(4000) }), undefined],
  ])('%s', async (_, callback, ec) => {
    const reply = await put(plane, 'bad', 'x', { 'x-oss-callback': callback });
    expect(refusal(reply)).toEqual([400, 'InvalidArgument']);
    if (ec) expect([reply.xml('EC'), reply.headers['x-oss-ec']]).toEqual([ec, ec]);
    expect((await get(plane, 'bad')).status).toBe(404);
    const posted = await postForm(plane, {
      fields: { key: 'bad', callback, ...signFormV1({ at: plane.clock.ms }) },
      file: 'x',
    });
    expect(refusal(posted)).toEqual([400, 'InvalidArgument']);
    expect((await get(plane, 'bad')).status).toBe(404);
  });

  it.each([raw64('{'), '%', callbackText({ a: 'b' }), callbackText({ 'x:a': {} })])('variables %s', async (text) => {
    const reply = await put(plane, 'bad', 'x', { ...calling(), 'x-oss-callback-var': text });
    expect(refusal(reply)).toEqual([400, 'InvalidArgument']);
    expect((await get(plane, 'bad')).status).toBe(404);
  });

  it('a callback in the header and in the URL', async () => {
    const reply = await send(plane, {
      method: 'PUT',
      key: 'bad',
      body: 'x',
      headers: calling(),
      query: [['callback', order()]],
    });
    expect(refusal(reply)).toEqual([400, 'InvalidArgument']);
    expect((await get(plane, 'bad')).status).toBe(404);
  });

  it('an upload that is to be completed stays', async () => {
    const uploadId = await initiate(plane, 'stays');
    const part = await uploadPart(plane, 'stays', uploadId, 1, 'x');
    const parts = [[1, String(part.headers.etag)]] as const;
    expect(refusal(await complete(plane, 'stays', uploadId, parts, { 'x-oss-callback': '%' }))).toEqual([
      400,
      'InvalidArgument',
    ]);
    expect((await complete(plane, 'stays', uploadId, parts)).status).toBe(200);
  });
});

describe('a callback that fails is 203 CallbackFailed, and the object stays', () => {
  const fails = async (key: string, headers: Record<string, string>): Promise<string> => {
    const reply = await put(plane, key, 'content', headers);
    expect([...refusal(reply), reply.xml('EC')]).toEqual([203, 'CallbackFailed', '0007-00000203']);
    expect(reply.headers.etag).toBe(`"${md5('content')}"`);
    expect((await get(plane, key)).body.toString()).toBe('content');
    return reply.xml('Message') ?? '';
  };
  it.each([201, 204, 301, 400, 502])('answered with %i', async (status) => {
    receiver.answer = (res) => void res.writeHead(status, { location: `${receiver.url}/other` }).end('{}');
    expect(await fails(`status-${status}`, calling())).toBe(`Error status : ${status}.`);
    expect(receiver.received).toHaveLength(1);
  });
  it.each(['', 'OK', '\ufeff{}', '{"a":'])('answered with %j', async (body) => {
    receiver.answer = (res) => void res.end(body);
    expect(await fails('not-json', calling())).toBe('Response body is not valid json format.');
  });
  it('answered with bytes that are not UTF-8', async () => {
    receiver.answer = (res) => void res.end(Buffer.from([0x22, 0xff, 0x22]));
    expect(await fails('not-text', calling())).toBe('Response body is not valid json format.');
  });
  it('answered with too much', async () => {
    receiver.answer = (res) => void res.end(`"${'x'.repeat(1024 * 1024)}"`);
    expect(await fails('too-much', calling())).toBe('Response body is too large.');
  });
  it('not answered in time', async () => {
    receiver.answer = () => {};
    expect(await fails('late', calling())).toMatch(/in time/);
  });
  it('nobody is there, or a name leads to this machine: both look alike', async () => {
    const nobody = await fails('nobody', calling({ callbackUrl: 'http://127.0.0.1:1/' }));
    expect(nobody).toMatch(/can not connect/);
    const inside = await startPlane({
      callbacks: testCallbacks({
        outgoing: (await import('../../http/outgoing.js')).outgoing(async () => [{ address: '10.0.0.7', family: 4 }]),
      }),
    });
    const reply = await put(inside, 'x', 'x', calling({ callbackUrl: 'http://app.example/' }));
    await inside.close();
    expect([reply.status, reply.xml('Message')]).toEqual([203, nobody]);
  });
});

it('URLs are tried in turn until one takes it', async () => {
  receiver.answer = (res, got) => void res.writeHead(got.url === '/third' ? 200 : 500).end('{"by":"third"}');
  const urls = ['http://127.0.0.1:1/', `${receiver.url}/second`, `${receiver.url}/third`, `${receiver.url}/fourth`];
  const reply = await put(plane, 'turns', 'x', calling({ callbackUrl: urls.join(';') }));
  expect(reply.body.toString()).toBe('{"by":"third"}');
  expect(receiver.received.map(({ url, genuine }) => [url, genuine])).toEqual([
    ['/second', true],
    ['/third', true],
  ]);
});

describe('the public key', () => {
  const ask = (method: string, host: string) =>
    raw(plane, { method, path: '/.well-known/sluice-callback-key.pem', headers: { host } });
  it('is there for everybody', async () => {
    const reply = await ask('GET', 'oss.localhost');
    expect([reply.status, reply.body.toString()]).toEqual([200, PUBLIC_PEM]);
    expect(reply.headers['content-type']).toBe('application/x-pem-file');
    expect((await ask('HEAD', '127.0.0.1')).status).toBe(200);
  });
  it('hides no object of a bucket, and cannot be changed', async () => {
    await put(plane, '.well-known/sluice-callback-key.pem', 'mine');
    expect((await ask('GET', `${BUCKET}.oss.localhost`)).status).toBe(403);
    expect((await get(plane, '.well-known/sluice-callback-key.pem')).body.toString()).toBe('mine');
    expect((await ask('PUT', 'oss.localhost')).status).not.toBe(200);
  });
});

it('nothing of a callback is logged', async () => {
  const lines: unknown[] = [];
  const write = (fields: object, message: string) => void lines.push(fields, message);
  const log = { debug: write, info: write, warn: write, error: write };
  const logged = await startPlane({ callbacks: testCallbacks({ log }), log });
  await put(logged, 'x', 'x', calling({ callbackUrl: 'http://127.0.0.1:1/?token=hush' }, { 'x:a': 'hush' }));
  await logged.close();
  expect(lines.length).toBeGreaterThan(0);
  expect(JSON.stringify(lines)).not.toContain('hush');
});
