/** Bad input at the door: names, Put, Get and the multipart family. The other operations: bad-input-operations.test.ts. */
import { randomBytes } from 'node:crypto';
import { Agent } from 'node:http';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { expectRefusal, invalid, type Row, type Rows } from './testing/bad-input.js';
import { complete, completeXml, initiate, put, uploadPart } from './testing/client.js';
import { startPlane, type TestPlane } from './testing/data-plane.js';

const KIB100 = 100 * 1024;
let plane: TestPlane;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
/** What rows refer to by name. */
const made: Record<string, string> = {};

beforeAll(async () => {
  plane = await startPlane({ limits: { maxBodyBytes: 1_000_000, maxXmlBytes: 200_000 } });
  await put(plane, 'there', 'content', { 'content-type': 'text/plain' });
  made.upload = await initiate(plane, 'film');
  made.etag1 = String((await uploadPart(plane, 'film', made.upload, 1, randomBytes(KIB100))).headers.etag);
  made.etag2 = String((await uploadPart(plane, 'film', made.upload, 2, 'small')).headers.etag);
  made.etag3 = String((await uploadPart(plane, 'film', made.upload, 3, 'small')).headers.etag);
  made.done = await initiate(plane, 'done');
  const { headers } = await uploadPart(plane, 'done', made.done, 1, 'x');
  await complete(plane, 'done', made.done, [[1, String(headers.etag)]]);
  await put(plane, 'done', 'another');
  made.aborted = await initiate(plane, 'gone');
});
afterAll(async () => {
  agent.destroy();
  await plane.close();
});

const PUT = (key: string, headers: Record<string, string> = {}, body = 'x'): Row['ask'] => ({
  method: 'PUT',
  key,
  headers,
  body,
});
const part = (number: string, uploadId = made.upload ?? '', headers: Record<string, string> = {}): Row['ask'] => ({
  method: 'PUT',
  key: 'film',
  query: [
    ['partNumber', number],
    ['uploadId', uploadId],
  ],
  headers,
  body: 'x',
});
const completing = (body: string, headers: Record<string, string> = {}, uploadId = made.upload ?? ''): Row['ask'] => ({
  method: 'POST',
  key: 'film',
  query: [['uploadId', uploadId]],
  headers,
  body,
});
const names: Rows = {
  'a bucket name with capitals, in the Host': () => ({
    ask: { bucket: 'Videos', key: 'there' },
    status: 400,
    code: 'InvalidBucketName',
    extra: { BucketName: 'Videos' },
  }),
  'a bucket name with capitals, in the path': () => ({
    ask: { bucket: 'Videos', key: 'there', headers: { host: '127.0.0.1' }, path: '/Videos/there' },
    status: 400,
    code: 'InvalidBucketName',
  }),
  'a bucket name that cannot be, however it is signed': () => ({
    ask: { bucket: 'no_name', key: 'k', secret: 'wrong' },
    status: 400,
    code: 'InvalidBucketName',
  }),
  'a bucket name that cannot be': () => ({
    ask: { bucket: 'no_name', key: 'k' },
    status: 400,
    code: 'InvalidBucketName',
  }),
  'a bucket that is not there': () => ({
    ask: { ...PUT('k'), bucket: 'nobody' },
    status: 404,
    code: 'NoSuchBucket',
    extra: { BucketName: 'nobody' },
  }),
  'a key of 1 024 bytes': () => ({ ask: PUT('k'.repeat(1024)), status: 400, code: 'InvalidObjectName' }),
  'a key of 342 characters that are 1 026 bytes': () => ({
    ask: PUT('鍵'.repeat(342)),
    status: 400,
    code: 'InvalidObjectName',
  }),
  'a key that begins with a slash': () => ({ ask: PUT('/k'), status: 400, code: 'InvalidObjectName' }),
  'a key that begins with a backslash': () => ({ ask: PUT('\\k'), status: 400, code: 'InvalidObjectName' }),
  'a key with NUL': () => ({ ask: PUT('a\0b'), status: 400, code: 'InvalidObjectName' }),
  'a key that is no UTF-8': () => ({
    ask: { ...PUT('k'), path: '/%ff%fe' },
    status: 400,
    code: 'InvalidObjectName',
    message: 'UTF-8',
  }),
  'a parameter with NUL': () => ({
    ask: { ...PUT('k'), path: '/k?x=a%00' },
    status: 400,
    code: 'InvalidArgument',
    message: 'NUL',
  }),
  'the name of a parameter with NUL': () => ({
    ask: { ...PUT('k'), path: '/k?uploadId%00=a' },
    status: 400,
    code: 'InvalidArgument',
    message: 'NUL',
  }),
  'a query that is no UTF-8': () => ({
    ask: { ...PUT('k'), path: '/k?x=%ff' },
    status: 400,
    code: 'InvalidArgument',
    message: 'UTF-8',
  }),
};

const puts: Rows = {
  'a Content-MD5 that is no base64': () => ({
    ask: PUT('k', { 'content-md5': '!!!' }),
    status: 400,
    code: 'InvalidDigest',
  }),
  'a Content-MD5 of another length': () => ({
    ask: PUT('k', { 'content-md5': 'AAAA' }),
    status: 400,
    code: 'InvalidDigest',
  }),
  'a Content-MD5 of other bytes': () => ({
    ask: PUT('k', { 'content-md5': '1B2M2Y8AsgTpgAmY7PhCfg==' }),
    status: 400,
    code: 'InvalidDigest',
  }),
  'a CRC64 of other bytes': () => ({
    ask: PUT('k', { 'x-oss-hash-crc64ecma': '1' }),
    status: 400,
    code: 'InvalidCRC64',
  }),
  'a CRC64 that is no number': () => ({
    ask: PUT('k', { 'x-oss-hash-crc64ecma': '-1' }),
    status: 400,
    code: 'InvalidCRC64',
  }),
  'a CRC64 beyond 64 bits': () => ({
    ask: PUT('k', { 'x-oss-hash-crc64ecma': '18446744073709551616' }),
    status: 400,
    code: 'InvalidCRC64',
  }),
  'a storage class that nobody knows': () => ({
    ask: PUT('k', { 'x-oss-storage-class': 'Gold' }),
    ...invalid('x-oss-storage-class', 'Gold'),
  }),
  'an ACL that nobody knows': () => ({
    ask: PUT('k', { 'x-oss-object-acl': 'everybody' }),
    ...invalid('x-oss-object-acl', 'everybody'),
  }),
  'a forbid-overwrite that is neither true nor false': () => ({
    ask: PUT('k', { 'x-oss-forbid-overwrite': 'maybe' }),
    ...invalid('x-oss-forbid-overwrite', 'maybe'),
  }),
  'an object that must not be overwritten': () => ({
    ask: PUT('there', { 'x-oss-forbid-overwrite': 'true' }),
    status: 409,
    code: 'FileAlreadyExists',
  }),
  'user metadata beyond 8 KB': () => ({
    ask: PUT('k', { 'x-oss-meta-a': 'x'.repeat(5000), 'x-oss-meta-b': 'x'.repeat(5000) }),
    status: 400,
    code: 'InvalidArgument',
    message: '8 KB',
  }),
  'a condition on Put': () => ({
    ask: PUT('k', { 'if-modified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' }),
    status: 400,
    code: 'NotImplemented',
  }),
  'the framing of another protocol': () => ({
    ask: PUT('k', { 'content-encoding': 'aws-chunked' }),
    status: 400,
    code: 'NotImplemented',
  }),
  'a sub-resource that is not implemented': () => ({
    ask: { ...PUT('k'), query: [['symlink', '']] },
    status: 400,
    code: 'NotImplemented',
  }),
  'a method that an object does not have': () => ({
    ask: { method: 'PATCH', key: 'k', body: 'x' },
    status: 405,
    code: 'MethodNotAllowed',
    extra: { Method: 'PATCH', ResourceType: 'Object' },
  }),
};

const parts: Rows = {
  ...Object.fromEntries(
    ['0', '10001', '-1', '1.5', 'one', '', '1e3', '99999999999999999999'].map((number) => [
      `part number "${number}"`,
      () => ({ ask: part(number), ...invalid('partNumber', number), message: 'between 1 and 10000' }),
    ]),
  ),
  'a part without its upload id': () => ({
    ask: { method: 'PUT', key: 'film', query: [['partNumber', '1']], body: 'x' },
    status: 400,
    code: 'MissingArgument',
    extra: { ArgumentName: 'uploadId' },
  }),
  'a part without its number': () => ({
    ask: { method: 'PUT', key: 'film', query: [['uploadId', made.upload ?? '']], body: 'x' },
    status: 400,
    code: 'MissingArgument',
    extra: { ArgumentName: 'partNumber' },
  }),
  ...Object.fromEntries(
    ['', 'x', 'F'.repeat(32), "' or 1=1 --"].map((id) => [
      `a part of upload ${JSON.stringify(id)}`,
      () => ({ ask: part('1', id), status: 404, code: 'NoSuchUpload', extra: { UploadId: id }, ec: '0042-00000104' }),
    ]),
  ),
  'a part of an upload of another object': () => ({
    ask: { ...part('1'), key: 'other' },
    status: 404,
    code: 'NoSuchUpload',
    ec: '0042-00000104',
  }),
  'encryption of one part': () => ({
    ask: part('1', undefined, { 'x-oss-server-side-encryption': 'AES256' }),
    ...invalid('x-oss-server-side-encryption', 'AES256'),
  }),
  'a part that is not what its digest says': () => ({
    ask: part('1', undefined, { 'content-md5': '1B2M2Y8AsgTpgAmY7PhCfg==' }),
    status: 400,
    code: 'InvalidDigest',
  }),
  ...Object.fromEntries(
    ['0', '1001', '-1', 'x'].map((count) => [
      `max-parts "${count}"`,
      () => ({
        ask: {
          key: 'film',
          query: [
            ['uploadId', made.upload ?? ''],
            ['max-parts', count],
          ] as [string, string][],
        },
        ...invalid('max-parts', count),
      }),
    ]),
  ),
  'an encoding type that nobody knows': () => ({
    ask: {
      method: 'POST',
      key: 'k',
      query: [
        ['uploads', ''],
        ['encoding-type', 'base64'],
      ],
      body: '',
    },
    ...invalid('encoding-type', 'base64'),
  }),
};

const malformed = (body: string, ec?: string): Row => ({
  ask: completing(body),
  status: 400,
  code: 'MalformedXML',
  ...(ec === undefined ? {} : { ec }),
});
const completes: Rows = {
  'an empty Complete': () => malformed('', '0042-00000205'),
  'a Complete that is no XML': () => malformed('parts please'),
  'a Complete that ends early': () => malformed('<CompleteMultipartUpload><Part>'),
  'a Complete with another root': () => malformed('<Delete></Delete>'),
  'a Complete without parts': () => malformed('<CompleteMultipartUpload></CompleteMultipartUpload>'),
  'a Complete with a part without ETag': () =>
    malformed('<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>'),
  'a Complete with two numbers in one part': () =>
    malformed(
      '<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><PartNumber>2</PartNumber><ETag>A</ETag></Part></CompleteMultipartUpload>',
    ),
  'a Complete with a number that is none': () => malformed(completeXml([[Number.NaN, 'A']])),
  'a Complete that is nested a hundred thousand deep': () => malformed('<a>'.repeat(60_000)),
  'a Complete with entities of its own': () =>
    malformed(
      '<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;">]><CompleteMultipartUpload>&z;</CompleteMultipartUpload>',
    ),
  'a Complete that is too large': () => ({ ...malformed(' '.repeat(300_000)), message: 'too large' }),
  'a Complete with parts out of order': () => ({
    ask: completing(
      completeXml([
        [2, made.etag2 ?? ''],
        [1, made.etag1 ?? ''],
      ]),
    ),
    status: 400,
    code: 'InvalidPartOrder',
  }),
  'a Complete with the same part twice': () => ({
    ask: completing(
      completeXml([
        [1, made.etag1 ?? ''],
        [1, made.etag1 ?? ''],
      ]),
    ),
    status: 400,
    code: 'InvalidPartOrder',
  }),
  'a Complete with part 10 001': () => ({
    ask: completing(completeXml([[10_001, 'A']])),
    status: 400,
    code: 'InvalidPartOrder',
  }),
  'a Complete with a part that was never sent': () => ({
    ask: completing(completeXml([[9, 'A']])),
    status: 400,
    code: 'InvalidPart',
    extra: { PartNumber: '9', ETag: 'A' },
  }),
  'a Complete with the ETag of other bytes': () => ({
    ask: completing(completeXml([[1, made.etag2 ?? '']])),
    status: 400,
    code: 'InvalidPart',
    extra: { PartNumber: '1' },
  }),
  'a Complete with a small part that is not the last': () => ({
    ask: completing(
      completeXml([
        [2, made.etag2 ?? ''],
        [3, made.etag3 ?? ''],
      ]),
    ),
    status: 400,
    code: 'EntityTooSmall',
    extra: { ProposedSize: '5', MinSizeAllowed: String(KIB100), PartNumber: '2' },
    ec: '0042-00000213',
  }),
  'complete-all with a list': () => ({
    ask: completing(completeXml([[1, made.etag1 ?? '']]), { 'x-oss-complete-all': 'yes' }),
    ...invalid('x-oss-complete-all', 'yes'),
    ec: '0042-00000216',
  }),
  'complete-all that is not yes': () => ({
    ask: completing('', { 'x-oss-complete-all': 'perhaps' }),
    ...invalid('x-oss-complete-all', 'perhaps'),
  }),
  'a Complete of an upload that is not there': () => ({
    ask: completing(completeXml([[1, 'A']]), {}, 'F'.repeat(32)),
    status: 404,
    code: 'NoSuchUpload',
    extra: { UploadId: 'F'.repeat(32) },
    ec: '0042-00000002',
  }),
  'a Complete of an upload whose object was overwritten': () => ({
    ask: { ...completing(completeXml([[1, 'A']]), {}, made.done), key: 'done' },
    status: 404,
    code: 'NoSuchUpload',
  }),
  'a Complete that claims another CRC64': () => ({
    ask: completing(completeXml([[1, made.etag1 ?? '']]), { 'x-oss-hash-crc64ecma': '1' }),
    status: 400,
    code: 'InvalidCRC64',
  }),
  'an Abort of an upload that is not there': () => ({
    ask: { method: 'DELETE', key: 'film', query: [['uploadId', 'F'.repeat(32)]] },
    status: 404,
    code: 'NoSuchUpload',
  }),
};

const reads: Rows = {
  'a key that is not there': () => ({
    ask: { key: 'nothing' },
    status: 404,
    code: 'NoSuchKey',
    extra: { Key: 'nothing' },
    ec: '0026-00000001',
    message: 'The specified key does not exist.',
  }),
  'a range beyond the end, in the standard way': () => ({
    ask: { key: 'there', headers: { range: 'bytes=100-', 'x-oss-range-behavior': 'standard' } },
    status: 416,
    code: 'InvalidRange',
    extra: { ActualObjectSize: '7', RangeRequested: 'bytes=100-' },
  }),
  'If-Match of another ETag': () => ({
    ask: { key: 'there', headers: { 'if-match': '"A"' } },
    status: 412,
    code: 'PreconditionFailed',
    extra: { Condition: 'If-Match' },
  }),
  'If-Unmodified-Since before its time': () => ({
    ask: { key: 'there', headers: { 'if-unmodified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' } },
    status: 412,
    code: 'PreconditionFailed',
    extra: { Condition: 'If-Unmodified-Since' },
  }),
  'a preflight without a method': () => ({
    ask: { method: 'OPTIONS', key: 'k', sign: 'none', headers: { origin: 'https://a.example' } },
    status: 400,
    code: 'BadRequest',
  }),
  'an Authorization header that is none': () => ({
    ask: { key: 'there', sign: 'none', headers: { authorization: 'Basic YTpi' } },
    status: 400,
    code: 'InvalidArgument',
  }),
};

describe.each([
  ['names', names],
  ['Put', puts],
  ['parts', parts],
  ['Complete and Abort', completes],
  ['reading', reads],
])('bad input: %s', (_, rows) => {
  it.each(Object.entries(rows))('%s', (_title, row) => expectRefusal(plane, agent, row()));
});
