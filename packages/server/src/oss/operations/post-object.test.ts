// biome-ignore-all lint/suspicious/noTemplateCurlyInString: names of the dialect
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { get, put, type Reply, raw, send } from '../testing/client.js';
import { BUCKET, startPlane, type TestPlane } from '../testing/data-plane.js';
import { type FormAsk, formBody, policyText, postForm, signFormV1, signFormV4 } from '../testing/form.js';

let plane: TestPlane;
beforeAll(async () => {
  plane = await startPlane({ limits: { idleMs: 2000, lingerMs: 500 } });
});
beforeEach(() => {
  plane.clock.ms = Date.now();
});
afterAll(() => plane.close());

const refusal = (reply: Reply) => [reply.status, reply.xml('Code')];
const signed = (conditions: readonly unknown[] = []) => signFormV1({ at: plane.clock.ms, conditions });
const post = (ask: FormAsk & { conditions?: readonly unknown[] }) =>
  postForm(plane, { file: 'content', ...ask, fields: { ...signed(ask.conditions), ...(ask.fields as object) } });
/** Nothing is stored, neither object nor bytes. */
async function nothing(key: string): Promise<void> {
  expect((await get(plane, key)).status).toBe(404);
  const blobs = await plane.db.selectFrom('manifests').selectAll().execute();
  expect((await plane.files()).length).toBe(blobs.length);
}

describe('a signed form', () => {
  it.each([
    ['V1', () => signFormV1({ at: plane.clock.ms })],
    ['V4', () => signFormV4({ at: plane.clock.ms })],
    ['V4 of another region', () => signFormV4({ at: plane.clock.ms }, 'eu-west-1')],
  ])('%s stores its file', async (_, sign) => {
    const file = Buffer.from('the content \r\n--of\r\n a file');
    const reply = await postForm(plane, { fields: { key: 'posted.txt', ...sign() }, file });
    expect([reply.status, reply.body.length]).toEqual([204, 0]);
    const there = await get(plane, 'posted.txt');
    expect(there.body.equals(file)).toBe(true);
    expect(there.headers).toMatchObject({ 'content-type': 'text/plain', 'x-oss-object-type': 'Normal' });
    expect(reply.headers.etag).toBe(there.headers.etag);
    expect(reply.headers['x-oss-hash-crc64ecma']).toBe(there.headers['x-oss-hash-crc64ecma']);
    expect(plane.questions.at(-2)).toMatchObject({ action: 'oss:PutObject' });
    expect(plane.stored.at(-1)).toMatchObject({ bucket: BUCKET, key: 'posted.txt', size: file.length });
  });

  it('with a token', async () => {
    plane.tokens.set('good', 'ok');
    plane.tokens.set('old', 'expired-token');
    expect((await post({ fields: { key: 't', 'x-oss-security-token': 'good' } })).status).toBe(204);
    const old = await post({ fields: { key: 'no', 'x-oss-security-token': 'old' } });
    expect(refusal(old)).toEqual([403, 'SecurityTokenExpired']);
    await nothing('no');
  });

  it('is taken path style, and whatever a header or the URL claim to be a signature', async () => {
    const reply = await post({
      fields: { key: 'path-style', success_action_status: '201' },
      host: '127.0.0.1',
      path: `/${BUCKET}?OSSAccessKeyId=x&Expires=1&Signature=y`,
      headers: { authorization: 'OSS nobody:nothing' },
    });
    expect(reply.status).toBe(201);
    expect(reply.xml('Location')).toBe(`http://127.0.0.1/${BUCKET}/path-style`);
  });

  it('has fields whose names are in any case, and a file of any bytes', async () => {
    const { key: _, ...fields } = { ...signed(), key: '' };
    const file = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7919) & 255));
    const upper = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name.toUpperCase(), value]));
    expect((await postForm(plane, { fields: { KEY: 'bytes', ...upper }, file })).status).toBe(204);
    expect((await get(plane, 'bytes')).body.equals(file)).toBe(true);
  });

  it('stores an empty file, a file of 3 MiB that comes in crumbs', async () => {
    expect((await post({ fields: { key: 'empty' }, file: '' })).status).toBe(204);
    expect((await get(plane, 'empty')).body.length).toBe(0);
    const file = Buffer.alloc(3 * 1024 * 1024, 'abc\r\n--');
    const { body, contentType } = formBody({ fields: { key: 'crumbs', ...signed() }, file });
    const socket = connect(plane.port, '127.0.0.1');
    const head = [`POST / HTTP/1.1`, `Host: ${BUCKET}.oss.localhost`, `Content-Type: ${contentType}`];
    socket.write([...head, `Content-Length: ${body.length}`, 'Connection: close', '', ''].join('\r\n'));
    for (let at = 0; at < body.length; at += 9973) {
      if (!socket.write(body.subarray(at, at + 9973))) await new Promise((resolve) => socket.once('drain', resolve));
    }
    let answer = '';
    for await (const chunk of socket) answer += chunk;
    expect(answer).toMatch(/^HTTP\/1.1 204/);
    expect((await get(plane, 'crumbs')).body.equals(file)).toBe(true);
  });

  it('carries CORS headers, and its answers run nowhere', async () => {
    const headers = { origin: 'http://app.example' };
    const good = await post({ fields: { key: 'cors' }, headers });
    const bad = await postForm(plane, { fields: { key: 'cors' }, file: 'x', headers });
    for (const reply of [good, bad]) expect(reply.headers['access-control-allow-origin']).toBe('*');
    expect(bad.headers['content-type']).toBe('application/xml');
  });
});

describe('the key', () => {
  it('takes the name of the file', async () => {
    const name = 'C:\\Users\\me\\f $& ü.txt';
    expect((await post({ fields: { key: 'user/${filename}' }, fileName: name })).status).toBe(204);
    expect(plane.stored.at(-1)?.key).toBe('user/f $& ü.txt');
  });
  it('is asked about as it is stored, and a policy as it was given', async () => {
    const conditions = [['eq', '$key', 'user/${filename}']];
    expect((await post({ fields: { key: 'user/${filename}' }, fileName: 'b.txt', conditions })).status).toBe(204);
    expect(plane.questions.at(-1)?.resource).toMatch(/:videos\/user\/b\.txt$/);
    const escaped = [['starts-with', '$key', 'user/\\$']];
    const policy = policyText(
      JSON.stringify({ expiration: new Date(plane.clock.ms + 1000), conditions: escaped }).replaceAll('\\\\$', '\\$'),
    );
    const fields = { key: 'user/${filename}', ...signFormV1({ at: plane.clock.ms, policy }) };
    expect((await postForm(plane, { fields, file: 'x' })).status).toBe(204);
  });
  it.each([
    [{}, 'InvalidArgument'],
    [{ key: '' }, 'InvalidObjectName'],
    [{ key: '/a' }, 'InvalidObjectName'],
    [{ key: '\\a' }, 'InvalidObjectName'],
    [{ key: 'k'.repeat(1024) }, 'InvalidObjectName'],
  ])('%j is %s', async (fields, code) => {
    expect(refusal(await post({ fields }))).toEqual([400, code]);
  });
});

describe('permission', () => {
  it('is refused by policy with nothing stored', async () => {
    const { decide } = plane;
    const verdicts = { identity: { outcome: 'ImplicitDeny' } } as const;
    plane.decide = async () => ({ allowed: false, policyType: 'SessionPolicy', verdicts });
    const reply = await post({ fields: { key: 'denied' } });
    plane.decide = decide;
    expect([...refusal(reply), reply.xml('Message')]).toEqual([
      403,
      'AccessDenied',
      'Access denied by authorizer&apos;s policy.',
    ]);
    await nothing('denied');
  });
  it('is nobody’s without a signature', async () => {
    const reply = await postForm(plane, { fields: { key: 'anonymous' }, file: 'x' });
    expect(refusal(reply)).toEqual([403, 'AccessDenied']);
    await nothing('anonymous');
  });
  it('is asked of a bucket that is there', async () => {
    const host = 'no-such-bucket.oss.localhost';
    expect(refusal(await post({ fields: { key: 'x' }, host }))).toEqual([404, 'NoSuchBucket']);
  });
});

describe('a signature', () => {
  const v1 = () => signFormV1({ at: plane.clock.ms });
  const v4 = () => signFormV4({ at: plane.clock.ms });
  const tomorrow = () => signFormV4({ at: plane.clock.ms + 86_400_000 });
  it.each([
    ['V1 by another secret', () => signFormV1({ at: plane.clock.ms, secret: 'guess' }), 403, 'SignatureDoesNotMatch'],
    ['V4 by another secret', () => signFormV4({ at: plane.clock.ms, secret: 'guess' }), 403, 'SignatureDoesNotMatch'],
    [
      'V1 of another policy',
      () => ({ ...v1(), policy: policyText({ expiration: '2999-01-01T00:00:00.000Z', conditions: [] }) }),
      403,
      'SignatureDoesNotMatch',
    ],
    [
      'V4 of another region',
      () => ({ ...v4(), 'x-oss-credential': v4()['x-oss-credential']?.replace('cn-local', 'cn-other') ?? '' }),
      403,
      'SignatureDoesNotMatch',
    ],
    ['of an unknown key', () => ({ ...v1(), OSSAccessKeyId: 'nobody' }), 403, 'InvalidAccessKeyId'],
    [
      'of a known key with NUL after it',
      () => ({ ...v1(), OSSAccessKeyId: `${v1().OSSAccessKeyId}\0` }),
      403,
      'InvalidAccessKeyId',
    ],
    ['of a disabled key', () => ({ ...v1(), OSSAccessKeyId: 'disabled' }), 403, 'InvalidAccessKeyId'],
    ['of a temporary key without its token', () => ({ ...v1(), OSSAccessKeyId: 'STS.x' }), 403, 'InvalidAccessKeyId'],
    ['V4 of tomorrow', tomorrow, 403, 'AccessDenied'],
    ['V1 without policy', () => without(v1(), 'policy'), 400, 'InvalidArgument'],
    ['V1 without key', () => without(v1(), 'OSSAccessKeyId'), 400, 'InvalidArgument'],
    ['V1 without signature', () => without(v1(), 'Signature'), 400, 'InvalidArgument'],
    ['policy alone', () => ({ policy: v1().policy ?? '' }), 400, 'InvalidArgument'],
    ['V1 and V4 together', () => ({ ...v1(), ...v4() }), 400, 'InvalidArgument'],
    ['V4 without policy', () => without(v4(), 'policy'), 400, 'InvalidArgument'],
    ['V4 without version', () => without(v4(), 'x-oss-signature-version'), 400, 'InvalidArgument'],
    ['V4 without date', () => without(v4(), 'x-oss-date'), 400, 'InvalidArgument'],
    ['V4 with a malformed credential', () => ({ ...v4(), 'x-oss-credential': 'ak' }), 400, 'InvalidArgument'],
    ['V4 with a malformed date', () => ({ ...v4(), 'x-oss-date': 'soon' }), 400, 'InvalidArgument'],
    [
      'V4 with the date of another day',
      () => ({ ...v4(), 'x-oss-date': tomorrow()['x-oss-date'] ?? '' }),
      400,
      'InvalidArgument',
    ],
    ['V4 with a malformed signature', () => ({ ...v4(), 'x-oss-signature': 'A' }), 400, 'InvalidArgument'],
  ] as const)('%s is refused', async (_, fields, status, code) => {
    const reply = await postForm(plane, { fields: { key: 'refused', ...fields() }, file: 'x' });
    expect(refusal(reply)).toEqual([status, code]);
    expect(reply.body.toString()).not.toMatch(/\bsk\b/);
    await nothing('refused');
  });
  const without = (fields: Record<string, string>, name: string): Record<string, string> =>
    Object.fromEntries(Object.entries(fields).filter(([n]) => n !== name));
});

describe('the policy document', () => {
  it('ends at its expiration', async () => {
    const fields = { key: 'late', ...signed() };
    plane.clock.ms += 59_000;
    expect((await postForm(plane, { fields, file: 'x' })).status).toBe(204);
    plane.clock.ms += 1000;
    const reply = await postForm(plane, { fields: { ...fields, key: 'too-late' }, file: 'x' });
    expect([...refusal(reply), reply.xml('Message')]).toEqual([
      403,
      'AccessDenied',
      'Invalid according to Policy: Policy expired.',
    ]);
    await nothing('too-late');
  });

  it.each([
    [{ bucket: BUCKET }, true],
    [{ bucket: 'other' }, false],
    [['eq', '$key', 'p/a'], true],
    [['eq', '$KEY', 'p/a'], true],
    [['eq', '$key', 'p/'], false],
    [['starts-with', '$key', 'p/'], true],
    [['starts-with', '$key', 'q/'], false],
    [['starts-with', '$not-there', ''], true],
    [['eq', '$not-there', 'x'], false],
    [['in', '$content-type', ['text/plain', 'image/png']], true],
    [['in', '$content-type', ['image/png']], false],
    [['not-in', '$cache-control', ['no-cache']], true],
    [['not-in', '$cache-control', ['no-store']], false],
    [['eq', '$x-oss-meta-a', '1'], true],
    [{ success_action_status: 200 }, true],
    [['content-length-range', 7, 7], true],
    [['content-length-range', '1', '100'], true],
  ] as const)('with %j lets the form through: %s', async (condition, good) => {
    const fields = { key: 'p/a', 'cache-control': 'no-store', 'x-oss-meta-a': '1', success_action_status: '200' };
    const reply = await post({ fields, conditions: [condition] });
    if (good) return expect(reply.status).toBe(200);
    expect(refusal(reply)).toEqual([403, 'AccessDenied']);
    expect(reply.xml('Message')).toMatch(/^Invalid according to Policy: Policy Condition failed: /);
  });

  it('is about the type that the object gets, not about a field that loses', async () => {
    const conditions = [['in', '$content-type', ['image/png']]];
    const fields = { key: 'type', 'content-type': 'image/png', 'x-oss-content-type': 'text/html' };
    expect(refusal(await post({ fields, fileType: 'image/png', conditions }))).toEqual([403, 'AccessDenied']);
    await nothing('type');
  });

  it.each([
    [8, 100, 'EntityTooSmall'],
    [0, 6, 'EntityTooLarge'],
    [0, 0, 'EntityTooLarge'],
  ])('with a length from %i to %i stores nothing: %s', async (min, max, code) => {
    const reply = await post({ fields: { key: 'length' }, conditions: [['content-length-range', min, max]] });
    expect(refusal(reply)).toEqual([400, code]);
    await nothing('length');
  });

  it.each([
    'no base64!',
    policyText('no json'),
    policyText('[]'),
    policyText({ conditions: [] }),
    policyText({ expiration: '2999-01-01T00:00:00.000Z' }),
    policyText({ expiration: 'soon', conditions: [] }),
    policyText({ expiration: '2999-01-01T00:00:00.000Z', conditions: {} }),
    ...[
      ['eq', '$key'],
      ['eq', 'key', 'x'],
      ['like', '$key', 'x'],
      ['eq', '$key', {}],
      ['in', '$key', 'x'],
      ['content-length-range', 5, 1],
      ['content-length-range', 'a', 1],
      ['content-length-range', 1],
      ['content-length-range', 1, 2, 3],
      // No text can be made of these.
      ['content-length-range', { toString: 1 }, 2],
      [{ toString: 1 }, '$key', 'x'],
      { key: [] },
      'key',
      null,
    ].map((condition) => policyText({ expiration: '2999-01-01T00:00:00.000Z', conditions: [condition] })),
  ])('%s is 400 InvalidPolicyDocument', async (policy) => {
    const fields = { key: 'document', ...signFormV1({ at: plane.clock.ms, policy }) };
    expect(refusal(await postForm(plane, { fields, file: 'x' }))).toEqual([400, 'InvalidPolicyDocument']);
  });

  it('nested as deep as a field is long is 400 InvalidPolicyDocument', async () => {
    const conditions = `${'['.repeat(5500)}${']'.repeat(5500)}`;
    const policy = Buffer.from(`{"expiration":"2999-01-01T00:00:00.000Z","conditions":${conditions}}`).toString(
      'base64',
    );
    const fields = { key: 'document', ...signFormV1({ at: plane.clock.ms, policy }) };
    expect(refusal(await postForm(plane, { fields, file: 'x' }))).toEqual([400, 'InvalidPolicyDocument']);
  });
});

describe('what the object is given', () => {
  it('are headers, metadata and its type by field', async () => {
    const fields = {
      key: 'attributes',
      'x-oss-content-type': 'video/mp4',
      'Cache-Control': 'max-age=1',
      'Content-Disposition': 'attachment; filename="ü.txt"',
      'x-oss-meta-Author': 'Ånn',
    };
    expect((await post({ fields })).status).toBe(204);
    const { headers } = await get(plane, 'attributes');
    expect(headers).toMatchObject({ 'content-type': 'video/mp4', 'cache-control': 'max-age=1' });
    expect(Buffer.from(String(headers['x-oss-meta-author']), 'latin1').toString()).toBe('Ånn');
    expect(Buffer.from(String(headers['content-disposition']), 'latin1').toString()).toContain('ü.txt');
  });
  it.each([
    [{ 'x-oss-meta-a': 'a\r\nb: c' }],
    [{ 'x-oss-meta-a b': '1' }],
    [{ 'x-oss-content-type': 'text/html\0' }],
    [{ 'x-oss-object-acl': 'everything' }],
    [{ 'x-oss-storage-class': 'Gold' }],
    [{ 'x-oss-forbid-overwrite': 'maybe' }],
    [{ 'x-oss-meta-a': 'x'.repeat(9000) }],
  ])('%j is 400 InvalidArgument', async (fields) => {
    expect(refusal(await post({ fields: { key: 'headers', ...fields } }))).toEqual([400, 'InvalidArgument']);
    await nothing('headers');
  });
  it('is not overwritten when that is forbidden', async () => {
    await put(plane, 'kept', 'old');
    const reply = await post({ fields: { key: 'kept', 'x-oss-forbid-overwrite': 'true' } });
    expect(refusal(reply)).toEqual([409, 'FileAlreadyExists']);
    expect((await get(plane, 'kept')).body.toString()).toBe('old');
  });
});

describe('the answer', () => {
  it.each([
    ['200', 200],
    ['204', 204],
    ['299', 204],
    ['x', 204],
  ])('success_action_status %s is %i without a body', async (asked, status) => {
    const reply = await post({ fields: { key: 'answer', success_action_status: asked } });
    expect([reply.status, reply.body.length]).toEqual([status, 0]);
  });
  it('201 tells of the object', async () => {
    const reply = await post({ fields: { key: 'a&b <c>', success_action_status: '201' } });
    expect([reply.status, reply.headers['content-type']]).toEqual([201, 'application/xml']);
    expect([reply.xml('Bucket'), reply.xml('Key')]).toEqual([BUCKET, 'a&amp;b &lt;c&gt;']);
    expect(reply.xml('Location')).toBe(`http://${BUCKET}.oss.localhost/a%26b%20%3Cc%3E`);
    expect(reply.xml('ETag')).toBe(String(reply.headers.etag).replaceAll('"', '&quot;'));
  });
  it('redirects to a page, which is told bucket, key and ETag', async () => {
    const to = 'https://app.example/done?a=b#top';
    const reply = await post({ fields: { key: 'a b&c', success_action_redirect: to } });
    expect(reply.status).toBe(303);
    const url = new URL(String(reply.headers.location));
    expect([url.origin, url.pathname, url.hash]).toEqual(['https://app.example', '/done', '#top']);
    expect([...url.searchParams]).toEqual([
      ['a', 'b'],
      ['bucket', BUCKET],
      ['key', 'a b&c'],
      ['etag', reply.headers.etag],
    ]);
  });
  it.each(['javascript:alert(1)', '//app.example/', 'data:text/html,x', 'https://u:p@app.example/', 'not a url'])(
    'does not redirect to %s',
    async (success_action_redirect) => {
      const reply = await post({ fields: { key: 'redirect', success_action_redirect } });
      expect(refusal(reply)).toEqual([400, 'InvalidArgument']);
      await nothing('redirect');
    },
  );
});

describe('a form that is not right', () => {
  const rawForm = (body: string | Buffer, contentType = 'multipart/form-data; boundary=b', headers = {}) =>
    raw(plane, {
      method: 'POST',
      path: '/',
      headers: { host: `${BUCKET}.oss.localhost`, 'content-type': contentType, ...headers },
      body,
    });
  const part = (name: string, value: string, more = '') =>
    `--b\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`;

  it.each(['application/x-www-form-urlencoded', 'text/plain', 'multipart/mixed; boundary=b'])(
    '%s is 400 RequestIsNotMultiPartContent',
    async (contentType) =>
      expect(refusal(await rawForm('a=b', contentType))).toEqual([400, 'RequestIsNotMultiPartContent']),
  );
  it('a signed POST without a form too', async () => {
    const reply = await send(plane, { method: 'POST', body: 'x', headers: { 'content-type': 'text/plain' } });
    expect(refusal(reply)).toEqual([400, 'RequestIsNotMultiPartContent']);
  });
  it.each([
    ['multipart/form-data', `${part('key', 'x')}--b--`],
    ['multipart/form-data; boundary=', `${part('key', 'x')}--b--`],
    [`multipart/form-data; boundary=${'b'.repeat(71)}`, `${part('key', 'x')}--b--`],
    ['multipart/form-data; boundary=b', part('key', 'x')],
    ['multipart/form-data; boundary=b', 'no form at all'],
    ['multipart/form-data; boundary=b', ''],
    ['multipart/form-data; boundary=b', `--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--`],
  ])('%s with %j is 400 MalformedPOSTRequest', async (contentType, body) => {
    expect(refusal(await rawForm(body, contentType))).toEqual([400, 'MalformedPOSTRequest']);
  });
  it('that ends inside the file stores nothing', async () => {
    const { body, contentType } = formBody({ fields: { key: 'cut', ...signed() }, file: 'x'.repeat(100_000) });
    for (const cut of [body.length - 10, body.length - 60_000]) {
      expect(refusal(await rawForm(body.subarray(0, cut), contentType))).toEqual([400, 'MalformedPOSTRequest']);
    }
    await nothing('cut');
  });
  it('without a file, or with two, is 400 IncorrectNumberOfFilesInPOSTRequest', async () => {
    expect(refusal(await postForm(plane, { fields: { key: 'none', ...signed() } }))).toEqual([
      400,
      'IncorrectNumberOfFilesInPOSTRequest',
    ]);
    const two = await post({ fields: { key: 'two' }, after: { file: 'another' } });
    expect(refusal(two)).toEqual([400, 'IncorrectNumberOfFilesInPOSTRequest']);
    await nothing('two');
  });
  it('has its file last: what follows is passed over', async () => {
    expect((await post({ fields: { key: 'last' }, after: { key: 'other', submit: 'Send' } })).status).toBe(204);
    expect(plane.stored.at(-1)?.key).toBe('last');
    const late = await postForm(plane, { file: 'x', after: { key: 'late-key', ...signed() } });
    expect(refusal(late)).toEqual([400, 'InvalidArgument']);
  });
  it('with a field that came twice, or is not UTF-8, is 400 InvalidArgument', async () => {
    const twice = [...Object.entries(signed()), ['key', 'a'], ['Key', 'b']] as [string, string][];
    expect(refusal(await postForm(plane, { fields: twice, file: 'x' }))).toEqual([400, 'InvalidArgument']);
    const bytes = Buffer.concat([
      Buffer.from('--b\r\nContent-Disposition: form-data; name="key"\r\n\r\n'),
      Buffer.from([0xff, 0xfe]),
    ]);
    const body = Buffer.concat([bytes, Buffer.from(`\r\n${part('file', 'x', '; filename="a"')}--b--`)]);
    expect(refusal(await rawForm(body))).toEqual([400, 'InvalidArgument']);
  });
  it('is bounded before its file', async () => {
    const long = await post({ fields: { key: 'x', 'x-oss-meta-a': 'a'.repeat(16 * 1024 + 1) } });
    expect(refusal(long)).toEqual([400, 'FieldItemTooLong']);
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`f${i}`, '1']));
    expect(refusal(await post({ fields: { key: 'x', ...many } }))).toEqual([400, 'MaxPOSTPreDataLengthExceededError']);
    const big = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`f${i}`, 'a'.repeat(15_000)]));
    expect(refusal(await post({ fields: { key: 'x', ...big } }))).toEqual([400, 'MaxPOSTPreDataLengthExceededError']);
    const preamble = await rawForm(`${'x'.repeat(200_000)}\r\n${part('file', 'x')}--b--`);
    expect(refusal(preamble)).toEqual([400, 'MaxPOSTPreDataLengthExceededError']);
  });
  it('has a Content-MD5 of the whole form', async () => {
    const { body, contentType } = formBody({ fields: { key: 'md5', ...signed() }, file: 'x' });
    const md5 = (of: Buffer | string) => ({ 'content-md5': createHash('md5').update(of).digest('base64') });
    expect(refusal(await rawForm(body, contentType, md5('x')))).toEqual([400, 'InvalidDigest']);
    await nothing('md5');
    expect((await rawForm(body, contentType, md5(body))).status).toBe(204);
  });
  it('leaves its connection usable', async () => {
    const { body, contentType } = formBody({
      fields: { key: 'again', ...signed([['eq', '$key', 'no']]) },
      file: 'x'.repeat(300_000),
    });
    const socket = connect(plane.port, '127.0.0.1');
    const request = Buffer.concat([
      Buffer.from(
        `POST / HTTP/1.1\r\nHost: ${BUCKET}.oss.localhost\r\nContent-Type: ${contentType}\r\nContent-Length: ${body.length}\r\n\r\n`,
      ),
      body,
    ]);
    socket.write(request);
    let answers = '';
    await new Promise<void>((resolve) => {
      socket.on('data', (chunk) => {
        answers += chunk;
        const count = answers.split('HTTP/1.1 403').length - 1;
        if (count === 1 && answers.includes('</Error>')) socket.write(request);
        if (count >= 2) resolve();
      });
    });
    socket.destroy();
    expect(answers.match(/Policy Condition failed/g)?.length).toBeGreaterThanOrEqual(1);
  });
  it('has to say who posts it within a time, however often a byte of it comes', async () => {
    const socket = connect(plane.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(
      `POST / HTTP/1.1\r\nHost: ${BUCKET}.oss.localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n`,
    );
    socket.write('Content-Length: 60000\r\n\r\n--b\r\nContent-Disposition: form-data; name="key"\r\n\r\n');
    const drip = setInterval(() => socket.write('k'), 50);
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    clearInterval(drip);
    expect(answer).toContain('<Code>RequestTimeout</Code>');
  }, 10_000);

  it('whose sender vanishes or falls silent leaves nothing', async () => {
    const { body, contentType } = formBody({ fields: { key: 'vanished', ...signed() }, file: 'x'.repeat(500_000) });
    const head = `POST / HTTP/1.1\r\nHost: ${BUCKET}.oss.localhost\r\nContent-Type: ${contentType}\r\nContent-Length: ${body.length}\r\n\r\n`;
    const silent = connect(plane.port, '127.0.0.1');
    silent.write(Buffer.concat([Buffer.from(head), body.subarray(0, 200_000)]));
    let answer = '';
    for await (const chunk of silent) {
      answer += chunk;
      if (answer.includes('</Error>')) break;
    }
    expect(answer).toContain('<Code>RequestTimeout</Code>');
    const gone = connect(plane.port, '127.0.0.1');
    gone.write(Buffer.concat([Buffer.from(head), body.subarray(0, 200_000)]), () => gone.destroy());
    await expect
      .poll(async () => (await plane.files()).length, { timeout: 5000 })
      .toBe((await plane.db.selectFrom('manifests').selectAll().execute()).length);
    await nothing('vanished');
  });
});

it('a file of 256 MiB is never held in memory', async () => {
  const before = process.memoryUsage().rss;
  const size = 256 * 1024 * 1024;
  const { body, contentType } = formBody({ fields: { key: 'big', ...signed() }, file: 'X' });
  const [head, tail] = [body.subarray(0, body.lastIndexOf('X')), body.subarray(body.lastIndexOf('X') + 1)];
  const socket = connect(plane.port, '127.0.0.1');
  const length = head.length + size + tail.length;
  socket.write(
    `POST / HTTP/1.1\r\nHost: ${BUCKET}.oss.localhost\r\nContent-Type: ${contentType}\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n`,
  );
  socket.write(head);
  const chunk = Buffer.alloc(256 * 1024, 7);
  let most = 0;
  for (let sent = 0; sent < size; sent += chunk.length) {
    if (!socket.write(chunk)) await new Promise((resolve) => socket.once('drain', resolve));
    most = Math.max(most, process.memoryUsage().rss - before);
  }
  socket.write(tail);
  let answer = '';
  for await (const piece of socket) answer += piece;
  expect(answer).toMatch(/^HTTP\/1.1 204/);
  expect(plane.stored.at(-1)?.size).toBe(size);
  // Threads that start, slabs, and what is not collected yet are 50 to 60 MiB.
  expect(most).toBeLessThan(size / 2);
});
