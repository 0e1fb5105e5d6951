import { createHash } from 'node:crypto';
import { formatBasic, type Pair, percentEncode, signOssV1Url, signOssV4Url } from '@sluice/wire';
import { nodeDigests } from '@sluice/wire/node';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ask, initiate, type Reply, raw, send, urlPath } from './testing/client.js';
import { BUCKET, KEY, startPlane, type TestPlane } from './testing/data-plane.js';
import { postForm, signFormV4 } from './testing/form.js';

let plane: TestPlane;
beforeAll(async () => {
  plane = await startPlane();
});
afterAll(() => plane.close());

const WAYS = ['V1 header', 'V4 header', 'V1 URL', 'V4 URL'] as const;
type Way = (typeof WAYS)[number];

/** One request, signed in one of the four ways. */
function ask(way: Way, { method = 'GET', key, query = [], headers = {}, body }: Ask): Promise<Reply> {
  const ready = {
    method,
    query,
    headers,
    ...(key === undefined ? {} : { key }),
    ...(body === undefined ? {} : { body }),
  };
  if (way === 'V1 header') return send(plane, { ...ready, sign: 'v1' });
  if (way === 'V4 header') return send(plane, { ...ready, sign: 'v4' });
  const credentials = { accessKeyId: KEY.id, accessKeySecret: KEY.secret };
  const request = { method, bucket: BUCKET, key, query, headers: new Map(Object.entries(headers)) };
  const pairs: readonly Pair[] =
    way === 'V1 URL'
      ? signOssV1Url(nodeDigests, credentials, request, Math.floor(plane.clock.ms / 1000) + 60)
      : signOssV4Url(nodeDigests, credentials, 'cn-local', request, formatBasic(plane.clock.ms), 60);
  return raw(plane, {
    method,
    path: urlPath(key, pairs),
    headers: { host: `${BUCKET}.oss.localhost`, ...headers },
    ...(body === undefined ? {} : { body }),
  });
}

const elements = (reply: Reply, name: string) =>
  [...reply.body.toString().matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text]) =>
    decodeURIComponent(text ?? ''),
  );
const URL_ENCODED: Pair = ['encoding-type', 'url'];

/** Takes an object of that name through every call that names one. */
async function everyCall(key: string, way: Way): Promise<void> {
  const body = Buffer.from(`${way} of ${key}`);
  const call = async (status: number, given: Ask): Promise<Reply> => {
    const reply = await ask(way, given);
    expect(reply.status, `${given.method ?? 'GET'} ${JSON.stringify(given.query)} ${reply.body}`).toBe(status);
    return reply;
  };
  // Put, Get, Head, meta, Delete
  await call(200, { method: 'PUT', key, body });
  expect((await call(200, { key })).body).toEqual(body);
  expect((await call(200, { method: 'HEAD', key })).headers['content-length']).toBe(String(body.length));
  await call(200, { method: 'HEAD', key, query: [['objectMeta', '']] });
  await call(204, { method: 'DELETE', key });
  const missing = await call(404, { key });
  expect(missing.xml('Code')).toBe('NoSuchKey');
  // The multipart family
  const opened = await call(200, { method: 'POST', key, query: [['uploads', ''], URL_ENCODED], body: '' });
  expect(elements(opened, 'Key')).toEqual([key]);
  const uploadId = opened.xml('UploadId') ?? '';
  const upload: Pair = ['uploadId', uploadId];
  const part = await call(200, { method: 'PUT', key, query: [['partNumber', '1'], upload], body });
  const parts = await call(200, { key, query: [upload, URL_ENCODED] });
  expect([elements(parts, 'Key'), elements(parts, 'PartNumber')]).toEqual([[key], ['1']]);
  const uploads = await call(200, { query: [['uploads', ''], ['prefix', key], URL_ENCODED] });
  expect([elements(uploads, 'Key'), elements(uploads, 'UploadId')]).toEqual([[key], [uploadId]]);
  const listed = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${part.headers.etag}</ETag></Part></CompleteMultipartUpload>`;
  const completed = await call(200, { method: 'POST', key, query: [upload, URL_ENCODED], body: listed });
  expect(elements(completed, 'Key')).toEqual([key]);
  expect((await call(200, { key })).body).toEqual(body);
  // Listings: found by its own name, and right before the place behind it
  for (const version of ['1', '2']) {
    const found = await call(200, { query: [['list-type', version], ['prefix', key], URL_ENCODED] });
    expect([elements(found, 'Key'), elements(found, 'Prefix')]).toEqual([[key], [key]]);
  }
  const behind = await call(200, { query: [['marker', key], ['prefix', key], URL_ENCODED] });
  expect([elements(behind, 'Key'), elements(behind, 'Marker')]).toEqual([[], [key]]);
  // Copy onto another name and back, append, tags
  const other = `copy of ${key}`.slice(0, 200);
  const source = (name: string) => ({ 'x-oss-copy-source': `/${BUCKET}/${percentEncode(name)}` });
  await call(200, { method: 'PUT', key: other, headers: source(key), body: '' });
  await call(200, { method: 'PUT', key, headers: source(other), body: '' });
  expect((await call(200, { key })).body).toEqual(body);
  await call(204, { method: 'DELETE', key: other });
  const tags = '<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>';
  await call(200, { method: 'PUT', key, query: [['tagging', '']], body: tags });
  expect((await call(200, { key, query: [['tagging', '']] })).xml('Value')).toBe('b');
  // An ACL, a part copied from it, and a form
  const acl: Pair = ['acl', ''];
  await call(200, { method: 'PUT', key, query: [acl], headers: { 'x-oss-object-acl': 'private' }, body: '' });
  expect((await call(200, { key, query: [acl] })).xml('Grant')).toBe('private');
  await copyOfPart(key, body);
  await call(204, { method: 'DELETE', key });
  await postOf(key, body);
  await call(204, { method: 'DELETE', key });
  const position: Pair = ['position', '0'];
  await call(200, { method: 'POST', key, query: [['append', ''], position], body });
  expect((await call(200, { key })).body).toEqual(body);
  // DeleteMultiple, its key as it is but for what XML would take for its own, and in references
  for (const named of [bare(key), [...key].map((c) => `&#${c.codePointAt(0)};`).join('')]) {
    await call(200, { method: 'PUT', key, body });
    const xml = `<Delete><Object><Key>${named}</Key></Object></Delete>`;
    const md5 = createHash('md5').update(xml).digest('base64');
    const deleted = await call(200, {
      method: 'POST',
      query: [['delete', ''], URL_ENCODED],
      headers: { 'content-md5': md5 },
      body: xml,
    });
    expect(elements(deleted, 'Key')).toEqual([key]);
    await call(404, { key });
  }
  // Abort
  const again = await call(200, { method: 'POST', key, query: [['uploads', '']], body: '' });
  await call(204, { method: 'DELETE', key, query: [['uploadId', again.xml('UploadId') ?? '']] });
  expect(await plane.db.selectFrom('objects').selectAll().execute()).toEqual([]);
  expect(await plane.db.selectFrom('uploads').selectAll().execute()).toEqual([]);
}

/** As ali-oss writes a key. XML readers make one line feed of a carriage return, so that one is always a reference. */
const bare = (key: string): string =>
  key
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;')
    .replaceAll('\r', '&#13;');

/** A part of another upload, made of the object. */
async function copyOfPart(key: string, body: Buffer): Promise<void> {
  const to = 'made of a copy';
  const uploadId = await initiate(plane, to);
  const upload: Pair = ['uploadId', uploadId];
  const copied = await send(plane, {
    method: 'PUT',
    key: to,
    query: [['partNumber', '1'], upload],
    headers: { 'x-oss-copy-source': `/${BUCKET}/${percentEncode(key)}` },
    body: '',
  });
  expect(copied.xml('ETag')).toBe(`&quot;${createHash('md5').update(body).digest('hex').toUpperCase()}&quot;`);
  await send(plane, { method: 'DELETE', key: to, query: [upload] });
}

async function postOf(key: string, body: Buffer): Promise<void> {
  const fields = { key, success_action_status: '201', ...signFormV4({ at: plane.clock.ms }) };
  const posted = await postForm(plane, { fields, file: body });
  expect(posted.status, posted.body.toString()).toBe(201);
  expect((await send(plane, { key })).body).toEqual(body);
}

const KEYS = [
  '..',
  '.',
  'a/../b',
  './a/.',
  'a//b',
  'a/',
  'a ',
  ' ',
  'a\\b',
  '%',
  '%2F%25',
  '+',
  'a+b c&d=e;f,g:h@i$j#k',
  "!'()*~",
  '"<>^`{|}',
  '\u0001\u0007\b\t\n\u000b\f\r\u001f\u007f',
  '\u0085\u2028\ufeff\ufffe\uffff',
  '视频/été',
  '🎬🎞️\u{10ffff}',
  'x'.repeat(1023),
  '视'.repeat(341),
];

describe.each(WAYS)('with a signature in the %s every call takes', (way) => {
  it.each(KEYS)('%j', (key) => everyCall(key, way));

  it('whatever key there is', async () => {
    const key = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 40 })
      // In V1 a question mark in a key cannot be told from the beginning of the sub-resources.
      .filter((text) => !/^[/\\]/.test(text) && !text.includes('\0') && !(way.startsWith('V1') && text.includes('?')));
    await fc.assert(
      fc.asyncProperty(key, (text) => everyCall(text, way)),
      { numRuns: 8 },
    );
  });
});

describe('two keys', () => {
  it('never meet, however they look alike', async () => {
    const alike = [
      'é',
      'e\u0301',
      'É',
      'a',
      'A',
      'a ',
      'a/',
      'a//',
      'a/.',
      'a/./',
      '%61',
      'a%20',
      'a+',
      'ａ',
      'a\u200b',
    ];
    for (const key of alike) expect((await ask('V4 header', { method: 'PUT', key, body: key })).status).toBe(200);
    for (const key of alike) expect((await ask('V1 header', { key })).body.toString()).toBe(key);
    const listed = await ask('V1 header', { query: [URL_ENCODED] });
    expect(elements(listed, 'Key').sort()).toEqual([...alike].sort());
  });

  it('a path is what the client wrote, escaped or not', async () => {
    for (const [path, key] of [
      ['/a/../b', 'a/../b'],
      ['/a/%2e%2E/b', 'a/../b'],
      ['/./x', './x'],
      [`/${percentEncode('q?acl')}`, 'q?acl'],
    ] as const) {
      const stored = await ask('V4 header', { method: 'PUT', key, body: path });
      expect(stored.status).toBe(200);
      await plane.db.updateTable('buckets').set({ acl: 'public-read' }).execute();
      const reply = await raw(plane, { method: 'GET', path, headers: { host: `${BUCKET}.oss.localhost` } });
      await plane.db.updateTable('buckets').set({ acl: 'private' }).execute();
      expect(reply.body.toString()).toBe(path);
    }
  });
});
