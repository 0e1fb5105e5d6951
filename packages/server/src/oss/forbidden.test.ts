import type { Pair } from '@sluice/wire';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OSS_ERROR_CODES, OssError } from './oss-error.js';
import { initiate, put, raw, send, uploadPart } from './testing/client.js';
import { BUCKET, startPlane, type TestPlane } from './testing/data-plane.js';
import { postForm, signFormV1 } from './testing/form.js';

/** Mobile clients take every 403 for credentials that have ended, and ask for new ones (reference vod 2.3). */
it('403 is said of credentials and permission, and of nothing else', () => {
  expect(OSS_ERROR_CODES.filter((code) => new OssError(code).status === 403).sort()).toEqual([
    'AccessDenied',
    // A preflight: no client that knows credentials sends one.
    'AccessForbidden',
    'AccessKeyIdAndSecurityTokenNotMatch',
    'InvalidAccessKeyId',
    'InvalidSecurityToken',
    'RequestTimeTooSkewed',
    'SecurityTokenExpired',
    'SignatureDoesNotMatch',
  ]);
});

describe('with credentials that may do everything, nothing is 403', () => {
  let plane: TestPlane;
  beforeAll(async () => {
    plane = await startPlane();
    await put(plane, 'there', 'content');
  });
  beforeEach(() => {
    plane.clock.ms = Date.now();
  });
  afterAll(() => plane.close());

  const methods = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'PATCH'];
  const buckets = [BUCKET, 'no-such-bucket', 'bad_bucket', 'x'];
  const keys = [undefined, 'there', 'not-there', '/slash', 'k'.repeat(1024), '\\back'];
  it.each(buckets.flatMap((bucket) => keys.map((key) => [bucket, key] as const)))(
    'bucket %s, key %s, with any method',
    async (bucket, key) => {
      for (const method of methods) {
        const body = /^P/.test(method) ? { body: 'x' } : {};
        expect((await send(plane, { method, bucket, ...(key === undefined ? {} : { key }), ...body })).status).not.toBe(
          403,
        );
      }
    },
  );

  it.each<[string, readonly Pair[], Record<string, string>]>([
    [
      'PUT',
      [
        ['partNumber', '0'],
        ['uploadId', 'x'],
      ],
      {},
    ],
    [
      'PUT',
      [
        ['partNumber', '1'],
        ['uploadId', 'gone'],
      ],
      {},
    ],
    ['PUT', [['partNumber', '1']], {}],
    ['PUT', [], { 'content-md5': 'wrong' }],
    ['PUT', [], { 'x-oss-hash-crc64ecma': '1' }],
    ['PUT', [], { 'x-oss-object-acl': 'everything' }],
    ['PUT', [], { 'x-oss-storage-class': 'Gold' }],
    ['PUT', [], { 'x-oss-forbid-overwrite': 'true' }],
    ['PUT', [], { 'x-oss-traffic-limit': '1' }],
    ['PUT', [], { 'x-oss-callback': 'x' }],
    ['PUT', [], { 'x-oss-copy-source': '/nowhere/nothing' }],
    ['PUT', [], { 'x-oss-copy-source': 'nonsense' }],
    ['PUT', [], { 'if-match': 'x' }],
    ['PUT', [], { 'content-encoding': 'aws-chunked' }],
    ['PUT', [], { 'x-oss-meta-a': 'x'.repeat(9000) }],
    ['POST', [['uploadId', 'gone']], {}],
    [
      'POST',
      [
        ['append', ''],
        ['position', 'x'],
      ],
      {},
    ],
    ['POST', [['unheard-of', '']], {}],
    ['GET', [['uploadId', 'gone']], {}],
    ['GET', [['acl', '']], {}],
    ['GET', [['x-oss-process', 'image/resize']], {}],
    ['GET', [], { range: 'bytes=100-', 'x-oss-range-behavior': 'standard' }],
    ['GET', [], { 'if-match': '"x"' }],
    ['DELETE', [['uploadId', 'gone']], {}],
  ])('%s %j %j', async (method, query, headers) => {
    const body = /^P/.test(method) ? { body: 'x' } : {};
    for (const sign of ['v1', 'v4'] as const) {
      const reply = await send(plane, { method, key: 'there', query, headers, sign, ...body });
      expect(reply.status).not.toBe(403);
    }
  });

  it('a Complete of what is not there', async () => {
    const uploadId = await initiate(plane, 'm');
    await uploadPart(plane, 'm', uploadId, 1, 'x');
    for (const body of [
      '',
      'x',
      '<CompleteMultipartUpload/>',
      '<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>',
    ]) {
      const reply = await send(plane, { method: 'POST', key: 'm', query: [['uploadId', uploadId]], body });
      expect(reply.status).toBe(400);
    }
  });

  it('a request that is none, or a signature that cannot be read', async () => {
    const host = `${BUCKET}.oss.localhost`;
    for (const headers of [
      { host, authorization: 'Bearer x' },
      { host, authorization: 'OSS x' },
      { host, authorization: 'OSS4-HMAC-SHA256 x' },
      { host, 'x-oss-date': ['a', 'b'] },
    ]) {
      expect((await raw(plane, { method: 'GET', path: '/there', headers })).status).toBe(400);
    }
    expect((await raw(plane, { method: 'GET', path: '/%ff', headers: { host } })).status).toBe(400);
  });

  it('a form of any kind', async () => {
    const signed = signFormV1({ at: plane.clock.ms });
    for (const fields of [
      {},
      { key: '/x' },
      { key: 'x', 'x-oss-storage-class': 'Gold' },
      { key: 'x', callback: 'x' },
    ]) {
      expect((await postForm(plane, { fields: { ...signed, ...fields }, file: 'x' })).status).toBe(400);
    }
  });
});
