import { createHash, randomBytes } from 'node:crypto';
import { crc64 } from '@sluice/wire';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { complete, completeXml, get, initiate, put, type Reply, send, uploadPart } from '../testing/client.js';
import { startPlane, type TestPlane } from '../testing/data-plane.js';
import { sendHalf } from '../testing/slow-client.js';

let plane: TestPlane;
let serial = 0;
let key = '';
beforeAll(async () => {
  plane = await startPlane();
});
beforeEach(() => {
  key = `multipart/${serial++}`;
});
afterAll(() => plane.close());

const KIB = 1024;
const big = randomBytes(100 * KIB);
const small = Buffer.from('hello');
const refusal = (reply: Reply) => [reply.status, reply.xml('Code'), reply.xml('EC')];

async function twoParts(): Promise<{ uploadId: string; parts: [number, string][] }> {
  const uploadId = await initiate(plane, key);
  const first = await uploadPart(plane, key, uploadId, 1, big);
  const second = await uploadPart(plane, key, uploadId, 7, small);
  return {
    uploadId,
    parts: [
      [1, String(first.headers.etag)],
      [7, String(second.headers.etag)],
    ],
  };
}

it('behind a trusted proxy that ends TLS its object is an https one, and policies hear of TLS', async () => {
  const behind = await startPlane({ trustedProxies: { includes: (address) => address === '127.0.0.1' } });
  const call = { method: 'POST', key: 'film', headers: { 'x-forwarded-proto': 'https' } };
  const uploadId = (await send(behind, { ...call, query: [['uploads', '']] })).xml('UploadId') ?? '';
  const reply = await send(behind, { ...call, query: [['uploadId', uploadId]], body: completeXml([]) });
  expect(reply.xml('Location')).toMatch(/^https:/);
  expect(behind.questions.map(({ context }) => context?.['acs:SecureTransport'])).toEqual(['true', 'true']);
  await behind.close();
});

describe('a multipart upload', () => {
  it('of no parts is an empty object; parts that are there are not thrown away for a list without any', async () => {
    const nothing = '<CompleteMultipartUpload></CompleteMultipartUpload>';
    const end = (uploadId: string) =>
      send(plane, { method: 'POST', key, query: [['uploadId', uploadId]], body: nothing });
    const { uploadId, parts } = await twoParts();
    expect(refusal(await end(uploadId))).toEqual([400, 'MalformedXML', undefined]);
    expect((await complete(plane, key, uploadId, parts)).status).toBe(200);
    const ended = await end(await initiate(plane, key));
    expect([ended.status, ended.xml('ETag'), ended.headers['x-oss-hash-crc64ecma']]).toEqual([
      200,
      '&quot;D41D8CD98F00B204E9800998ECF8427E-0&quot;',
      '0',
    ]);
    const object = await get(plane, key);
    expect([object.status, object.headers['content-length'], object.body.length]).toEqual([200, '0', 0]);
  });

  it('has the ACL that Complete asks for, else that of Initiate', async () => {
    const aclAfter = async (initiated: Record<string, string>, completed: Record<string, string>) => {
      const uploadId = await initiate(plane, key, initiated);
      const { headers } = await uploadPart(plane, key, uploadId, 1, small);
      const reply = await complete(plane, key, uploadId, [[1, String(headers.etag)]], completed);
      expect(reply.status).toBe(200);
      return (await send(plane, { key, query: [['acl', '']] })).xml('Grant');
    };
    const acl = (name: string) => ({ 'x-oss-object-acl': name });
    expect(await aclAfter({}, acl('private'))).toBe('private');
    expect(await aclAfter(acl('public-read'), acl('private'))).toBe('private');
    expect(await aclAfter(acl('private'), {})).toBe('private');
    const uploadId = await initiate(plane, key);
    expect((await complete(plane, key, uploadId, [], acl('open'))).xml('Code')).toBe('InvalidArgument');
  });

  it('is completed by XML that begins with blanks', async () => {
    const { uploadId, parts } = await twoParts();
    const list = `\n <?xml version="1.0" encoding="UTF-8"?>\n${completeXml(parts)}`;
    expect((await complete(plane, key, uploadId, list)).status).toBe(200);
  });

  it('ListParts tells how the client encrypts', async () => {
    const meta = (name: string) => `x-oss-meta-client-side-encryption-${name}`;
    const uploadId = await initiate(plane, key, { [meta('key')]: 'k==', [meta('part-size')]: '102400' });
    const list = await send(plane, { key, query: [['uploadId', uploadId]] });
    expect(['Key', 'PartSize', 'Start'].map((name) => list.xml(`ClientEncryption${name}`))).toEqual([
      'k==',
      '102400',
      undefined,
    ]);
  });

  it('that is announced as sequential is one like any other', async () => {
    const query = [
      ['uploads', ''],
      ['sequential', ''],
    ] as const;
    const reply = await send(plane, { method: 'POST', key, query, body: '' });
    expect(reply.status).toBe(200);
    const uploadId = reply.xml('UploadId') ?? '';
    const { headers } = await uploadPart(plane, key, uploadId, 1, small);
    expect((await complete(plane, key, uploadId, [[1, String(headers.etag)]])).status).toBe(200);
    const put = await send(plane, { method: 'PUT', key, query: [['sequential', '']], body: 'x' });
    expect([put.status, put.xml('Code')]).toEqual([400, 'NotImplemented']);
  });

  it('becomes one object with the combined CRC64 and the ETag of OSS', async () => {
    const uploadId = await initiate(plane, key, { 'content-type': 'video/mp4', 'x-oss-meta-a': '1' });
    expect(uploadId).toMatch(/^[0-9A-F]{32}$/);
    const first = await uploadPart(plane, key, uploadId, 1, big, {
      'x-oss-meta-a': 'ignored',
      'x-oss-callback': 'e30=',
    });
    const second = await uploadPart(plane, key, uploadId, 3, small);
    expect(second.headers).toMatchObject({
      etag: '"5D41402ABC4B2A76B9719D911017C592"',
      'x-oss-hash-crc64ecma': '11177612005948864433',
    });
    const reply = await complete(plane, key, uploadId, [
      [1, String(first.headers.etag)],
      // Without quotes and in lower case, as some clients send it.
      [3, '5d41402abc4b2a76b9719d911017c592'],
    ]);
    const whole = Buffer.concat([big, small]);
    const texts = `${String(first.headers.etag).replace(/"/g, '')}5D41402ABC4B2A76B9719D911017C592`;
    const etag = `"${createHash('md5').update(texts).digest('hex').toUpperCase()}-2"`;
    expect(reply.status).toBe(200);
    expect(reply.headers.etag).toBe(etag);
    expect(reply.headers['x-oss-hash-crc64ecma']).toBe(crc64(whole).toString());
    expect(reply.xml('ETag')).toBe(etag.replace(/"/g, '&quot;'));
    expect(reply.xml('Location')).toBe(`http://videos.oss.localhost/${key}`);
    const back = await get(plane, key);
    expect(back.body.equals(whole)).toBe(true);
    expect(back.headers).toMatchObject({
      'content-type': 'video/mp4',
      'x-oss-meta-a': '1',
      'x-oss-object-type': 'Multipart',
      etag,
    });
    expect(back.headers['content-md5']).toBeUndefined();
    expect(plane.stored.at(-1)).toMatchObject({ key, size: whole.length, etag: etag.replace(/"/g, '') });
  });

  it('has the ETag of the reference for a single part', async () => {
    const uploadId = await initiate(plane, key);
    await uploadPart(plane, key, uploadId, 1, 'hello');
    const reply = await complete(plane, key, uploadId, '', { 'x-oss-complete-all': 'yes' });
    expect(reply.headers.etag).toBe('"F872A18EB88181EB00816510E762FEE6-1"');
  });

  it('drops the parts that were not listed', async () => {
    const { uploadId, parts } = await twoParts();
    await uploadPart(plane, key, uploadId, 9, 'unlisted');
    expect((await complete(plane, key, uploadId, parts)).status).toBe(200);
    await plane.oss.start();
    const blobs = await plane.db.selectFrom('garbage').select('blob').execute();
    expect(blobs).toEqual([]);
    expect((await get(plane, key)).body.length).toBe(big.length + small.length);
  });

  it('lets a part be replaced, and gives the old bytes back', async () => {
    const uploadId = await initiate(plane, key);
    await uploadPart(plane, key, uploadId, 1, 'first');
    await plane.oss.start();
    const files = (await plane.files()).length;
    const again = await uploadPart(plane, key, uploadId, 1, 'second');
    await plane.oss.start();
    expect((await plane.files()).length).toBe(files);
    expect((await complete(plane, key, uploadId, [[1, String(again.headers.etag)]])).status).toBe(200);
    expect((await get(plane, key)).body.toString()).toBe('second');
  });

  it('survives two clients that complete it: it is done once, and both are told so', async () => {
    const { uploadId, parts } = await twoParts();
    const before = plane.stored.length;
    const replies = await Promise.all([complete(plane, key, uploadId, parts), complete(plane, key, uploadId, parts)]);
    expect(replies.map((reply) => reply.status)).toEqual([200, 200]);
    expect(plane.stored.length).toBe(before + 1);
    expect((await get(plane, key)).body.length).toBe(big.length + small.length);
  });

  it('has gaps in its part numbers when the client wants it so', async () => {
    const uploadId = await initiate(plane, key);
    const pieces = [10_000, 5, 1, 9].map(
      (number) => [number, number === 10_000 ? small : randomBytes(100 * KIB)] as const,
    );
    const etags = new Map<number, string>();
    for (const [number, piece] of pieces) {
      etags.set(number, String((await uploadPart(plane, key, uploadId, number, piece)).headers.etag));
    }
    const listed = [...(await listParts(uploadId)).body.toString().matchAll(/<PartNumber>(\d+)</g)];
    expect(listed.map((match) => Number(match[1]))).toEqual([1, 5, 9, 10_000]);
    const order = [...pieces].sort(([a], [b]) => a - b);
    const whole = Buffer.concat(order.map(([, piece]) => piece));
    const reply = await complete(
      plane,
      key,
      uploadId,
      order.map(([number]) => [number, etags.get(number) ?? '']),
    );
    expect([reply.status, reply.headers['x-oss-hash-crc64ecma']]).toEqual([200, crc64(whole).toString()]);
    expect((await get(plane, key)).body.equals(whole)).toBe(true);
  });

  it('refuses a part that arrives after the completion, and keeps nothing of it', async () => {
    const { uploadId, parts } = await twoParts();
    await plane.oss.start();
    const files = (await plane.files()).length;
    const late = await sendHalf(plane, { method: 'PUT', key, query: partQuery(9, uploadId) }, big);
    expect((await complete(plane, key, uploadId, parts)).status).toBe(200);
    const reply = await late.finish();
    expect(refusal(reply)).toEqual([404, 'NoSuchUpload', '0042-00000104']);
    expect((await plane.files()).length).toBe(files);
  });
});

const partQuery = (number: number, uploadId: string) =>
  [
    ['partNumber', String(number)],
    ['uploadId', uploadId],
  ] as const;

describe('UploadPart', () => {
  it.each(['0', '10001', '-1', '1.5', '01', 'one', '', '99999999999'])('refuses part number "%s"', async (number) => {
    const uploadId = await initiate(plane, key);
    const reply = await uploadPart(plane, key, uploadId, number, 'x');
    expect(refusal(reply)).toEqual([400, 'InvalidArgument', undefined]);
    expect(reply.xml('ArgumentName')).toBe('partNumber');
  });

  it.each([1, 10_000])('takes part number %d', async (number) => {
    const uploadId = await initiate(plane, key);
    expect((await uploadPart(plane, key, uploadId, number, 'x')).status).toBe(200);
  });

  it.each(['A'.repeat(32), 'x', ''])('knows no upload "%s"', async (uploadId) => {
    const reply = await uploadPart(plane, key, uploadId, 1, 'x');
    expect(refusal(reply)).toEqual([404, 'NoSuchUpload', '0042-00000104']);
    expect(reply.xml('UploadId')).toBe(uploadId);
  });

  it('knows an upload under its own key only', async () => {
    const uploadId = await initiate(plane, key);
    expect((await uploadPart(plane, `${key}-other`, uploadId, 1, 'x')).status).toBe(404);
    expect((await uploadPart(plane, key, `${uploadId}\0tail`, 1, 'x')).status).toBe(400);
  });

  it('checks Content-MD5 and keeps nothing of a part that differs', async () => {
    const uploadId = await initiate(plane, key);
    const files = await plane.files();
    const reply = await uploadPart(plane, key, uploadId, 1, 'x', { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' });
    expect(refusal(reply)).toEqual([400, 'InvalidDigest', undefined]);
    expect(await plane.files()).toEqual(files);
    expect((await listParts(uploadId)).body.toString()).not.toContain('<Part>');
  });

  it('refuses encryption of a single part', async () => {
    const uploadId = await initiate(plane, key);
    const reply = await uploadPart(plane, key, uploadId, 1, 'x', { 'x-oss-server-side-encryption': 'AES256' });
    expect(refusal(reply)).toEqual([400, 'InvalidArgument', undefined]);
  });
});

describe('CompleteMultipartUpload', () => {
  const etag = 'A'.repeat(32);
  const deep = `${'<a>'.repeat(200_000)}`;
  it.each([
    ['no body', '', 'MalformedXML', '0042-00000205'],
    ['no XML', 'parts, please', 'MalformedXML', undefined],
    ['another root', '<Delete><Object/></Delete>', 'MalformedXML', undefined],
    ['a part without ETag', completeXml([[1, etag]]).replace(/<ETag>.*<\/ETag>/, ''), 'MalformedXML', undefined],
    ['a number that is none', completeXml([[1, etag]]).replace('>1<', '>one<'), 'MalformedXML', undefined],
    [
      'two numbers in one part',
      completeXml([[1, etag]]).replace('<ETag>', '<PartNumber>2</PartNumber><ETag>'),
      'MalformedXML',
      undefined,
    ],
    ['nesting without end', deep, 'MalformedXML', undefined],
    [
      'an external entity',
      `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><CompleteMultipartUpload>&x;</CompleteMultipartUpload>`,
      'MalformedXML',
      undefined,
    ],
    [
      'parts out of order',
      completeXml([
        [2, etag],
        [1, etag],
      ]),
      'InvalidPartOrder',
      undefined,
    ],
    [
      'a part twice',
      completeXml([
        [1, etag],
        [1, etag],
      ]),
      'InvalidPartOrder',
      undefined,
    ],
    ['part 0', completeXml([[0, etag]]), 'InvalidPartOrder', undefined],
    ['part 10001', completeXml([[10_001, etag]]), 'InvalidPartOrder', undefined],
    ['an unknown part', completeXml([[5, etag]]), 'InvalidPart', undefined],
    ['an ETag that differs', completeXml([[1, etag]]), 'InvalidPart', undefined],
  ])('refuses %s, and the upload stays', async (_, xml, code, ec) => {
    const { uploadId, parts } = await twoParts();
    expect(refusal(await complete(plane, key, uploadId, xml))).toEqual([400, code, ec]);
    expect((await complete(plane, key, uploadId, parts)).status).toBe(200);
  });

  it('refuses XML beyond 2 MiB without parsing it', async () => {
    const { uploadId } = await twoParts();
    const reply = await complete(plane, key, uploadId, completeXml([[1, etag]]) + ' '.repeat(2 * KIB * KIB));
    expect(refusal(reply)).toEqual([400, 'MalformedXML', undefined]);
  });

  it('checks the Content-MD5 of its body', async () => {
    const { uploadId, parts } = await twoParts();
    const reply = await complete(plane, key, uploadId, parts, { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' });
    expect(refusal(reply)).toEqual([400, 'InvalidDigest', undefined]);
  });

  it('checks a claimed CRC64 against the whole object', async () => {
    const { uploadId, parts } = await twoParts();
    const claimed = crc64(Buffer.concat([big, small])).toString();
    const wrong = await complete(plane, key, uploadId, parts, { 'x-oss-hash-crc64ecma': '1' });
    expect(refusal(wrong)).toEqual([400, 'InvalidCRC64', undefined]);
    expect((await complete(plane, key, uploadId, parts, { 'x-oss-hash-crc64ecma': claimed })).status).toBe(200);
  });

  it('gives the same answer again when it is repeated, because the first one was lost', async () => {
    const { uploadId, parts } = await twoParts();
    const first = await complete(plane, key, uploadId, parts);
    plane.clock.ms += 5_000;
    const events = plane.stored.length;
    const again = await complete(plane, key, uploadId, parts, { 'x-oss-forbid-overwrite': 'true' });
    expect([again.status, again.body.toString()]).toEqual([200, first.body.toString()]);
    for (const name of ['etag', 'x-oss-hash-crc64ecma']) expect(again.headers[name], name).toBe(first.headers[name]);
    // The time is that of this answer: clients set their clocks by it.
    expect(Date.parse(String(again.headers.date))).toBe(Math.floor(plane.clock.ms / 1000) * 1000);
    expect(plane.stored.length).toBe(events);
    const all = await complete(plane, key, uploadId, '', { 'x-oss-complete-all': 'yes' });
    expect(all.status).toBe(200);
  });

  it('repeated with other parts, a wrong CRC64, or for an object that is another one by now, is refused', async () => {
    const { uploadId, parts } = await twoParts();
    expect((await complete(plane, key, uploadId, parts)).status).toBe(200);
    expect((await complete(plane, key, uploadId, parts.slice(0, 1))).xml('Code')).toBe('NoSuchUpload');
    expect((await complete(plane, key, uploadId, parts, { 'x-oss-hash-crc64ecma': '1' })).xml('Code')).toBe(
      'InvalidCRC64',
    );
    expect((await complete(plane, `${key}/other`, uploadId, parts)).xml('Code')).toBe('NoSuchUpload');
    await put(plane, key, 'another');
    expect((await complete(plane, key, uploadId, parts)).xml('Code')).toBe('NoSuchUpload');
    expect((await get(plane, key)).body.toString()).toBe('another');
  });

  it('takes what a part is at the moment of the commit, sent again beside it or not', async () => {
    const uploadId = await initiate(plane, key);
    const parts: [number, string][] = [];
    for (let number = 1; number <= 3; number++) {
      const reply = await uploadPart(plane, key, uploadId, number, big);
      parts.push([number, String(reply.headers.etag)]);
    }
    // The same bytes again: the ETag stays, the blob does not.
    const [reply] = await Promise.all([
      complete(plane, key, uploadId, parts),
      ...[1, 2, 3].map((number) => uploadPart(plane, key, uploadId, number, big)),
    ]);
    expect([reply.status, reply.headers['x-oss-hash-crc64ecma']]).toEqual([
      200,
      crc64(Buffer.concat([big, big, big])).toString(),
    ]);
    await plane.oss.start();
    expect((await get(plane, key)).body.equals(Buffer.concat([big, big, big]))).toBe(true);
  });

  it('tells the CRC64 of what it stored, whichever bytes of a part sent again were in time', async () => {
    for (let round = 0; round < 40; round++) {
      const uploadId = await initiate(plane, key);
      await uploadPart(plane, key, uploadId, 1, 'first');
      const again = () => uploadPart(plane, key, uploadId, 1, 'again');
      const all = () => complete(plane, key, uploadId, '', { 'x-oss-complete-all': 'yes' });
      const replies = await Promise.all(round % 2 === 0 ? [all(), again()] : [again(), all()]);
      const done = replies[round % 2] as Reply;
      const { body } = await get(plane, key);
      expect([done.status, done.headers['x-oss-hash-crc64ecma']]).toEqual([200, crc64(body).toString()]);
    }
  });

  it('refuses a part below 100 KB that is not the last', async () => {
    const uploadId = await initiate(plane, key);
    const first = await uploadPart(plane, key, uploadId, 1, small);
    const last = await uploadPart(plane, key, uploadId, 2, small);
    const reply = await complete(plane, key, uploadId, [
      [1, String(first.headers.etag)],
      [2, String(last.headers.etag)],
    ]);
    expect(refusal(reply)).toEqual([400, 'EntityTooSmall', '0042-00000213']);
    expect(reply.xml('PartNumber')).toBe('1');
  });

  it('takes all stored parts for x-oss-complete-all, and then no body', async () => {
    const { uploadId, parts } = await twoParts();
    const both = await complete(plane, key, uploadId, parts, { 'x-oss-complete-all': 'yes' });
    expect(refusal(both)).toEqual([400, 'InvalidArgument', '0042-00000216']);
    expect((await complete(plane, key, uploadId, '', { 'x-oss-complete-all': 'yes' })).status).toBe(200);
    expect((await get(plane, key)).body.length).toBe(big.length + small.length);
  });

  it.each(['yes', 'YES'])(
    'takes x-oss-complete-all: %s without any body, gaps in the numbers and all',
    async (value) => {
      const uploadId = await initiate(plane, key);
      await uploadPart(plane, key, uploadId, 7, small);
      await uploadPart(plane, key, uploadId, 3, big);
      const ask = { method: 'POST', key, query: [['uploadId', uploadId]] as const };
      const reply = await send(plane, { ...ask, headers: { 'x-oss-complete-all': value } });
      expect([reply.status, reply.headers.etag]).toEqual([200, expect.stringMatching(/-2"$/)]);
      expect((await get(plane, key)).body.equals(Buffer.concat([big, small]))).toBe(true);
      const again = await send(plane, { ...ask, headers: { 'x-oss-complete-all': value } });
      expect([again.status, again.headers.etag]).toEqual([200, reply.headers.etag]);
    },
  );

  it('knows no other x-oss-complete-all, and completes no upload without parts', async () => {
    const { uploadId } = await twoParts();
    const no = await complete(plane, key, uploadId, '', { 'x-oss-complete-all': 'no' });
    expect([no.status, no.xml('Code'), no.xml('ArgumentName')]).toEqual([400, 'InvalidArgument', 'x-oss-complete-all']);
    const empty = await initiate(plane, key);
    expect((await complete(plane, key, empty, '', { 'x-oss-complete-all': 'yes' })).xml('Code')).toBe('InvalidPart');
  });

  it('lets one of many Completes of different uploads win when none may overwrite', async () => {
    const uploads = await Promise.all([1, 2, 3].map(() => initiate(plane, 'once')));
    const replies = await Promise.all(
      uploads.map(async (uploadId) => {
        await uploadPart(plane, 'once', uploadId, 1, small);
        const headers = { 'x-oss-complete-all': 'yes', 'x-oss-forbid-overwrite': 'true' };
        return complete(plane, 'once', uploadId, '', headers);
      }),
    );
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    const initiated = await send(plane, {
      method: 'POST',
      key: 'once',
      query: [['uploads', '']],
      headers: { 'x-oss-forbid-overwrite': 'true' },
    });
    expect(initiated.xml('Code')).toBe('FileAlreadyExists');
  });

  it('does not overwrite when it was told so at the beginning; the upload stays', async () => {
    key = 'told-at-once';
    const begun = await send(plane, {
      method: 'POST',
      key,
      query: [['uploads', '']],
      headers: { 'x-oss-forbid-overwrite': 'true' },
    });
    const uploadId = begun.xml('UploadId') ?? '';
    await uploadPart(plane, key, uploadId, 1, small);
    const all = (more = {}) => complete(plane, key, uploadId, '', { 'x-oss-complete-all': 'yes', ...more });
    await put(plane, key, 'in the way');
    expect(refusal(await all())).toEqual([409, 'FileAlreadyExists', undefined]);
    expect(refusal(await all({ 'x-oss-forbid-overwrite': 'false' }))).toEqual([409, 'FileAlreadyExists', undefined]);
    await send(plane, { method: 'DELETE', key });
    expect((await all()).status).toBe(200);
    // Repeated, because the answer was lost: what stands in the way is what it made itself.
    expect((await all()).status).toBe(200);
  });

  it('does not overwrite when told not to; the upload stays', async () => {
    const { uploadId, parts } = await twoParts();
    await put(plane, key, 'in the way');
    const reply = await complete(plane, key, uploadId, parts, { 'x-oss-forbid-overwrite': 'true' });
    expect(refusal(reply)).toEqual([409, 'FileAlreadyExists', undefined]);
    expect((await complete(plane, key, uploadId, parts)).status).toBe(200);
  });

  it('encodes the key when asked to', async () => {
    key = 'a b/ü';
    const { uploadId } = await twoParts();
    const reply = await send(plane, {
      method: 'POST',
      key,
      query: [
        ['uploadId', uploadId],
        ['encoding-type', 'url'],
      ],
      headers: { 'x-oss-complete-all': 'yes' },
      body: '',
    });
    expect([reply.xml('EncodingType'), reply.xml('Key')]).toEqual(['url', 'a%20b/%C3%BC']);
  });
});

describe('AbortMultipartUpload', () => {
  it('ends the upload and gives its bytes back', async () => {
    const files = (await plane.files()).length;
    const { uploadId, parts } = await twoParts();
    const abort = () => send(plane, { method: 'DELETE', key, query: [['uploadId', uploadId]] });
    expect((await abort()).status).toBe(204);
    await plane.oss.start();
    expect((await plane.files()).length).toBe(files);
    expect(refusal(await abort())).toEqual([404, 'NoSuchUpload', '0042-00000002']);
    expect((await complete(plane, key, uploadId, parts)).status).toBe(404);
    expect((await uploadPart(plane, key, uploadId, 1, 'x')).status).toBe(404);
  });
});

function listParts(uploadId: string, query: readonly (readonly [string, string])[] = []): Promise<Reply> {
  return send(plane, { key, query: [['uploadId', uploadId], ...query] });
}

describe('ListParts', () => {
  it('pages in order of part numbers', async () => {
    const uploadId = await initiate(plane, key);
    for (const number of [10, 2, 33]) await uploadPart(plane, key, uploadId, number, `part ${number}`);
    const numbers = (reply: Reply) =>
      [...reply.body.toString().matchAll(/<PartNumber>(\d+)</g)].map((match) => Number(match[1]));
    const first = await listParts(uploadId, [['max-parts', '2']]);
    expect(numbers(first)).toEqual([2, 10]);
    expect([first.xml('IsTruncated'), first.xml('NextPartNumberMarker'), first.xml('MaxParts')]).toEqual([
      'true',
      '10',
      '2',
    ]);
    const second = await listParts(uploadId, [['part-number-marker', '10']]);
    expect(numbers(second)).toEqual([33]);
    expect([second.xml('IsTruncated'), second.xml('Size')]).toEqual(['false', '7']);
    expect(second.xml('LastModified')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
    expect(second.xml('HashCrc64ecma')).toBe(crc64(Buffer.from('part 33')).toString());
  });

  it.each([
    ['max-parts', '0'],
    ['max-parts', '1001'],
    ['max-parts', 'x'],
    ['part-number-marker', '-1'],
    ['encoding-type', 'base64'],
  ])('refuses %s=%s', async (name, value) => {
    const uploadId = await initiate(plane, key);
    expect(refusal(await listParts(uploadId, [[name, value]]))).toEqual([400, 'InvalidArgument', undefined]);
  });

  it('knows no upload of that id', async () => {
    expect(refusal(await listParts('F'.repeat(32)))).toEqual([404, 'NoSuchUpload', '0042-00000002']);
  });
});
