import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { compareBytes } from '../byte-order.js';
import { get, put, type Reply, raw, send, signed } from '../testing/client.js';
import { ACCOUNT, BUCKET, startPlane, type TestPlane } from '../testing/data-plane.js';

let plane: TestPlane;
beforeAll(async () => {
  plane = await startPlane();
});
afterAll(() => plane.close());
afterEach(async () => {
  await plane.db.deleteFrom('objects').execute();
  plane.questions.length = 0;
});

/** Rows without bytes: a listing looks at nothing else. */
async function fill(keys: readonly string[]): Promise<void> {
  const row = (key: string, i: number) => ({
    bucket: BUCKET,
    object_key: key,
    object_id: `${key}-${i}`,
    manifest_id: `${key}-${i}`,
    upload_id: null,
    type: 'Normal' as const,
    size: i,
    etag: 'E',
    crc64: '0',
    headers: '[]',
    acl: 'default' as const,
    tags: '[]',
    last_modified: 1_700_000_000_999,
  });
  for (let i = 0; i < keys.length; i += 500) {
    const rows = keys.slice(i, i + 500).map((key, n) => row(key, i + n));
    await plane.db.insertInto('objects').values(rows).execute();
  }
}

const list = (query: Record<string, string> = {}, sign: 'v1' | 'v4' = 'v1') =>
  send(plane, { query: Object.entries(query), sign });

const unescaped = (text: string) =>
  text.replace(
    /&(amp|lt|gt|quot|apos|#13);/g,
    (_, name: string) => ({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", '#13': '\r' })[name] ?? '',
  );
const texts = (reply: Reply, pattern: RegExp) =>
  [...reply.body.toString().matchAll(pattern)].map((found) => unescaped(found[1] as string));
const keysOf = (reply: Reply) => texts(reply, /<Contents><Key>([^<]*)<\/Key>/g);
const prefixesOf = (reply: Reply) => texts(reply, /<CommonPrefixes><Prefix>([^<]*)<\/Prefix>/g);

const TREE = ['fun/movie/001.avi', 'fun/movie/007.avi', 'fun/test.jpg', 'oss.jpg', '🎬/a', '\uffff'];

describe('ListObjects', () => {
  it('takes a blank of the query as %20 or as +, and a plus as %2B', async () => {
    await fill(['a b/1', 'a+b/2']);
    const { headers } = signed(plane, {});
    const named = async (prefix: string) =>
      keysOf(await raw(plane, { method: 'GET', path: `/?prefix=${prefix}`, headers }));
    expect([await named('a%20b'), await named('a+b'), await named('a%2Bb')]).toEqual([['a b/1'], ['a b/1'], ['a+b/2']]);
  });

  it('tells of every object what clients read, its owner included', async () => {
    await put(plane, 'a&b', 'hello');
    const reply = await list();
    expect(reply.status).toBe(200);
    expect(reply.headers['content-type']).toBe('application/xml');
    const modified = new Date(Math.floor(plane.clock.ms / 1000) * 1000).toISOString();
    expect(reply.body.toString()).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n' +
        `<ListBucketResult><Name>${BUCKET}</Name><Prefix></Prefix><Marker></Marker><MaxKeys>100</MaxKeys>` +
        '<Delimiter></Delimiter><IsTruncated>false</IsTruncated>' +
        `<Contents><Key>a&amp;b</Key><LastModified>${modified}</LastModified>` +
        '<ETag>&quot;5D41402ABC4B2A76B9719D911017C592&quot;</ETag><Type>Normal</Type><Size>5</Size>' +
        `<StorageClass>Standard</StorageClass><Owner><ID>${ACCOUNT}</ID><DisplayName>${ACCOUNT}</DisplayName></Owner>` +
        '</Contents></ListBucketResult>',
    );
  });

  it('goes by the bytes of UTF-8', async () => {
    await fill(['🎬', '\ue000', 'b', 'a/', 'a', 'B', 'é', '视']);
    expect(keysOf(await list())).toEqual(['B', 'a', 'a/', 'b', 'é', '视', '\ue000', '🎬']);
  });

  it('rolls up at the delimiter, whatever it is', async () => {
    await fill(TREE);
    const root = await list({ delimiter: '/' });
    expect([keysOf(root), prefixesOf(root)]).toEqual([
      ['oss.jpg', '\uffff'],
      ['fun/', '🎬/'],
    ]);
    const fun = await list({ delimiter: '/', prefix: 'fun/' });
    expect([keysOf(fun), prefixesOf(fun)]).toEqual([['fun/test.jpg'], ['fun/movie/']]);
    expect(prefixesOf(await list({ delimiter: 'mov' }))).toEqual(['fun/mov']);
    expect(prefixesOf(await list({ delimiter: '🎬' }))).toEqual(['🎬']);
  });

  it('pages by the marker, a common prefix counting as one', async () => {
    await fill(TREE);
    const first = await list({ delimiter: '/', 'max-keys': '1' });
    expect([prefixesOf(first), first.xml('IsTruncated'), first.xml('NextMarker')]).toEqual([['fun/'], 'true', 'fun/']);
    const second = await list({ delimiter: '/', 'max-keys': '2', marker: 'fun/' });
    expect([keysOf(second), second.xml('NextMarker')]).toEqual([['oss.jpg', '\uffff'], '\uffff']);
    const last = await list({ delimiter: '/', marker: '\uffff' });
    expect([prefixesOf(last), last.xml('IsTruncated'), last.xml('NextMarker')]).toEqual([['🎬/'], 'false', undefined]);
  });

  it('takes a marker before, inside and beyond the prefix', async () => {
    await fill(TREE);
    const after = async (marker: string) => keysOf(await list({ prefix: 'fun/', marker }));
    expect(await after('a')).toHaveLength(3);
    expect(await after('fun/movie/001.avi')).toEqual(['fun/movie/007.avi', 'fun/test.jpg']);
    expect(await after('g')).toEqual([]);
    const inside = await list({ prefix: 'fun/', delimiter: '/', marker: 'fun/movie/001.avi' });
    expect([keysOf(inside), prefixesOf(inside)]).toEqual([['fun/test.jpg'], []]);
  });

  it('gives 100 keys unless told, and 1 000 at most', async () => {
    const keys = Array.from({ length: 1100 }, (_, i) => `k${String(i).padStart(4, '0')}`);
    await fill(keys);
    expect(keysOf(await list())).toEqual(keys.slice(0, 100));
    const most = await list({ 'max-keys': '1000' });
    expect([keysOf(most).length, most.xml('NextMarker'), most.xml('IsTruncated')]).toEqual([1000, 'k0999', 'true']);
    const exact = await list({ 'max-keys': '100', marker: 'k0999' });
    expect([keysOf(exact).length, exact.xml('IsTruncated')]).toEqual([100, 'false']);
  });

  it('encodes names when asked, and nothing else', async () => {
    await fill(['a b/+\u0001', 'a b/c/d']);
    const reply = await list({
      'encoding-type': 'url',
      prefix: 'a b/',
      delimiter: '/',
      marker: 'a a',
      'max-keys': '1',
    });
    expect(reply.xml('EncodingType')).toBe('url');
    expect(reply.xml('Prefix')).toBe('a%20b%2F');
    expect(reply.xml('Delimiter')).toBe('%2F');
    expect(reply.xml('Marker')).toBe('a%20a');
    expect(keysOf(reply)).toEqual(['a%20b%2F%2B%01']);
    expect(reply.xml('NextMarker')).toBe('a%20b%2F%2B%01');
  });

  it.each([
    ['max-keys', '0'],
    ['max-keys', '1001'],
    ['max-keys', '-1'],
    ['max-keys', 'x'],
    ['max-keys', '1e2'],
    ['encoding-type', 'base64'],
    ['prefix', 'x'.repeat(1024)],
    ['marker', 'é'.repeat(512)],
    ['delimiter', 'x'.repeat(1024)],
    ['prefix', 'a\0b'],
    ['marker', '\0'],
    ['list-type', '3'],
  ])('refuses %s=%s', async (name, value) => {
    const reply = await list({ [name]: value });
    expect([reply.status, reply.xml('Code'), reply.xml('ArgumentName')]).toEqual([400, 'InvalidArgument', name]);
  });

  it('takes the longest prefix there can be', async () => {
    const key = 'x'.repeat(1023);
    await fill([key]);
    expect(keysOf(await list({ prefix: key }))).toEqual([key]);
  });

  it('of a bucket that is not there is NoSuchBucket', async () => {
    const reply = await send(plane, { bucket: 'nothing-here' });
    expect([reply.status, reply.xml('Code'), reply.xml('BucketName')]).toEqual([404, 'NoSuchBucket', 'nothing-here']);
  });
});

describe('ListObjectsV2', () => {
  const v2 = (query: Record<string, string> = {}, sign: 'v1' | 'v4' = 'v1') =>
    list({ 'list-type': '2', ...query }, sign);

  it('counts, and names the owner only when asked', async () => {
    await fill(TREE);
    const reply = await v2({ delimiter: '/' });
    expect([keysOf(reply).length, prefixesOf(reply).length, reply.xml('KeyCount')]).toEqual([2, 2, '4']);
    expect(reply.body.toString()).not.toMatch(/<Owner>|<Marker>|<NextMarker>/);
    expect((await v2({ 'fetch-owner': 'true' })).xml('DisplayName')).toBe(ACCOUNT);
  });

  it.each(['v1', 'v4'] as const)('pages by tokens to the same end (%s)', async (sign) => {
    await fill(TREE);
    const seen: string[] = [];
    let token = '';
    for (let page = 0; page < 10; page++) {
      const reply = await v2(
        { 'max-keys': '1', delimiter: '/', ...(token ? { 'continuation-token': token } : {}) },
        sign,
      );
      expect(reply.status).toBe(200);
      if (token) expect(reply.xml('ContinuationToken')).toBe(token);
      seen.push(...keysOf(reply), ...prefixesOf(reply));
      token = reply.xml('NextContinuationToken') ?? '';
      expect(token).toMatch(/^[\w-]*$/);
      if (!token) break;
    }
    expect(seen).toEqual(['fun/', 'oss.jpg', '\uffff', '🎬/']);
  });

  it('starts after start-after, which a token overrules', async () => {
    await fill(['a', 'b', 'c', 'd']);
    const reply = await v2({ 'start-after': 'a', 'max-keys': '1' });
    expect([keysOf(reply), reply.xml('StartAfter')]).toEqual([['b'], 'a']);
    const token = reply.xml('NextContinuationToken') ?? '';
    expect(keysOf(await v2({ 'start-after': 'c', 'continuation-token': token }))).toEqual(['c', 'd']);
  });

  it('refuses a token that was changed, made up, or given out for another listing', async () => {
    await fill(TREE);
    const token = (await v2({ prefix: 'fun/', 'max-keys': '1' })).xml('NextContinuationToken') ?? '';
    expect((await v2({ prefix: 'fun/', 'max-keys': '7', 'continuation-token': token })).status).toBe(200);
    const refused = async (query: Record<string, string>) => {
      const reply = await v2(query);
      expect([reply.status, reply.xml('Code'), reply.xml('ArgumentName')]).toEqual([
        400,
        'InvalidArgument',
        'continuation-token',
      ]);
    };
    await refused({ prefix: 'fun', 'continuation-token': token });
    await refused({ prefix: 'fun/', delimiter: '/', 'continuation-token': token });
    for (let i = 0; i < token.length; i++) {
      const changed = token.slice(0, i) + (token[i] === 'A' ? 'B' : 'A') + token.slice(i + 1);
      await refused({ prefix: 'fun/', 'continuation-token': changed });
    }
    for (const made of ['x', 'AQ', Buffer.from('fun/').toString('base64url'), '%', token.slice(0, -1), `${token}A`]) {
      await refused({ prefix: 'fun/', 'continuation-token': made });
    }
  });
});

describe('permission to list', () => {
  it('is asked with the prefix and the delimiter, the empty text when there is none', async () => {
    await list({ prefix: 'u/1/', delimiter: '/' });
    await list();
    expect(plane.questions.map(({ action, resource, context }) => [action, resource, context])).toMatchObject([
      ['oss:ListObjects', `acs:oss:*:${ACCOUNT}:${BUCKET}`, { 'oss:Prefix': 'u/1/', 'oss:Delimiter': '/' }],
      ['oss:ListObjects', `acs:oss:*:${ACCOUNT}:${BUCKET}`, { 'oss:Prefix': '', 'oss:Delimiter': '' }],
    ]);
  });

  it('is not given to everybody because everybody may read', async () => {
    await plane.db.updateTable('buckets').set({ acl: 'public-read' }).execute();
    const reply = await raw(plane, { method: 'GET', path: '/', headers: { host: `${BUCKET}.oss.localhost` } });
    await plane.db.updateTable('buckets').set({ acl: 'private' }).execute();
    expect([reply.status, reply.xml('Code')]).toEqual([403, 'AccessDenied']);
  });
});

describe('any key', () => {
  it('is listed as it was put, with and without encoding-type', async () => {
    const key = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 60 })
      .filter((text) => !/^[/\\]/.test(text) && !text.includes('\0'));
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(key, { minLength: 1, maxLength: 6 }), async (keys) => {
        await plane.db.deleteFrom('objects').execute();
        for (const one of keys) expect((await put(plane, one, one)).status).toBe(200);
        const sorted = [...keys].sort(compareBytes);
        expect(keysOf(await list())).toEqual(sorted);
        expect(keysOf(await list({ 'encoding-type': 'url' })).map(decodeURIComponent)).toEqual(sorted);
        const seen: string[] = [];
        for (let marker: string | undefined = ''; marker !== undefined; ) {
          const page: Reply = await list({ 'max-keys': '1', marker, 'encoding-type': 'url' }, 'v4');
          seen.push(...keysOf(page).map(decodeURIComponent));
          const next: string | undefined = page.xml('NextMarker');
          marker = next === undefined ? undefined : decodeURIComponent(next);
        }
        expect(seen).toEqual(sorted);
        for (const one of keys) expect((await get(plane, one)).body.toString()).toBe(one);
      }),
      { numRuns: 25 },
    );
  });
});
