import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { initiate, type Reply, send } from '../testing/client.js';
import { ACCOUNT, BUCKET, startPlane, type TestPlane } from '../testing/data-plane.js';

let plane: TestPlane;
beforeAll(async () => {
  plane = await startPlane();
});
afterAll(() => plane.close());
afterEach(async () => {
  await plane.db.deleteFrom('uploads').execute();
});

const list = (query: Record<string, string> = {}) =>
  send(plane, { query: [['uploads', ''], ...Object.entries(query)] });
const uploadsOf = (reply: Reply) =>
  [...reply.body.toString().matchAll(/<Upload><Key>([^<]*)<\/Key><UploadId>([^<]*)<\/UploadId>/g)].map(
    ([, key, id]) => `${key}:${id}`,
  );
const prefixesOf = (reply: Reply) =>
  [...reply.body.toString().matchAll(/<CommonPrefixes><Prefix>([^<]*)<\/Prefix>/g)].map(([, prefix]) => prefix);

/** Uploads of one key, in the order of their ids. */
async function open(key: string, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < count; i++) ids.push(await initiate(plane, key));
  return ids.sort().map((id) => `${key}:${id}`);
}

describe('ListMultipartUploads', () => {
  it('tells of every open upload, by key and then by id', async () => {
    const all = [...(await open('a', 3)), ...(await open('b', 2)), ...(await open('🎬', 1))];
    const reply = await list();
    expect(uploadsOf(reply)).toEqual(all);
    expect(reply.xml('Initiated')).toBe(new Date(Math.floor(plane.clock.ms / 1000) * 1000).toISOString());
    expect([reply.xml('Bucket'), reply.xml('MaxUploads'), reply.xml('IsTruncated')]).toEqual([BUCKET, '1000', 'false']);
    expect(plane.questions.at(-1)).toMatchObject({
      action: 'oss:ListMultipartUploads',
      resource: `acs:oss:*:${ACCOUNT}:${BUCKET}`,
    });
  });

  it('the next markers name the last upload, also of the last page', async () => {
    const [, last] = await open('a', 2);
    const reply = await list();
    expect(`${reply.xml('NextKeyMarker')}:${reply.xml('NextUploadIdMarker')}`).toBe(last);
    const none = await list({ prefix: 'none' });
    expect([none.xml('NextKeyMarker'), none.xml('NextUploadIdMarker')]).toEqual(['', '']);
  });

  it('pages by both markers', async () => {
    const all = [...(await open('a', 3)), ...(await open('b', 2))];
    const seen: string[] = [];
    let markers: Record<string, string> = {};
    for (let page = 0; page < 10; page++) {
      const reply = await list({ 'max-uploads': '1', ...markers });
      seen.push(...uploadsOf(reply));
      markers = {
        'key-marker': reply.xml('NextKeyMarker') ?? '',
        'upload-id-marker': reply.xml('NextUploadIdMarker') ?? '',
      };
      if (reply.xml('IsTruncated') === 'false') break;
      expect(`${markers['key-marker']}:${markers['upload-id-marker']}`).toBe(seen.at(-1));
    }
    expect(seen).toEqual(all);
  });

  it('with a key-marker alone skips all uploads of the key, and ignores an upload-id-marker alone', async () => {
    const a = await open('a', 2);
    const b = await open('b', 1);
    expect(uploadsOf(await list({ 'key-marker': 'a' }))).toEqual(b);
    expect(uploadsOf(await list({ 'upload-id-marker': 'F'.repeat(32) }))).toEqual([...a, ...b]);
    const id = a[0]?.slice(2) ?? '';
    expect(uploadsOf(await list({ 'key-marker': 'a', 'upload-id-marker': id }))).toEqual([...a.slice(1), ...b]);
  });

  it('rolls up at a delimiter', async () => {
    await open('dir/x', 2);
    await open('dir/y', 1);
    const top = await open('top', 1);
    const first = await list({ delimiter: '/', 'max-uploads': '1' });
    expect([prefixesOf(first), first.xml('NextKeyMarker'), first.xml('NextUploadIdMarker')]).toEqual([
      ['dir/'],
      'dir/',
      '',
    ]);
    expect(uploadsOf(await list({ delimiter: '/', 'key-marker': 'dir/' }))).toEqual(top);
    expect(uploadsOf(await list({ delimiter: '/', prefix: 'dir/' }))).toHaveLength(3);
  });

  it('encodes names when asked', async () => {
    await open('a b/\u0001', 1);
    const reply = await list({ 'encoding-type': 'url', prefix: 'a b/' });
    expect([reply.xml('EncodingType'), reply.xml('Key'), reply.xml('Prefix')]).toEqual([
      'url',
      'a%20b%2F%01',
      'a%20b%2F',
    ]);
  });

  it.each([
    ['max-uploads', '0'],
    ['max-uploads', '1001'],
    ['encoding-type', 'x'],
    ['key-marker', 'x'.repeat(1024)],
    ['upload-id-marker', '\0'],
    ['prefix', 'a\0'],
  ])('refuses %s=%s', async (name, value) => {
    const reply = await list({ [name]: value });
    expect([reply.status, reply.xml('Code'), reply.xml('ArgumentName')]).toEqual([400, 'InvalidArgument', name]);
  });
});
