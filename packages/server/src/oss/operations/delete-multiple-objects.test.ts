import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { get, multipart, put, type Reply, raw, send, signed } from '../testing/client.js';
import { ACCOUNT, BUCKET, startPlane, type TestPlane } from '../testing/data-plane.js';

let plane: TestPlane;
beforeAll(async () => {
  plane = await startPlane();
});
afterAll(() => plane.close());
const allow = async () => ({ allowed: true, verdicts: { identity: { outcome: 'Allow' } } }) as const;
afterEach(async () => {
  plane.decide = allow;
  await plane.db.deleteFrom('objects').execute();
  await plane.db.deleteFrom('manifests').execute();
  plane.questions.length = 0;
});

const md5 = (body: string | Buffer) => createHash('md5').update(body).digest('base64');
const escaped = (text: string) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
const xmlOf = (keys: readonly string[], quiet = '') =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Delete>${quiet}${keys
    .map((key) => `<Object><Key>${escaped(key)}</Key></Object>`)
    .join('\n')}</Delete>`;
const sendXml = (body: string | Buffer, query: readonly [string, string][] = [], headers?: Record<string, string>) =>
  send(plane, {
    method: 'POST',
    query: [['delete', ''], ...query],
    body,
    headers: headers ?? { 'content-md5': md5(body) },
  });
const deletedIn = (reply: Reply) =>
  [...reply.body.toString().matchAll(/<Deleted><Key>([^<]*)<\/Key><\/Deleted>/g)].map(([, key]) => key);
const left = async () => (await plane.db.selectFrom('objects').select('object_key').execute()).length;

describe('DeleteMultipleObjects', () => {
  it('deletes what is there, and reports what is not as deleted too', async () => {
    for (const key of ['a', 'b', 'c']) await put(plane, key, key);
    await multipart(plane, 'd', [Buffer.alloc(100 * 1024), Buffer.alloc(5)]);
    const files = await plane.files();
    const reply = await sendXml(xmlOf(['a', 'nothing', 'd', 'a']));
    expect([reply.status, reply.headers['content-type']]).toEqual([200, 'application/xml']);
    expect(deletedIn(reply)).toEqual(['a', 'nothing', 'd', 'a']);
    expect((await get(plane, 'a')).status).toBe(404);
    expect((await get(plane, 'b')).body.toString()).toBe('b');
    await expect.poll(async () => (await plane.files()).length).toBe(files.length - 3);
    expect(deletedIn(await sendXml(xmlOf(['a', 'nothing', 'd'])))).toEqual(['a', 'nothing', 'd']);
  });

  it('lets others in while a slow policy is asked about each key', async () => {
    plane.decide = async () => {
      const until = performance.now() + 1;
      while (performance.now() < until);
      return allow();
    };
    let longest = 0;
    let last = performance.now();
    const watch = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 1);
    const reply = await sendXml(xmlOf(Array.from({ length: 1000 }, (_, i) => `k${i}`)));
    clearInterval(watch);
    expect(reply.status).toBe(200);
    expect(longest).toBeLessThan(500);
  });

  it('keeps bytes that another object shares', async () => {
    await put(plane, 'one', 'shared');
    const row = await plane.db.selectFrom('objects').selectAll().executeTakeFirstOrThrow();
    await plane.db
      .insertInto('objects')
      .values({ ...row, object_key: 'two', object_id: 'other' })
      .execute();
    await sendXml(xmlOf(['one']));
    expect((await get(plane, 'two')).body.toString()).toBe('shared');
    await sendXml(xmlOf(['two']));
    expect(await plane.db.selectFrom('manifests').selectAll().execute()).toEqual([]);
  });

  it('says nothing when it is to be quiet', async () => {
    await put(plane, 'a', 'a');
    const reply = await sendXml(xmlOf(['a'], '<Quiet>true</Quiet>'));
    expect([reply.status, reply.body.length, await left()]).toEqual([200, 0, 0]);
    expect(deletedIn(await sendXml(xmlOf(['a'], '<Quiet>false</Quiet>')))).toEqual(['a']);
  });

  it('takes 1 000 keys, not one more', async () => {
    const keys = Array.from({ length: 1000 }, (_, i) => `key-${i}`);
    for (const key of keys.slice(0, 20)) await put(plane, key, key);
    await put(plane, 'stays', 'x');
    expect(deletedIn(await sendXml(xmlOf(keys)))).toEqual(keys);
    expect(await left()).toBe(1);
    const more = await sendXml(xmlOf([...keys, 'stays']));
    expect([more.status, more.xml('Code'), await left()]).toEqual([400, 'MalformedXML', 1]);
  });

  it('encodes keys when asked', async () => {
    const reply = await sendXml(xmlOf(['a b/+\u0001']), [['encoding-type', 'url']]);
    expect([reply.xml('EncodingType'), deletedIn(reply)]).toEqual(['url', ['a%20b%2F%2B%01']]);
  });

  it('asks for permission for each key, and deletes nothing when one is refused', async () => {
    for (const key of ['a', 'b']) await put(plane, key, key);
    plane.questions.length = 0;
    plane.decide = async (_, { resource }) =>
      resource.endsWith('/b')
        ? {
            allowed: false,
            noPermissionType: 'ImplicitDeny',
            policyType: 'SessionPolicy',
            verdicts: { identity: { outcome: 'Allow' } },
          }
        : allow();
    const reply = await sendXml(xmlOf(['a', 'b']));
    expect([reply.status, reply.xml('Code'), await left()]).toEqual([403, 'AccessDenied', 2]);
    expect(plane.questions.map(({ action, resource }) => [action, resource])).toEqual([
      ['oss:DeleteObject', `acs:oss:*:${ACCOUNT}:${BUCKET}/a`],
      ['oss:DeleteObject', `acs:oss:*:${ACCOUNT}:${BUCKET}/b`],
    ]);
  });

  it('does not listen to a stranger', async () => {
    const body = 'no XML at all';
    const reply = await raw(plane, {
      method: 'POST',
      path: '/?delete',
      headers: { host: `${BUCKET}.oss.localhost`, 'content-md5': md5(body) },
      body,
    });
    expect([reply.status, reply.xml('Code')]).toEqual([403, 'AccessDenied']);
  });

  it('asks about each key for another account, too, when the bucket has a policy', async () => {
    for (const key of ['ours/a', 'theirs/a']) await put(plane, key, key);
    const policy = JSON.stringify({
      Version: '1',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['oss:DeleteObject'],
          Principal: ['7'],
          Resource: [`acs:oss:*:${ACCOUNT}:${BUCKET}/theirs/*`],
        },
      ],
    });
    await send(plane, { method: 'PUT', query: [['policy', '']], body: policy });
    const { principal } = plane;
    plane.principal = { kind: 'user', accountId: '7', userId: 'u7', userName: 'bob' };
    plane.decide = async (_, { resource }) =>
      resource.includes('/theirs/')
        ? allow()
        : {
            allowed: false,
            noPermissionType: 'ImplicitDeny',
            policyType: 'ResourceBasedPolicy',
            verdicts: { identity: { outcome: 'ImplicitDeny' } },
          };
    try {
      expect((await sendXml(xmlOf(['theirs/a', 'ours/a']))).status).toBe(403);
      expect(await left()).toBe(2);
      expect(deletedIn(await sendXml(xmlOf(['theirs/a'])))).toEqual(['theirs/a']);
      expect(await left()).toBe(1);
    } finally {
      plane.principal = principal;
      plane.decide = allow;
      await send(plane, { method: 'DELETE', query: [['policy', '']] });
    }
  });

  it('wants the MD5 of the body, and checks it', async () => {
    const body = xmlOf(['a']);
    const none = await sendXml(body, [], {});
    expect([none.status, none.xml('Code'), none.xml('ArgumentName')]).toEqual([400, 'MissingArgument', 'Content-MD5']);
    for (const claimed of [md5('other'), 'no base64!', md5(body).slice(4)]) {
      const reply = await sendXml(body, [], { 'content-md5': claimed });
      expect([reply.status, reply.xml('Code')]).toEqual([400, 'InvalidDigest']);
    }
  });

  it.each([
    ['nothing', ''],
    ['no XML', 'x'],
    ['another root', '<Remove><Object><Key>a</Key></Object></Remove>'],
    ['no object', '<Delete></Delete>'],
    ['an empty key', '<Delete><Object><Key></Key></Object></Delete>'],
    ['an object without a key', '<Delete><Object></Object></Delete>'],
    ['two keys in one object', '<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>'],
    ['an element that it does not know', '<Delete><Object><Key>a</Key><If>x</If></Object></Delete>'],
    ['a text between elements', '<Delete>x<Object><Key>a</Key></Object></Delete>'],
    ['an element in a key', '<Delete><Object><Key>a<b/></Key></Object></Delete>'],
    ['Quiet that is neither', '<Delete><Quiet>yes</Quiet><Object><Key>a</Key></Object></Delete>'],
    ['Quiet twice', '<Delete><Quiet>true</Quiet><Quiet>false</Quiet><Object><Key>a</Key></Object></Delete>'],
    ['a document type', '<!DOCTYPE Delete><Delete><Object><Key>a</Key></Object></Delete>'],
    ['more than 2 MiB', `<Delete><!--${'x'.repeat(2 * 1024 * 1024)}--><Object><Key>a</Key></Object></Delete>`],
    ['bytes that are not UTF-8', Buffer.from('<Delete><Object><Key>\xff</Key></Object></Delete>', 'latin1')],
  ])('refuses %s with MalformedXML', async (_, body) => {
    await put(plane, 'a', 'a');
    const reply = await sendXml(body);
    expect([reply.status, reply.xml('Code'), await left()]).toEqual([400, 'MalformedXML', 1]);
  });

  it.each(['/a', '\\a', 'x'.repeat(1024), 'a\0b'])('refuses the key %j with InvalidObjectName', async (key) => {
    const reply = await sendXml(xmlOf([key]));
    expect([reply.status, reply.xml('Code')]).toEqual([400, 'InvalidObjectName']);
  });

  it('deletes no version that it does not have', async () => {
    await put(plane, 'a', 'a');
    const version = (id: string) => `<Delete><Object><Key>a</Key><VersionId>${id}</VersionId></Object></Delete>`;
    const reply = await sendXml(version('CAEQMxiBgIDh3ZCB0BYiIGE4'));
    expect([reply.status, reply.xml('Code'), await left()]).toEqual([400, 'NotImplemented', 1]);
    expect((await sendXml(version('null'))).status).toBe(200);
    expect(await left()).toBe(0);
  });

  it('wants a length', async () => {
    const { path, headers } = signed(plane, {
      method: 'POST',
      query: [['delete', '']],
      headers: { 'content-md5': md5('') },
    });
    const lines = Object.entries({ ...headers, connection: 'close' }).map(([name, value]) => `${name}: ${value}`);
    const socket = connect(plane.port, '127.0.0.1');
    socket.write(`POST ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    expect(await text(socket)).toMatch(/^HTTP\/1.1 411 .*<Code>MissingContentLength<\/Code>/s);
  });
});

describe('any key', () => {
  it('is deleted, and no other, whether characters come bare or as references', async () => {
    const key = fc
      .string({
        unit: fc.oneof(fc.constantFrom(' ', '\r', '\n', '\u0001', '&', '<', ']]>'), fc.string({ unit: 'binary' })),
        minLength: 1,
        maxLength: 12,
      })
      .filter((text) => text !== '' && !/^[/\\]/.test(text) && !text.includes('\0'));
    const reference = (text: string) => [...text].map((c) => `&#${c.codePointAt(0)};`).join('');
    await fc.assert(
      fc.asyncProperty(key, fc.boolean(), async (one, bare) => {
        for (const other of [one, `${one} `, `x${one}`]) await put(plane, other, 'x');
        const body = `<Delete><Object><Key>${bare ? escaped(one) : reference(one)}</Key></Object></Delete>`;
        const reply = await sendXml(body, [['encoding-type', 'url']]);
        expect(deletedIn(reply).map((text) => decodeURIComponent(text ?? ''))).toEqual([one]);
        expect((await get(plane, one)).status).toBe(404);
        expect([(await get(plane, `${one} `)).status, (await get(plane, `x${one}`)).status]).toEqual([200, 200]);
        await plane.db.deleteFrom('objects').execute();
      }),
      { numRuns: 40 },
    );
  });
});
