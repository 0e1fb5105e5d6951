import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { crc64, formatHttpDate, formatIso } from '@sluice/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ask, get, put, send, signed } from '../testing/client.js';
import { startPlane, type TestPlane } from '../testing/data-plane.js';

let plane: TestPlane;
beforeAll(async () => {
  plane = await startPlane();
});
afterAll(() => plane.close());

const md5 = (data: string | Buffer) => createHash('md5').update(data).digest();

describe('PutObject', () => {
  it('is asked for with the time, the address and the security of the connection', async () => {
    await put(plane, 'asked.txt', 'x');
    expect(plane.questions.at(-1)).toMatchObject({
      action: 'oss:PutObject',
      context: {
        'acs:CurrentTime': formatIso(plane.clock.ms),
        'acs:SourceIp': '127.0.0.1',
        'acs:SecureTransport': 'false',
      },
    });
  });

  it('answers with ETag, CRC64 and Content-MD5 of what came', async () => {
    const reply = await put(plane, 'hello.txt', 'hello');
    expect(reply.status).toBe(200);
    expect(reply.body.length).toBe(0);
    expect(reply.headers).toMatchObject({
      etag: '"5D41402ABC4B2A76B9719D911017C592"',
      'x-oss-hash-crc64ecma': '11177612005948864433',
      'content-md5': md5('hello').toString('base64'),
      server: 'AliyunOSS',
      'content-length': '0',
    });
    expect(reply.headers['x-oss-request-id']).toMatch(/^[0-9A-F]{24}$/);
    expect(reply.headers['x-oss-server-time']).toMatch(/^\d+$/);
    expect(plane.stored.at(-1)).toMatchObject({
      bucket: 'videos',
      key: 'hello.txt',
      size: 5,
      etag: '5D41402ABC4B2A76B9719D911017C592',
      crc64: '11177612005948864433',
      requestId: reply.headers['x-oss-request-id'],
    });
  });

  it('stores an empty object', async () => {
    const reply = await put(plane, 'empty', '');
    expect(reply.headers['x-oss-hash-crc64ecma']).toBe('0');
    const back = await get(plane, 'empty');
    expect([back.status, back.headers['content-length'], back.body.length]).toEqual([200, '0', 0]);
  });

  it('takes a chunked body', async () => {
    const ask = signed(plane, { method: 'PUT', key: 'chunked' });
    const status = await new Promise<number>((resolve, reject) => {
      const req = request({ port: plane.port, host: '127.0.0.1', ...ask }, (res) => {
        res.resume();
        resolve(res.statusCode ?? 0);
      });
      req.on('error', reject);
      req.write('in ');
      req.end('chunks');
    });
    expect(status).toBe(200);
    expect((await get(plane, 'chunked')).body.toString()).toBe('in chunks');
  });

  it('stamps Date and Last-Modified from the same second', async () => {
    const reply = await put(plane, 'dated', 'x');
    expect((await get(plane, 'dated')).headers['last-modified']).toBe(reply.headers.date);
  });

  it('serves headers and user metadata back, in UTF-8', async () => {
    await put(plane, 'meta', 'x', {
      'content-type': 'video/mp4',
      'cache-control': 'no-store',
      'content-disposition': 'attachment; filename="a.mp4"',
      'x-oss-meta-title': '视频 ü',
    });
    const { headers } = await get(plane, 'meta');
    expect(headers).toMatchObject({
      'content-type': 'video/mp4',
      'cache-control': 'no-store',
      'content-disposition': 'attachment; filename="a.mp4"',
      'x-oss-object-type': 'Normal',
      'x-oss-storage-class': 'Standard',
      'x-content-type-options': 'nosniff',
      'accept-ranges': 'bytes',
    });
    expect(Buffer.from(String(headers['x-oss-meta-title']), 'latin1').toString()).toBe('视频 ü');
  });

  it('replaces, and gives the old bytes back to the disk', async () => {
    await put(plane, 'again', 'first');
    await plane.oss.start();
    const before = (await plane.files()).length;
    await put(plane, 'again', 'second');
    await plane.oss.start();
    expect((await plane.files()).length).toBe(before);
    expect((await get(plane, 'again')).body.toString()).toBe('second');
  });

  it('does not overwrite when told not to', async () => {
    await put(plane, 'once', 'first');
    const reply = await put(plane, 'once', 'second', { 'x-oss-forbid-overwrite': 'true' });
    expect([reply.status, reply.xml('Code')]).toEqual([409, 'FileAlreadyExists']);
    expect((await get(plane, 'once')).body.toString()).toBe('first');
  });

  it('lets one of two writers win that both must not overwrite, and keeps nothing of the other', async () => {
    const files = (await plane.files()).length;
    const headers = { 'x-oss-forbid-overwrite': 'true' };
    const replies = await Promise.all([put(plane, 'race', 'one', headers), put(plane, 'race', 'two', headers)]);
    expect(replies.map((reply) => reply.status).sort()).toEqual([200, 409]);
    expect((await plane.files()).length).toBe(files + 1);
  });

  const good = md5('body').toString('base64');
  it.each([
    ['of other bytes', md5('other').toString('base64'), 400],
    ['of hexadecimal', md5('body').toString('hex'), 400],
    ['that is short', 'AAAA', 400],
    ['that is right', good, 200],
  ])('judges a Content-MD5 %s', async (_, value, status) => {
    const files = await plane.files();
    const reply = await put(plane, `digest-${status}-${value.length}`, 'body', { 'content-md5': value });
    expect(reply.status).toBe(status);
    if (status === 200) return;
    expect(reply.xml('Code')).toBe('InvalidDigest');
    expect(await plane.files()).toEqual(files);
  });

  it.each([
    [crc64(Buffer.from('body')).toString(), 200],
    ['1', 400],
    ['x', 400],
    ['99999999999999999999', 400],
  ])('judges a claimed CRC64 of %s', async (value, status) => {
    const reply = await put(plane, 'crc', 'body', { 'x-oss-hash-crc64ecma': value });
    expect(reply.status).toBe(status);
    if (status === 400) expect(reply.xml('Code')).toBe('InvalidCRC64');
  });

  it.each([
    ['x-oss-object-acl', 'everyone', 'InvalidArgument'],
    ['x-oss-storage-class', 'Lukewarm', 'InvalidArgument'],
    ['x-oss-server-side-encryption', 'AES256', 'NotImplemented'],
    ['x-oss-tagging', 'a=b=c', 'InvalidArgument'],
    ['x-oss-callback', 'e30=', 'NotImplemented'],
    ['x-oss-copy-source', 'videos/hello.txt', 'InvalidArgument'],
    ['x-oss-forbid-overwrite', 'maybe', 'InvalidArgument'],
    ['if-modified-since', 'Sun, 06 Nov 1994 08:49:37 GMT', 'NotImplemented'],
    ['content-encoding', 'aws-chunked', 'NotImplemented'],
    ['x-oss-meta-big', 'x'.repeat(8200), 'InvalidArgument'],
  ])('refuses %s: %.20s with %s', async (name, value, code) => {
    const reply = await put(plane, 'refused', 'x', { [name]: value });
    expect([reply.status, reply.xml('Code')]).toEqual([400, code]);
    expect((await get(plane, 'refused')).status).toBe(404);
  });
});

describe('GetObject', () => {
  it('says which key is missing', async () => {
    const reply = await get(plane, 'no/such & key');
    expect(reply.status).toBe(404);
    expect(reply.xml('Code')).toBe('NoSuchKey');
    expect(reply.xml('Message')).toBe('The specified key does not exist.');
    expect(reply.xml('Key')).toBe('no/such &amp; key');
    expect(reply.xml('EC')).toBe('0026-00000001');
    expect(reply.headers['x-oss-ec']).toBe('0026-00000001');
    expect(reply.xml('RequestId')).toBe(reply.headers['x-oss-request-id']);
    expect(reply.xml('HostId')).toBe('videos.oss.localhost');
  });

  it.each([
    'text/html',
    'text/html; charset=utf-8',
    'image/svg+xml',
    'application/xhtml+xml',
    'TEXT/HTML',
    'text/plain, text/html',
    'x,text/html',
    'video/mp4, text/html',
    'application/atom+xml',
  ])('sandboxes %s', async (type) => {
    await put(plane, 'page', '<script>alert(1)</script>', { 'content-type': type });
    expect((await get(plane, 'page')).headers['content-security-policy']).toBe('sandbox');
  });

  it('sandboxes by the type that is served, not by the one that was stored', async () => {
    await put(plane, 'film', 'x', { 'content-type': 'video/mp4' });
    expect((await get(plane, 'film')).headers['content-security-policy']).toBeUndefined();
    const reply = await send(plane, { key: 'film', query: [['response-content-type', 'text/html']] });
    expect(reply.headers['content-type']).toBe('text/html');
    expect(reply.headers['content-security-policy']).toBe('sandbox');
    const blank = await send(plane, { key: 'film', query: [['response-content-type', ' text/html']] });
    expect(blank.headers['content-security-policy']).toBe('sandbox');
  });

  it('refuses an override that would split the header', async () => {
    const reply = await send(plane, {
      key: 'film',
      query: [['response-content-disposition', 'a\r\nset-cookie: b=c']],
    });
    expect([reply.status, reply.xml('Code')]).toEqual([400, 'InvalidArgument']);
  });

  it('takes no override from the anonymous', async () => {
    const anonymous = await send(plane, { key: 'film', query: [['response-content-type', 'text/html']], sign: 'none' });
    expect(anonymous.status).toBe(403);
    await plane.db.updateTable('buckets').set({ acl: 'public-read' }).execute();
    const reply = await send(plane, { key: 'film', query: [['response-content-type', 'text/html']], sign: 'none' });
    await plane.db.updateTable('buckets').set({ acl: 'private' }).execute();
    expect([reply.status, reply.xml('Code')]).toEqual([400, 'InvalidRequest']);
  });

  describe('conditions together, in the order of RFC 9110', () => {
    const etag = '"5D41402ABC4B2A76B9719D911017C592"';
    const past = 'Sun, 06 Nov 1994 08:49:37 GMT';
    const future = () => formatHttpDate(plane.clock.ms + 86_400_000);
    it.each([
      ['If-Match is asked, If-Unmodified-Since is not', () => ({ 'if-match': etag, 'if-unmodified-since': past }), 200],
      ['If-Match that fails counts', () => ({ 'if-match': '"no"', 'if-unmodified-since': future() }), 412],
      [
        'If-None-Match is asked, If-Modified-Since is not',
        () => ({ 'if-none-match': '"no"', 'if-modified-since': future() }),
        200,
      ],
      ['412 comes before 304', () => ({ 'if-match': '"no"', 'if-none-match': etag }), 412],
      ['304 comes before a range', () => ({ 'if-none-match': etag, range: 'bytes=0-1' }), 304],
      [
        '412 comes before 416',
        () => ({ 'if-match': '"no"', range: 'bytes=99-', 'x-oss-range-behavior': 'standard' }),
        412,
      ],
    ])('%s', async (_, headers, status) => {
      expect((await get(plane, 'hello.txt', headers())).status).toBe(status);
    });
  });

  describe('conditions', () => {
    const etag = '"5D41402ABC4B2A76B9719D911017C592"';
    const past = 'Sun, 06 Nov 1994 08:49:37 GMT';
    const future = () => formatHttpDate(plane.clock.ms + 86_400_000);
    it.each([
      ['if-match', () => etag, 200],
      ['if-match', () => etag.replace(/"/g, ''), 200],
      ['if-match', () => '"other"', 412],
      ['if-match', () => '*', 200],
      ['if-match', () => `"other", ${etag}`, 200],
      ['if-match', () => etag.toLowerCase(), 200],
      ['if-none-match', () => '*', 304],
      ['if-none-match', () => `"other",W/${etag}`, 304],
      ['if-none-match', () => etag.replace(/"/g, ''), 304],
      ['if-none-match', () => etag, 304],
      ['if-none-match', () => '"other"', 200],
      ['if-modified-since', () => past, 200],
      ['if-modified-since', future, 304],
      ['if-unmodified-since', () => past, 412],
      ['if-unmodified-since', future, 200],
      ['if-modified-since', () => 'yesterday', 200],
    ])('%s', async (name, value, status) => {
      const reply = await get(plane, 'hello.txt', { [name]: value() });
      expect(reply.status).toBe(status);
      if (status === 412) expect(reply.xml('Condition')?.toLowerCase()).toBe(name);
      if (status === 304) expect([reply.body.length, reply.headers.etag]).toEqual([0, etag]);
      const head = await send(plane, { method: 'HEAD', key: 'hello.txt', headers: { [name]: value() } });
      expect(head.status).toBe(status);
    });
  });
});

describe('HeadObject', () => {
  it('answers as GET does, without the body', async () => {
    const head = await send(plane, { method: 'HEAD', key: 'hello.txt' });
    const { headers } = await get(plane, 'hello.txt');
    for (const name of ['etag', 'content-length', 'last-modified', 'content-type', 'x-oss-hash-crc64ecma']) {
      expect(head.headers[name]).toBe(headers[name]);
    }
    expect(head.body.length).toBe(0);
  });

  it('with ?objectMeta leaves out what the object was given', async () => {
    const reply = await send(plane, { method: 'HEAD', key: 'meta', query: [['objectMeta', '']] });
    expect(reply.status).toBe(200);
    expect(reply.headers).toMatchObject({ 'content-length': '1' });
    expect(reply.headers['x-oss-meta-title']).toBeUndefined();
    expect(reply.headers['content-type']).toBeUndefined();
  });

  it('puts the error into x-oss-err', async () => {
    const reply = await send(plane, { method: 'HEAD', key: 'absent' });
    expect([reply.status, reply.body.length]).toEqual([404, 0]);
    const xml = Buffer.from(String(reply.headers['x-oss-err']), 'base64').toString();
    expect(xml).toContain('<Code>NoSuchKey</Code>');
    expect(reply.headers['x-oss-ec']).toBe('0026-00000001');
  });

  it('keeps the error header small whatever was signed', async () => {
    const reply = await send(plane, {
      method: 'HEAD',
      key: 'absent',
      secret: 'wrong',
      headers: { 'x-oss-meta-long': 'x'.repeat(8000) },
    });
    expect(reply.status).toBe(403);
    expect(String(reply.headers['x-oss-err']).length).toBeLessThan(4096);
  });
});

describe('DeleteObject', () => {
  it('answers 204 whether there was one or not', async () => {
    await put(plane, 'doomed', 'x');
    expect((await send(plane, { method: 'DELETE', key: 'doomed' })).status).toBe(204);
    expect((await send(plane, { method: 'DELETE', key: 'doomed' })).status).toBe(204);
    expect((await get(plane, 'doomed')).status).toBe(404);
  });
});

describe('what is not an operation', () => {
  it.each([
    ['PUT', 'k', 'symlink', 'NotImplemented', 400],
    ['POST', 'k', 'restore', 'NotImplemented', 400],
    ['POST', 'k', 'append', 'MissingArgument', 400],
    ['POST', 'k', 'position', 'MissingArgument', 400],
    ['GET', 'k', 'x-oss-process', 'NotImplemented', 400],
    ['GET', 'k', 'versionId', 'NotImplemented', 400],
    ['PUT', 'k', 'uploadId', 'MissingArgument', 400],
    ['PUT', 'k', 'partNumber', 'MissingArgument', 400],
    ['POST', 'k', '', 'MethodNotAllowed', 405],
    ['PATCH', 'k', '', 'MethodNotAllowed', 405],
    ['DELETE', 'k', 'partNumber', 'MethodNotAllowed', 405],
  ])('%s %s?%s is %s', async (method, key, parameter, code, status) => {
    const query = parameter === '' ? [] : ([[parameter, 'x']] as const);
    const reply = await send(plane, { method, key, query, body: '' });
    expect([reply.status, reply.xml('Code')]).toEqual([status, code]);
  });

  it.each(['retention', 'legalHold', 'whatComesNext'])('PUT k?%s overwrites nothing', async (parameter) => {
    await put(plane, 'kept', 'x');
    for (const sign of ['v1', 'v4'] as const) {
      const reply = await send(plane, { method: 'PUT', key: 'kept', query: [[parameter, '']], body: '<a/>', sign });
      expect([reply.status, reply.xml('Code')]).toEqual([400, 'NotImplemented']);
    }
    expect((await get(plane, 'kept')).body.toString()).toBe('x');
  });

  it.each(['overwriteConfig', 'userDefinedLogFieldsConfig', 'whatComesNext'])(
    'DELETE ?%s deletes no bucket',
    async (parameter) => {
      await send(plane, { method: 'PUT', bucket: 'empty', body: '' });
      const reply = await send(plane, { method: 'DELETE', bucket: 'empty', query: [[parameter, '']], sign: 'v4' });
      expect([reply.status, reply.xml('Code')]).toEqual([400, 'NotImplemented']);
      expect((await send(plane, { bucket: 'empty' })).status).toBe(200);
    },
  );

  it('a GET of what is newer than V1 signatures; but parameters that say nothing are left out', async () => {
    await put(plane, 'kept', 'x');
    const asked = (parameter: string, more: Partial<Ask>) =>
      send(plane, { query: [[parameter, '']], sign: 'v4', ...more });
    expect((await asked('regions', { bucket: '' })).xml('Code')).toBe('NotImplemented');
    expect((await asked('overwriteConfig', {})).xml('Code')).toBe('NotImplemented');
    expect((await asked('retention', { key: 'kept' })).xml('Code')).toBe('NotImplemented');
    expect((await asked('t', { key: 'kept' })).status).toBe(200);
  });

  it('versionId=null is the object itself, and no version that could be written', async () => {
    await put(plane, 'unversioned', 'x');
    const query = [['versionId', 'null']] as const;
    expect((await send(plane, { key: 'unversioned', query })).body.toString()).toBe('x');
    const acl = await send(plane, { key: 'unversioned', query: [['acl', ''], ...query] });
    expect(acl.xml('Grant')).toBe('default');
    const written = await send(plane, { method: 'PUT', key: 'unversioned', query, body: 'y' });
    expect([written.status, written.xml('Code')]).toEqual([400, 'NotImplemented']);
    expect((await send(plane, { method: 'DELETE', key: 'unversioned', query })).status).toBe(204);
    expect((await get(plane, 'unversioned')).status).toBe(404);
  });

  it('a bucket that does not exist', async () => {
    const reply = await send(plane, { bucket: 'nobodys', key: 'k' });
    expect([reply.status, reply.xml('Code'), reply.xml('BucketName')]).toEqual([404, 'NoSuchBucket', 'nobodys']);
    expect(reply.xml('EC')).toBe('0015-00000101');
  });

  it('a bucket name that cannot be', async () => {
    const reply = await send(plane, { bucket: 'no_bucket', key: 'k' });
    expect([reply.status, reply.xml('Code')]).toEqual([400, 'InvalidBucketName']);
  });
});
