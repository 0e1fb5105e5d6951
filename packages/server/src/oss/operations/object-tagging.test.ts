import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complete, get, initiate, put, send, uploadPart } from '../testing/client.js';
import { BUCKET, startPlane, type TestPlane } from '../testing/data-plane.js';

let plane: TestPlane;
beforeAll(async () => {
  plane = await startPlane();
});
afterAll(() => plane.close());

const tagging = (method: string, key: string, body?: string) =>
  send(plane, { method, key, query: [['tagging', '']], ...(body === undefined ? {} : { body }) });
const xml = (...tags: readonly (readonly [string, string])[]) =>
  `<Tagging><TagSet>${tags.map(([k, v]) => `<Tag><Key>${k}</Key><Value>${v}</Value></Tag>`).join('')}</TagSet></Tagging>`;
const tagsOf = async (key: string) => {
  const reply = await tagging('GET', key);
  return [...reply.body.toString().matchAll(/<Key>([^<]*)<\/Key><Value>([^<]*)<\/Value>/g)].map(
    ([, k, v]) => `${k}=${v}`,
  );
};

describe('object tagging', () => {
  it('is put, read, replaced and deleted; the object is not modified by it', async () => {
    await put(plane, 'k', 'x');
    const { headers } = await get(plane, 'k');
    plane.clock.ms += 10_000;
    const reply = await tagging('PUT', 'k', xml(['a', '1'], ['b c', '']));
    expect([reply.status, reply.body.length]).toEqual([200, 0]);
    expect(await tagsOf('k')).toEqual(['a=1', 'b c=']);
    const tagged = await get(plane, 'k');
    expect(tagged.headers['x-oss-tagging-count']).toBe('2');
    expect(tagged.headers['last-modified']).toBe(headers['last-modified']);
    await tagging('PUT', 'k', xml(['z', '9']));
    expect(await tagsOf('k')).toEqual(['z=9']);
    expect((await tagging('DELETE', 'k')).status).toBe(204);
    expect((await tagging('GET', 'k')).body.toString()).toContain('<Tagging><TagSet></TagSet></Tagging>');
    expect((await get(plane, 'k')).headers['x-oss-tagging-count']).toBeUndefined();
  });

  it.each(['PUT', 'GET', 'DELETE'])('%s of an object that is not there: NoSuchKey', async (method) => {
    const reply = await tagging(method, 'none', method === 'PUT' ? xml() : undefined);
    expect([reply.status, reply.xml('Code')]).toEqual([404, 'NoSuchKey']);
  });

  it('asks for permissions of its own', async () => {
    await put(plane, 'k', 'x');
    plane.questions.length = 0;
    await tagging('PUT', 'k', xml());
    await tagging('GET', 'k');
    await tagging('DELETE', 'k');
    await put(plane, 'k', 'x', { 'x-oss-tagging': 'a=b' });
    expect(plane.questions.map(({ action }) => action)).toEqual([
      'oss:PutObjectTagging',
      'oss:GetObjectTagging',
      'oss:DeleteObjectTagging',
      'oss:PutObject',
      'oss:PutObjectTagging',
    ]);
  });

  const eleven = Array.from({ length: 11 }, (_, i) => [`k${i}`, 'v'] as const);
  it.each([
    ['no XML', 'x', 'MalformedXML'],
    ['another root', '<Delete/>', 'MalformedXML'],
    ['no TagSet', '<Tagging/>', 'MalformedXML'],
    ['a tag without a value', '<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>', 'MalformedXML'],
    ['eleven tags', xml(...eleven), 'InvalidTag'],
    ['an empty key', xml(['', 'v']), 'InvalidTag'],
    ['a long key', xml(['k'.repeat(129), 'v']), 'InvalidTag'],
    ['a long value', xml(['k', 'v'.repeat(257)]), 'InvalidTag'],
    ['a character that is not allowed', xml(['a*', 'v']), 'InvalidTag'],
    ['one key twice', xml(['a', '1'], ['a', '2']), 'RepeatedTags'],
  ])('refuses %s', async (_, body, code) => {
    await put(plane, 'bad', 'x', { 'x-oss-tagging': 'kept=1' });
    const reply = await tagging('PUT', 'bad', body);
    expect([reply.status, reply.xml('Code')]).toEqual([400, code]);
    expect(await tagsOf('bad')).toEqual(['kept=1']);
  });

  it('takes the longest tags there may be', async () => {
    await put(plane, 'long', 'x');
    const tags = Array.from({ length: 10 }, (_, i) => [`${i}${'k'.repeat(127)}`, 'v'.repeat(256)] as const);
    expect((await tagging('PUT', 'long', xml(...tags))).status).toBe(200);
    expect((await tagsOf('long')).length).toBe(10);
  });
});

describe('x-oss-tagging', () => {
  it('comes with a Put, URL-encoded, and goes with the next one', async () => {
    await put(plane, 'p', 'x', { 'x-oss-tagging': 'a%20b=%2B1%2F&lone' });
    expect(await tagsOf('p')).toEqual(['a b=+1/', 'lone=']);
    await put(plane, 'p', 'x');
    expect(await tagsOf('p')).toEqual([]);
  });

  it('of an Initiate is that of the final object', async () => {
    const uploadId = await initiate(plane, 'mp', { 'x-oss-tagging': 'a=1' });
    const part = await uploadPart(plane, 'mp', uploadId, 1, 'x', { 'x-oss-tagging': 'ignored=1' });
    await complete(plane, 'mp', uploadId, [[1, String(part.headers.etag)]]);
    expect(await tagsOf('mp')).toEqual(['a=1']);
  });

  it('of an AppendObject counts when the object is made', async () => {
    const at = (position: string) =>
      [
        ['append', ''],
        ['position', position],
      ] as const;
    const headers = { 'x-oss-tagging': 'a=1' };
    await send(plane, { method: 'POST', key: 'ap', query: at('0'), headers, body: 'x' });
    await send(plane, { method: 'POST', key: 'ap', query: at('1'), headers: { 'x-oss-tagging': 'b=1' }, body: 'y' });
    expect(await tagsOf('ap')).toEqual(['a=1']);
  });

  it('is copied, or replaced when told so, each with its permissions', async () => {
    await put(plane, 'src', 'x', { 'x-oss-tagging': 'a=1' });
    const copy = (to: string, headers: Record<string, string>) =>
      send(plane, { method: 'PUT', key: to, headers: { 'x-oss-copy-source': `/${BUCKET}/src`, ...headers } });
    plane.questions.length = 0;
    await copy('c1', { 'x-oss-tagging': 'ignored=1' });
    expect(await tagsOf('c1')).toEqual(['a=1']);
    expect(plane.questions.map(({ action }) => action)).toEqual([
      'oss:PutObject',
      'oss:GetObject',
      'oss:GetObjectTagging',
      'oss:PutObjectTagging',
      'oss:GetObjectTagging',
    ]);
    await copy('c2', { 'x-oss-tagging': 'b=2', 'x-oss-tagging-directive': 'Replace' });
    expect(await tagsOf('c2')).toEqual(['b=2']);
    expect((await copy('c3', { 'x-oss-tagging-directive': 'Add' })).xml('ArgumentName')).toBe(
      'x-oss-tagging-directive',
    );
  });

  it.each([
    ['a=b=c', 'InvalidArgument'],
    ['a=%ff', 'InvalidArgument'],
    ['=v', 'InvalidTag'],
    ['a=%2A', 'InvalidTag'],
    ['a=1&a=2', 'RepeatedTags'],
    [Array.from({ length: 11 }, (_, i) => `k${i}`).join('&'), 'InvalidTag'],
  ])('refuses %s', async (value, code) => {
    const reply = await put(plane, 'refused', 'x', { 'x-oss-tagging': value });
    expect([reply.status, reply.xml('Code')]).toEqual([400, code]);
    expect((await get(plane, 'refused')).status).toBe(404);
  });
});
