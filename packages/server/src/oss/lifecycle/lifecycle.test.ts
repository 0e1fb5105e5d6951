import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { complete, get, initiate, put, send, uploadPart } from '../testing/client.js';
import { ACCOUNT, BUCKET, startPlane, type TestPlane } from '../testing/data-plane.js';

const DAY = 86_400_000;
const query = [['lifecycle', '']] as const;
const ABANDONED_DAYS = 30;
/** The reaper works in the background. */
const SOON = { timeout: 20_000 };

let plane: TestPlane;
beforeEach(async () => {
  plane = await startPlane({ lifecycle: { everyMs: DAY, abandonedUploadMs: ABANDONED_DAYS * DAY } });
});
afterEach(() => plane.close());

const setXml = (body: string) => send(plane, { method: 'PUT', query, body });
const config = (...rules: string[]) =>
  `<LifecycleConfiguration>${rules.map((rule) => `<Rule>${rule}</Rule>`).join('')}</LifecycleConfiguration>`;
const set = (...rules: string[]) => setXml(config(...rules));
const rule = (prefix: string, action: string, status = 'Enabled') =>
  `<Prefix>${prefix}</Prefix><Status>${status}</Status>${action}`;
const days = (count: number | string) => `<Expiration><Days>${count}</Days></Expiration>`;
const before = (date: string) => `<Expiration><CreatedBeforeDate>${date}</CreatedBeforeDate></Expiration>`;
const abort = (count: number) => `<AbortMultipartUpload><Days>${count}</Days></AbortMultipartUpload>`;
const keys = async () =>
  (await plane.db.selectFrom('objects').select('object_key').orderBy('object_key').execute()).map((o) => o.object_key);
const uploads = async () =>
  (await plane.db.selectFrom('uploads').select('object_key').orderBy('object_key').execute()).map((o) => o.object_key);
/** Rows without bytes, by the thousand. */
async function fill(count: number, modified: number): Promise<void> {
  for (let i = 0; i < count; i += 500) {
    const rows = Array.from({ length: Math.min(500, count - i) }, (_, j) => ({
      bucket: BUCKET,
      object_key: `n/${String(i + j).padStart(5, '0')}`,
      object_id: `id${i + j}`,
      manifest_id: `id${i + j}`,
      upload_id: null,
      type: 'Normal' as const,
      size: 0,
      etag: '',
      crc64: '0',
      headers: '[]',
      acl: 'default' as const,
      tags: '[]',
      last_modified: modified,
    }));
    await plane.db.insertInto('objects').values(rows).execute();
  }
}

describe('lifecycle rules', () => {
  it('are kept, given back and deleted', async () => {
    const none = await send(plane, { query });
    expect([none.status, none.xml('Code'), none.xml('Message')]).toEqual([
      404,
      'NoSuchLifecycle',
      'No Row found in Lifecycle Table.',
    ]);
    const inside =
      '<Rule><ID>a &amp; b</ID><Prefix> logs/ü </Prefix><Status>Enabled</Status><Tag><Key>k</Key><Value>v</Value></Tag>' +
      '<Expiration><CreatedBeforeDate>2030-01-31T00:00:00.000Z</CreatedBeforeDate></Expiration>' +
      '<Transition><Days>3</Days><StorageClass>IA</StorageClass></Transition></Rule>' +
      '<Rule><ID>c</ID><Prefix>x</Prefix><Status>Disabled</Status><Expiration><Days>1</Days></Expiration>' +
      '<AbortMultipartUpload><Days>2</Days></AbortMultipartUpload></Rule>' +
      '<Rule><ID>d</ID><Prefix>y</Prefix><Status>Enabled</Status><Expiration><ExpiredObjectDeleteMarker>true' +
      '</ExpiredObjectDeleteMarker></Expiration><NoncurrentVersionExpiration><NoncurrentDays>5</NoncurrentDays>' +
      '</NoncurrentVersionExpiration><NoncurrentVersionTransition><NoncurrentDays>4</NoncurrentDays>' +
      '<StorageClass>Archive</StorageClass></NoncurrentVersionTransition></Rule>';
    expect((await setXml(`<LifecycleConfiguration>${inside}</LifecycleConfiguration>`)).status).toBe(200);
    expect((await send(plane, { query })).body.toString()).toContain(inside);
    expect((await send(plane, { method: 'DELETE', query })).status).toBe(204);
    expect((await send(plane, { query })).status).toBe(404);
    expect((await send(plane, { method: 'DELETE', query })).status).toBe(204);
  });

  it('may say that they do not go by the time of access, as SDKs do, and may not go by it', async () => {
    const transition = (byAccess: string) =>
      `<Transition><Days>3</Days><StorageClass>IA</StorageClass><IsAccessTime>${byAccess}</IsAccessTime></Transition>`;
    expect((await set(rule('', transition('false')))).status).toBe(200);
    expect((await send(plane, { query })).body.toString()).toContain(transition('false'));
    const refused = await set(rule('', transition('true')));
    expect([refused.status, refused.xml('Code')]).toEqual([400, 'MalformedXML']);
  });

  it('get an ID when they have none, the same one each time', async () => {
    const ids = async () => {
      await set(rule('a', days(1)), rule('b', days(1)));
      return [...(await send(plane, { query })).body.toString().matchAll(/<ID>([^<]+)</g)].map((m) => m[1]);
    };
    const first = await ids();
    expect(new Set(first).size).toBe(2);
    expect(await ids()).toEqual(first);
  });

  it.each([
    ['no XML', 'MalformedXML', '<'],
    ['no rule', 'MalformedXML', config()],
    ['1001 rules', 'MalformedXML', config(...Array.from({ length: 1001 }, (_, i) => rule(`${i}/`, days(1))))],
    ['no action', 'MalformedXML', config(rule('', ''))],
    ['an element for a prefix', 'MalformedXML', config(rule('<x>logs</x>', days(1)))],
    ['no status', 'MalformedXML', config(days(1))],
    ['another status', 'MalformedXML', config(rule('', days(1), 'On'))],
    ['a filter, which would spare objects', 'MalformedXML', config(rule('', `${days(1)}<Filter/>`))],
    [
      'days and a date',
      'MalformedXML',
      config(
        rule(
          '',
          '<Expiration><Days>1</Days><CreatedBeforeDate>2030-01-31T00:00:00.000Z</CreatedBeforeDate></Expiration>',
        ),
      ),
    ],
    ['neither', 'MalformedXML', config(rule('', '<Expiration/>'))],
    ['no days', 'InvalidArgument', config(rule('', days(0)))],
    ['half a day', 'InvalidArgument', config(rule('', days('0.5')))],
    ['noon', 'InvalidArgument', config(rule('', before('2030-01-31T12:00:00.000Z')))],
    ['no such day', 'InvalidArgument', config(rule('', before('2030-02-30T00:00:00.000Z')))],
    ['a long ID', 'InvalidArgument', config(`<ID>${'ü'.repeat(128)}</ID>${rule('', days(1))}`)],
    ['an ID twice', 'InvalidArgument', config(`<ID>a</ID>${rule('a', days(1))}`, `<ID>a</ID>${rule('b', days(1))}`)],
    ['a tag for parts', 'InvalidArgument', config(rule('', `<Tag><Key>k</Key></Tag>${abort(1)}`))],
    ['a tag twice', 'InvalidArgument', config(rule('', `${'<Tag><Key>k</Key></Tag>'.repeat(2)}${days(1)}`))],
    ['overlaps', 'InvalidArgument', config(rule('a/', days(1)), rule('b', days(2)), rule('a/b', days(3)))],
    ['overlapping parts', 'InvalidArgument', config(rule('', abort(1)), rule('a', abort(1)))],
    [
      'no class',
      'InvalidArgument',
      config(rule('', '<Transition><Days>1</Days><StorageClass>X</StorageClass></Transition>')),
    ],
  ])('cannot be set with %s: %s', async (_, code, xml) => {
    const reply = await setXml(xml);
    expect([reply.status, reply.xml('Code')]).toEqual([400, code]);
    expect((await send(plane, { query })).status).toBe(404);
  });

  it('of different actions, or with tags, may overlap', async () => {
    const tagged = rule('a/b', `<Tag><Key>k</Key><Value>v</Value></Tag>${days(3)}`);
    expect((await set(rule('a/', days(1)), rule('a/b', abort(1)), tagged)).status).toBe(200);
  });

  it('ask policy each, and go with their bucket', async () => {
    plane.questions.length = 0;
    await set(rule('', days(1)));
    await send(plane, { query });
    await send(plane, { method: 'DELETE', query });
    expect(plane.questions.map(({ action, resource }) => [action, resource])).toEqual(
      ['oss:PutBucketLifecycle', 'oss:GetBucketLifecycle', 'oss:DeleteBucketLifecycle'].map((action) => [
        action,
        `acs:oss:*:${ACCOUNT}:${BUCKET}`,
      ]),
    );
    await set(rule('', days(1)));
    expect((await send(plane, { method: 'DELETE' })).status).toBe(204);
    expect(await plane.db.selectFrom('bucket_settings').selectAll().execute()).toEqual([]);
  });
});

describe('objects', () => {
  it('expire some days after they were last modified, with their bytes', async () => {
    await set(rule('tmp/', days(2)), rule('off/', days(1), 'Disabled'));
    for (const key of ['off/a', 'tmp', 'tmp/old', 'tmp0']) await put(plane, key, 'x');
    plane.clock.ms += DAY;
    await put(plane, 'tmp/new', 'x');
    plane.clock.ms += DAY - 1;
    expect(await plane.oss.expire()).toEqual({ objects: 0, uploads: 0 });
    plane.clock.ms += 1;
    expect(await plane.oss.expire()).toEqual({ objects: 1, uploads: 0 });
    expect(await keys()).toEqual(['off/a', 'tmp', 'tmp/new', 'tmp0']);
    expect(plane.removed).toEqual([{ bucket: BUCKET, key: 'tmp/old', what: 'object' }]);
    await expect.poll(async () => (await plane.files()).length, SOON).toBe(4);
    plane.clock.ms += 100 * DAY;
    expect(await plane.oss.expire()).toEqual({ objects: 1, uploads: 0 });
  });

  it('written before a date expire when it has come', async () => {
    plane.clock.ms = Date.parse('2030-01-29T12:00:00Z');
    await set(rule('', before('2030-01-31T00:00:00.000Z')));
    await put(plane, 'early', 'x');
    expect((await plane.oss.expire()).objects).toBe(0);
    plane.clock.ms += 2 * DAY;
    await put(plane, 'late', 'x');
    expect((await plane.oss.expire()).objects).toBe(1);
    expect(await keys()).toEqual(['late']);
  });

  it('expire by all tags of a rule, and by the earliest of several rules', async () => {
    const tag = (key: string, value: string) => `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`;
    await set(rule('', days(9)), rule('', tag('a', '1') + tag('b', '2') + days(1)));
    for (const [key, tags] of [
      [
        'both',
        [
          ['b', '2'],
          ['a', '1'],
        ],
      ],
      ['one', [['a', '1']]],
      [
        'other',
        [
          ['a', '1'],
          ['b', '3'],
        ],
      ],
      ['none', []],
    ] as const) {
      await put(plane, key, 'x');
      await plane.db
        .updateTable('objects')
        .set({ tags: JSON.stringify(tags) })
        .where('object_key', '=', key)
        .execute();
    }
    plane.clock.ms += DAY;
    await plane.oss.expire();
    expect(await keys()).toEqual(['none', 'one', 'other']);
    plane.clock.ms += 8 * DAY;
    await plane.oss.expire();
    expect(await keys()).toEqual([]);
  });

  it('tell when they will expire', async () => {
    await set(`<ID>wörk</ID>${rule('k', days(1))}`);
    plane.clock.ms = Date.parse('2030-01-31T00:00:00Z');
    await put(plane, 'k', 'x');
    await put(plane, 'other', 'x');
    const head = await send(plane, { method: 'HEAD', key: 'k' });
    expect(head.headers['x-oss-expiration']).toBe('expiry-date="Fri, 01 Feb 2030 00:00:00 GMT", rule-id="w%C3%B6rk"');
    expect((await send(plane, { method: 'HEAD', key: 'other' })).headers).not.toHaveProperty('x-oss-expiration');
    const meta = await send(plane, { method: 'HEAD', key: 'k', query: [['objectMeta', '']] });
    expect(meta.headers).not.toHaveProperty('x-oss-expiration');
  });

  it('expire in pages, and what changed meanwhile is looked at anew', async () => {
    await plane.close();
    const now = Date.now();
    let seen = 0;
    plane = await startPlane({
      objectEvents: {
        stored: async () => {},
        committed() {},
        async removed(transaction) {
          // While the first ones go, one further on is written again.
          if (seen++ > 0) return;
          await transaction
            .updateTable('objects')
            .set({ last_modified: now, object_id: 'again' })
            .where('object_key', '=', 'n/01150')
            .execute();
        },
      },
    });
    plane.clock.ms = now;
    await fill(1200, now - 2 * DAY);
    await put(plane, 'm', 'x');
    await set(rule('n/', days(1)));
    expect(await plane.oss.expire()).toEqual({ objects: 1199, uploads: 0 });
    expect(await keys()).toEqual(['m', 'n/01150']);
  });

  it('are spared as soon as the rules change', async () => {
    await plane.close();
    plane = await startPlane({
      objectEvents: {
        stored: async () => {},
        committed() {},
        removed: async (transaction) => {
          await transaction.deleteFrom('bucket_settings').execute();
        },
      },
    });
    await fill(1100, plane.clock.ms - 2 * DAY);
    await set(rule('', days(1)));
    const { objects } = await plane.oss.expire();
    expect(objects).toBe(100);
    expect((await keys()).length).toBe(1000);
  });

  it('that cannot be deleted do not keep the others', async () => {
    await plane.close();
    plane = await startPlane({
      objectEvents: {
        stored: async () => {},
        committed() {},
        async removed(_, { key }) {
          if (key === 'n/00001') throw new Error('no');
        },
      },
    });
    await fill(250, plane.clock.ms - 2 * DAY);
    await set(rule('', days(1)));
    expect((await plane.oss.expire()).objects).toBe(150);
    expect(plane.log.some(({ message }) => message.includes('the next pass tries again'))).toBe(true);
  });

  it('expire without anybody asking, once the server runs', async () => {
    await plane.close();
    plane = await startPlane({ lifecycle: { everyMs: 20 } });
    await plane.oss.start();
    await set(rule('', days(1)));
    await put(plane, 'k', 'x');
    plane.clock.ms += DAY;
    await expect.poll(keys, SOON).toEqual([]);
  });

  it('go on expiring after a stop in the middle', async () => {
    await plane.close();
    const directory = await mkdtemp(join(tmpdir(), 'sluice-lifecycle-'));
    try {
      let stopped: Promise<void> | undefined;
      plane = await startPlane({
        directory,
        objectEvents: {
          stored: async () => {},
          committed() {},
          async removed() {
            stopped ??= plane.oss.stop();
          },
        },
      });
      await fill(1100, plane.clock.ms - 2 * DAY);
      await set(rule('', days(1)));
      expect((await plane.oss.expire()).objects).toBe(100);
      await stopped;
      await plane.close();
      plane = await startPlane({ directory });
      // As the server does when it starts.
      await plane.oss.start();
      // Joins the pass that is under way.
      await plane.oss.expire();
      expect(await keys()).toEqual([]);
    } finally {
      await plane.close();
      await rm(directory, { recursive: true, force: true });
      plane = await startPlane();
    }
  });
});

describe('unfinished uploads', () => {
  it('expire some days after they began, parts and all', async () => {
    await set(rule('u/', abort(1)), rule('v/', abort(1), 'Disabled'));
    const id = await initiate(plane, 'u/a');
    await initiate(plane, 'v/a');
    await uploadPart(plane, 'u/a', id, 1, 'x');
    plane.clock.ms += DAY;
    await initiate(plane, 'u/b');
    expect(await plane.oss.expire()).toEqual({ objects: 0, uploads: 1 });
    expect(await uploads()).toEqual(['u/b', 'v/a']);
    expect(plane.removed).toEqual([{ bucket: BUCKET, key: 'u/a', what: 'upload' }]);
    const late = await uploadPart(plane, 'u/a', id, 2, 'x');
    expect([late.status, late.xml('Code')]).toEqual([404, 'NoSuchUpload']);
    await expect.poll(plane.files, SOON).toEqual([]);
  });

  it('that no rule is about are given up when nothing came for long', async () => {
    const idle = await initiate(plane, 'idle');
    const slow = await initiate(plane, 'slow');
    await uploadPart(plane, 'idle', idle, 1, 'x');
    plane.clock.ms += (ABANDONED_DAYS - 1) * DAY;
    const part = await uploadPart(plane, 'slow', slow, 1, 'x');
    plane.clock.ms += DAY;
    expect(await plane.oss.expire()).toEqual({ objects: 0, uploads: 1 });
    expect(await uploads()).toEqual(['slow']);
    expect((await complete(plane, 'slow', slow, [[1, String(part.headers.etag)]])).status).toBe(200);
    expect((await get(plane, 'slow')).body.toString()).toBe('x');
  });

  it('that a rule is about are left to it', async () => {
    await set(rule('', abort(100)));
    await initiate(plane, 'k');
    plane.clock.ms += 99 * DAY;
    expect((await plane.oss.expire()).uploads).toBe(0);
    plane.clock.ms += DAY;
    expect((await plane.oss.expire()).uploads).toBe(1);
  });

  it('are never given up without a setting that says so', async () => {
    await plane.close();
    plane = await startPlane();
    await initiate(plane, 'k');
    plane.clock.ms += 10_000 * DAY;
    expect((await plane.oss.expire()).uploads).toBe(0);
  });
});
