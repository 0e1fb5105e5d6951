/** Bad input of copies, appends, forms, tags, listings, buckets and their settings. */
import { createHash } from 'node:crypto';
import { Agent } from 'node:http';
import { percentEncode } from '@sluice/wire';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { expectRefusal, invalid, type Row, type Rows } from './testing/bad-input.js';
import { initiate, put, send } from './testing/client.js';
import { BUCKET, startPlane, type TestPlane } from './testing/data-plane.js';
import { type FormAsk, formBody, signFormV1 } from './testing/form.js';

let plane: TestPlane;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
let uploadId = '';

beforeAll(async () => {
  plane = await startPlane({
    limits: { maxBodyBytes: 1_000_000, maxXmlBytes: 200_000, maxBuckets: 2 },
    keptBuckets: [BUCKET],
  });
  await put(plane, 'there', 'content', { 'content-type': 'text/plain', 'x-oss-tagging': 'kept=1' });
  uploadId = await initiate(plane, 'film');
  await send(plane, appending('log', '0', 'abc'));
  await send(plane, { method: 'PUT', bucket: 'second' });
  await send(plane, { method: 'PUT', bucket: 'second', key: 'a', body: 'x' });
});
afterAll(async () => {
  agent.destroy();
  await plane.close();
});

type Headers = Record<string, string>;
const at = (key: string) => `/${BUCKET}/${percentEncode(key)}`;
const copying = (source: string, headers: Headers = {}): Row['ask'] => ({
  method: 'PUT',
  key: 'copy',
  headers: { 'x-oss-copy-source': source, ...headers },
  body: '',
});
const copyingPart = (source: string, partNumber = '1', headers: Headers = {}): Row['ask'] => ({
  ...copying(source, headers),
  key: 'film',
  query: [
    ['partNumber', partNumber],
    ['uploadId', uploadId],
  ],
});
const appending = (key: string, position: string | undefined, body = 'x', headers: Headers = {}): Row['ask'] => ({
  method: 'POST',
  key,
  query: [['append', ''], ...(position === undefined ? [] : [['position', position] as const])],
  headers,
  body,
});
const setting = (name: string, body: string): Row['ask'] => ({ method: 'PUT', query: [[name, '']], body });
const tagging = (body: string, key = 'there'): Row['ask'] => ({ ...setting('tagging', body), key });
const deleting = (body: string, headers: Headers = {}): Row['ask'] => ({
  method: 'POST',
  query: [['delete', '']],
  headers: { 'content-md5': createHash('md5').update(body).digest('base64'), ...headers },
  body,
});
/** A form, as a request like any other; who signed it stands in its fields. */
function posting(fields: Headers, more: Omit<FormAsk, 'fields'> = {}, conditions: readonly unknown[] = []): Row['ask'] {
  const signature = signFormV1({ at: plane.clock.ms, conditions });
  const { body, contentType } = formBody({ file: 'content', ...more, fields: { ...signature, ...fields } });
  return { method: 'POST', sign: 'none', body, headers: { 'content-type': contentType, ...more.headers } };
}

const refused = (status: number, code: string) => ({ status, code });
const malformed = (ask: Row['ask']) => () => ({ ask, ...refused(400, 'MalformedXML') });
const tagXml = (...tags: readonly (readonly [string, string])[]) =>
  `<Tagging><TagSet>${tags.map(([key, value]) => `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`).join('')}</TagSet></Tagging>`;

const copies: Rows = {
  'a source that is not there': () => ({
    ask: copying(at('nothing')),
    ...refused(404, 'NoSuchKey'),
    extra: { Key: 'nothing' },
  }),
  'a source in a bucket that is not there': () => ({
    ask: copying('/nobody/k'),
    ...refused(404, 'NoSuchBucket'),
    extra: { BucketName: 'nobody' },
  }),
  'a source in a bucket that cannot be': () => ({ ask: copying('/NoName/k'), ...refused(400, 'InvalidBucketName') }),
  'a source whose name cannot be': () => ({ ask: copying(at('/k')), ...refused(400, 'InvalidObjectName') }),
  'a source without a bucket': () => ({
    ask: copying('there'),
    ...invalid('x-oss-copy-source', 'there'),
    ec: '0042-00000301',
  }),
  'a version of the source': () => ({
    ask: copying(`${at('there')}?versionId=CAEQ`),
    ...refused(400, 'NotImplemented'),
  }),
  'a source that grows': () => ({ ask: copying(at('log')), ...refused(400, 'OperationNotSupported') }),
  'a source of another ETag': () => ({
    ask: copying(at('there'), { 'x-oss-copy-source-if-match': '"A"' }),
    ...refused(412, 'PreconditionFailed'),
  }),
  'a directive for metadata that nobody knows': () => ({
    ask: copying(at('there'), { 'x-oss-metadata-directive': 'MERGE' }),
    ...invalid('x-oss-metadata-directive', 'MERGE'),
  }),
  'a directive for tags that nobody knows': () => ({
    ask: copying(at('there'), { 'x-oss-tagging-directive': 'MERGE' }),
    ...invalid('x-oss-tagging-directive', 'MERGE'),
  }),
  'a copy over what must not be overwritten': () => ({
    ask: { ...copying(at('there'), { 'x-oss-forbid-overwrite': 'true' }), key: 'log' },
    ...refused(409, 'FileAlreadyExists'),
  }),
  'a part of a source that is not there': () => ({ ask: copyingPart(at('nothing')), ...refused(404, 'NoSuchKey') }),
  'a part of a source, for no upload': () => ({
    ask: {
      ...copyingPart(at('there')),
      query: [
        ['partNumber', '1'],
        ['uploadId', 'F'.repeat(32)],
      ],
    },
    ...refused(404, 'NoSuchUpload'),
    extra: { UploadId: 'F'.repeat(32) },
    ec: '0042-00000104',
  }),
  'a copied part 0': () => ({ ask: copyingPart(at('there'), '0'), ...invalid('partNumber', '0') }),
  'encryption of a copied part': () => ({
    ask: copyingPart(at('there'), '1', { 'x-oss-server-side-encryption': 'AES256' }),
    ...invalid('x-oss-server-side-encryption', 'AES256'),
  }),
};

const appends: Rows = {
  'an append without a position': () => ({
    ask: appending('log', undefined),
    ...refused(400, 'MissingArgument'),
    extra: { ArgumentName: 'position' },
  }),
  ...Object.fromEntries(
    ['', '-1', '1.5', 'x', '0x3'].map((position) => [
      `the position "${position}"`,
      () => ({ ask: appending('log', position), ...invalid('position', position) }),
    ]),
  ),
  'an append behind the end': () => ({
    ask: appending('log', '4'),
    ...refused(409, 'PositionNotEqualToLength'),
    message: 'Position is not equal to file length',
  }),
  'an append to what was put': () => ({ ask: appending('there', '7'), ...refused(409, 'ObjectNotAppendable') }),
  'an append that is not what its digest says': () => ({
    ask: appending('log', '3', 'x', { 'content-md5': '1B2M2Y8AsgTpgAmY7PhCfg==' }),
    ...refused(400, 'InvalidDigest'),
  }),
  'an append that makes again what is there': () => ({
    ask: appending('log', '0', 'x', { 'x-oss-forbid-overwrite': 'true' }),
    ...refused(409, 'FileAlreadyExists'),
  }),
  'an append beyond what an object may hold': () => ({
    ask: appending('log', '999999999'),
    ...refused(400, 'InvalidArgument'),
    message: '5 GB',
  }),
};

const forms: Rows = {
  'a form without a key': () => ({ ask: posting({}), ...invalid('key', '') }),
  'a form with a key that cannot be': () => ({ ask: posting({ key: '/k' }), ...refused(400, 'InvalidObjectName') }),
  'a form with a key that is too long': () => ({
    ask: posting({ key: 'k'.repeat(1024) }),
    ...refused(400, 'InvalidObjectName'),
  }),
  'a form without a file': () => {
    const { body, contentType } = formBody({ fields: { key: 'posted', ...signFormV1({ at: plane.clock.ms }) } });
    const headers = { 'content-type': contentType };
    return {
      ask: { method: 'POST', sign: 'none', body, headers },
      ...refused(400, 'IncorrectNumberOfFilesInPOSTRequest'),
    };
  },
  'a form that is smaller than its policy wants': () => ({
    ask: posting({ key: 'posted' }, {}, [['content-length-range', 8, 9]]),
    ...refused(400, 'EntityTooSmall'),
    extra: { ProposedSize: '7', MinSizeAllowed: '8' },
  }),
  'a form that is larger than its policy wants': () => ({
    ask: posting({ key: 'posted' }, {}, [['content-length-range', 0, 6]]),
    ...refused(400, 'EntityTooLarge'),
    extra: { MaxSizeAllowed: '6' },
  }),
  'a form with a policy that is none': () => ({
    ask: posting({ key: 'posted', ...signFormV1({ at: plane.clock.ms, policy: 'bm9uZQ==' }) }),
    ...refused(400, 'InvalidPolicyDocument'),
  }),
  'a form over what must not be overwritten': () => ({
    ask: posting({ key: 'there', 'x-oss-forbid-overwrite': 'true' }),
    ...refused(409, 'FileAlreadyExists'),
  }),
  'a form with tags that are none': () => ({
    ask: posting({ key: 'posted', 'x-oss-tagging': 'a=b=c' }),
    ...invalid('x-oss-tagging', 'a=b=c'),
  }),
  'a form with a limit of speed that is none': () => ({
    ask: posting({ key: 'posted', 'x-oss-traffic-limit': '1' }),
    ...refused(400, 'InvalidArgument'),
  }),
  'a form to a bucket that is not there': () => ({
    ask: { ...posting({ key: 'posted' }), bucket: 'nobody' },
    ...refused(404, 'NoSuchBucket'),
  }),
  'a POST that is no form': () => ({
    ask: { method: 'POST', body: 'x', headers: { 'content-type': 'text/plain' } },
    ...refused(400, 'RequestIsNotMultiPartContent'),
  }),
};

const tags: Rows = {
  'tags that are no XML': malformed(tagging('tags please')),
  'tags with another root': malformed(tagging('<Delete/>')),
  'tags with entities of their own': malformed(tagging('<!DOCTYPE a [<!ENTITY x "y">]><Tagging>&x;</Tagging>')),
  'a tag key that comes twice': () => ({
    ask: tagging(tagXml(['a', '1'], ['a', '2'])),
    ...refused(400, 'RepeatedTags'),
  }),
  'eleven tags': () => ({
    ask: tagging(tagXml(...Array.from({ length: 11 }, (_, i) => [`k${i}`, 'v'] as const))),
    ...refused(400, 'InvalidTag'),
    message: '10',
  }),
  'a tag of characters that are not allowed': () => ({
    ask: tagging(tagXml(['a*', 'v'])),
    ...refused(400, 'InvalidTag'),
  }),
  'tags for what is not there': () => ({
    ask: tagging(tagXml(['a', 'b']), 'nothing'),
    ...refused(404, 'NoSuchKey'),
    extra: { Key: 'nothing' },
  }),
  'a tagging header that is none': () => ({
    ask: { method: 'PUT', key: 'k', body: 'x', headers: { 'x-oss-tagging': 'a=b=c' } },
    ...invalid('x-oss-tagging', 'a=b=c'),
    ec: '0010-00000219',
  }),
  'an ACL for what is not there': () => ({
    ask: { ...setting('acl', ''), key: 'nothing', headers: { 'x-oss-object-acl': 'private' } },
    ...refused(404, 'NoSuchKey'),
  }),
  'an object ACL without its header': () => ({
    ask: { ...setting('acl', ''), key: 'there' },
    ...refused(400, 'MissingArgument'),
    extra: { ArgumentName: 'x-oss-object-acl' },
  }),
};

const listings: Rows = {
  ...Object.fromEntries(
    (
      [
        ['max-keys', '0'],
        ['max-keys', '1001'],
        ['max-keys', 'x'],
        ['prefix', 'p'.repeat(1024)],
        ['marker', 'm'.repeat(1024)],
        ['encoding-type', 'base64'],
      ] as const
    ).map(([name, value]) => [
      `${name} "${value.slice(0, 20)}"`,
      () => ({ ask: { query: [[name, value]] }, ...invalid(name, value) }),
    ]),
  ),
  'a continuation token that is none': () => ({
    ask: {
      query: [
        ['list-type', '2'],
        ['continuation-token', 'abc'],
      ],
    },
    ...invalid('continuation-token', 'abc'),
  }),
  'max-uploads beyond its bound': () => ({
    ask: {
      query: [
        ['uploads', ''],
        ['max-uploads', '1001'],
      ],
    },
    ...invalid('max-uploads', '1001'),
  }),
  'a deletion without a digest': () => ({
    ask: { method: 'POST', query: [['delete', '']], body: '<Delete><Object><Key>there</Key></Object></Delete>' },
    ...refused(400, 'MissingArgument'),
    extra: { ArgumentName: 'Content-MD5' },
  }),
  'a deletion with another digest': () => ({
    ask: deleting('<Delete><Object><Key>there</Key></Object></Delete>', { 'content-md5': '1B2M2Y8AsgTpgAmY7PhCfg==' }),
    ...refused(400, 'InvalidDigest'),
  }),
  'a deletion that is no XML': malformed(deleting('there')),
  'a deletion with another root': malformed(deleting('<Tagging/>')),
  'a deletion of nothing': malformed(deleting('<Delete></Delete>')),
  'a deletion of 1 001 keys': malformed(
    deleting(`<Delete>${'<Object><Key>there</Key></Object>'.repeat(1001)}</Delete>`),
  ),
  'a deletion of a key that cannot be, among others': () => ({
    ask: deleting('<Delete><Object><Key>there</Key></Object><Object><Key>/k</Key></Object></Delete>'),
    ...refused(400, 'InvalidObjectName'),
    extra: { ObjectName: '/k' },
  }),
  'a deletion of a version': () => ({
    ask: deleting('<Delete><Object><Key>there</Key><VersionId>CAEQ</VersionId></Object></Delete>'),
    ...refused(400, 'NotImplemented'),
  }),
};

const day = '<Expiration><Days>1</Days></Expiration>';
const expiring = (rule: string) => setting('lifecycle', `<LifecycleConfiguration>${rule}</LifecycleConfiguration>`);
const cors = (rules: string) => setting('cors', `<CORSConfiguration>${rules}</CORSConfiguration>`);
const anyOrigin = '<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>';
const buckets: Rows = {
  'a bucket too many': () => ({ ask: { method: 'PUT', bucket: 'third' }, ...refused(400, 'TooManyBuckets') }),
  'a bucket with an ACL that nobody knows': () => ({
    ask: { method: 'PUT', bucket: 'third', headers: { 'x-oss-acl': 'open' } },
    ...invalid('x-oss-acl', 'open'),
  }),
  'a bucket of a class that nobody knows': () => ({
    ask: {
      method: 'PUT',
      bucket: 'third',
      body: '<CreateBucketConfiguration><StorageClass>Warm</StorageClass></CreateBucketConfiguration>',
    },
    ...invalid('StorageClass', 'Warm'),
  }),
  'a bucket configuration that is no XML': malformed({ method: 'PUT', bucket: 'third', body: '<Create' }),
  'a bucket ACL without its header': () => ({
    ask: setting('acl', ''),
    ...refused(400, 'MissingArgument'),
    extra: { ArgumentName: 'x-oss-acl' },
  }),
  'the deletion of a bucket that is not empty': () => ({
    ask: { method: 'DELETE', bucket: 'second' },
    ...refused(409, 'BucketNotEmpty'),
    extra: { BucketName: 'second' },
  }),
  'the deletion of the bucket of the media': () => ({
    ask: { method: 'DELETE' },
    ...refused(409, 'OperationConflict'),
    message: 'Media',
  }),
  'the deletion of a bucket that is not there': () => ({
    ask: { method: 'DELETE', bucket: 'nobody' },
    ...refused(404, 'NoSuchBucket'),
  }),
  'CORS rules that are not there': () => ({
    ask: { query: [['cors', '']] },
    ...refused(404, 'NoSuchCORSConfiguration'),
    message: 'The CORS Configuration does not exist.',
  }),
  'CORS rules that are no XML': malformed(setting('cors', 'rules')),
  'CORS rules without one': malformed(cors('')),
  'eleven CORS rules': () => ({
    ask: cors(`<CORSRule>${anyOrigin}</CORSRule>`.repeat(11)),
    ...refused(400, 'CORSRuleBeyondLimit'),
  }),
  'a CORS method that nobody knows': () => ({
    ask: cors('<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>PATCH</AllowedMethod></CORSRule>'),
    ...invalid('AllowedMethod', 'PATCH'),
  }),
  'lifecycle rules that are not there': () => ({
    ask: { query: [['lifecycle', '']] },
    ...refused(404, 'NoSuchLifecycle'),
  }),
  'lifecycle rules that are no XML': malformed(setting('lifecycle', 'rules')),
  'a lifecycle rule without an action': malformed(expiring('<Rule><Prefix/><Status>Enabled</Status></Rule>')),
  'a lifecycle rule of no days': () => ({
    ask: expiring('<Rule><Prefix/><Status>Enabled</Status><Expiration><Days>0</Days></Expiration></Rule>'),
    ...invalid('Days', '0'),
  }),
  'lifecycle rules that overlap': () => ({
    ask: expiring(
      ['a', 'ab'].map((prefix) => `<Rule><Prefix>${prefix}</Prefix><Status>Enabled</Status>${day}</Rule>`).join(''),
    ),
    ...refused(400, 'InvalidArgument'),
    ec: '0014-00000084',
  }),
  'a setting that is not implemented': () => ({ ask: setting('website', '<x/>'), ...refused(400, 'NotImplemented') }),
  'a method that a bucket does not have': () => ({
    ask: { method: 'PATCH', body: 'x' },
    ...refused(405, 'MethodNotAllowed'),
  }),
  'a method that the service does not have': () => ({
    ask: { bucket: '', method: 'DELETE' },
    ...refused(405, 'MethodNotAllowed'),
  }),
};

describe.each([
  ['copies', copies],
  ['appends', appends],
  ['forms', forms],
  ['tags and ACLs', tags],
  ['listings and deletions', listings],
  ['buckets', buckets],
])('bad input: %s', (_, rows) => {
  it.each(Object.entries(rows))('%s', (_title, row) => expectRefusal(plane, agent, row()));
});
