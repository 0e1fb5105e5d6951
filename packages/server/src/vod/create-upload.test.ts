import { formatIso } from '@sluice/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Answer,
  type ControlRoom,
  controlRoom,
  OSS_ENDPOINT,
  uploadAddressOf,
  uploadAuthOf,
} from '../testing/control-room.js';
import { type CallOptions, type Keys, rawRequest } from '../testing/signed-call.js';

let room: ControlRoom;
let alice: Keys;
beforeAll(async () => {
  room = await controlRoom();
  alice = await room.session(room.appServer);
});
afterAll(() => room.close());

type Params = Readonly<Record<string, string>>;
const video = (params: Params = {}, how?: CallOptions) =>
  room.call(alice, 'CreateUploadVideo', { Title: 'A film', FileName: 'film.mp4', ...params }, how);
const image = (params: Params = {}, how?: CallOptions) =>
  room.call(alice, 'CreateUploadImage', { ImageType: 'default', ...params }, how);
const rowOf = async (answer: Answer) => {
  const id = answer.body.VideoId ?? answer.body.ImageId;
  const row = await room.media.find(String(id));
  if (!row) throw new Error(`nothing was made: ${answer.text}`);
  return row;
};
const refusalOf = ({ status, body }: Answer) => [status, body.Code];

describe('CreateUploadVideo', () => {
  test('makes a video and grants the upload of its one file', async () => {
    const answer = await video();
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.body).sort()).toEqual(['RequestId', 'UploadAddress', 'UploadAuth', 'VideoId']);
    const { VideoId } = answer.body;
    expect(VideoId).toMatch(/^[0-9a-f]{32}$/);
    expect(uploadAddressOf(answer)).toEqual({
      Endpoint: OSS_ENDPOINT,
      Bucket: room.installation.bucket,
      FileName: `media/${VideoId}/source.mp4`,
    });
    expect(uploadAuthOf(answer)).toEqual({
      AccessKeyId: expect.stringMatching(/^STS\./),
      AccessKeySecret: expect.any(String),
      SecurityToken: expect.any(String),
      Expiration: '3000',
      ExpireUTCTime: formatIso(room.clock.now() + 3_000_000),
    });
    expect(await rowOf(answer)).toMatchObject({
      status: 'Uploading',
      owner: 'alice',
      title: 'A film',
      file_name: 'film.mp4',
      app_id: 'app-1000000',
    });
  });

  test('makes another one with every call', async () => {
    const ids = [await video(), await video()].map(({ body }) => body.VideoId);
    expect(new Set(ids).size).toBe(2);
  });

  test.each(['FileName'])('needs %s', async (name) => {
    const { status, body } = await video({ [name]: '' });
    expect([status, body.Code, body.Message]).toEqual([
      400,
      'MissingParameter',
      `The input parameter "${name}" that is mandatory for processing this request is not supplied.`,
    ]);
  });

  test.each(['film', 'film.', '.mp4/film', 'film.exe', 'film.png', 'C:\\films.mp4\\film', 'film.mp4 '])(
    'refuses the file name %j',
    async (FileName) => {
      expect(refusalOf(await video({ FileName }))).toEqual([400, 'InvalidFileName.Extension']);
    },
  );

  test.each([
    ['film.MP4', 'film.MP4', 'mp4'],
    ['/var/mobile/Containers/Data/tmp/ab.c/IMG_0001.MOV', 'IMG_0001.MOV', 'mov'],
    ['D:\\video_01.mp4', 'video_01.mp4', 'mp4'],
    ['../../etc/passwd.mp4', 'passwd.mp4', 'mp4'],
    ['a%2F..%2Fb.mp3', 'a%2F..%2Fb.mp3', 'mp3'],
    ['a\u0001/b.mp4', 'b.mp4', 'mp4'],
  ])('keeps of the file name %j only what it needs', async (FileName, kept, extension) => {
    const answer = await video({ FileName });
    expect((await rowOf(answer)).file_name).toBe(kept);
    expect(uploadAddressOf(answer).FileName).toBe(`media/${answer.body.VideoId}/source.${extension}`);
  });

  test('takes 128 characters of title and 1024 of description, and not one more', async () => {
    expect((await video({ Title: '用'.repeat(128), Description: 'd'.repeat(1024) })).status).toBe(200);
    expect(refusalOf(await video({ Title: 't'.repeat(129) }))).toEqual([400, 'LengthExceededMax']);
    expect(refusalOf(await video({ Description: 'd'.repeat(1025) }))).toEqual([400, 'LengthExceededMax']);
  });

  test('takes 16 tags of 32 characters, and not one more', async () => {
    const tags = (count: number, length: number) => Array.from({ length: count }, () => '用'.repeat(length)).join(',');
    expect((await video({ Tags: tags(16, 32) })).status).toBe(200);
    expect(refusalOf(await video({ Tags: tags(17, 1) }))).toEqual([400, 'TagsExceededMax']);
    expect(refusalOf(await video({ Tags: tags(1, 33) }))).toEqual([400, 'TagsExceededMax']);
  });

  test.each(['Title', 'Description', 'Tags'])('refuses emoji and control characters in %s', async (name) => {
    for (const text of ['🎬', 'a\u0001', 'a\u001b[31m'])
      expect(refusalOf(await video({ [name]: text }))).toEqual([400, 'IllegalCharacters']);
    expect((await video({ [name]: 'Schön 用户' })).status).toBe(200);
  });

  test.each<[Params, number, string]>([
    [{ TemplateGroupId: 'nonsense' }, 404, 'InvalidTemplateGroupId.NotFound'],
    [{ StorageLocation: 'out-1.oss-cn-shanghai.aliyuncs.com' }, 404, 'InvalidStorage.NotFound'],
    [{ CateId: 'x' }, 400, 'InvalidParameter'],
    [{ Title: 'a\u0000b' }, 400, 'InvalidParameter'],
    [{ FileName: 'a.exe\u0000.mp4' }, 400, 'InvalidParameter'],
    [{ FileSize: '-1' }, 400, 'InvalidParameter'],
    [{ AppId: 'a b' }, 400, 'InvalidParameter'],
    [{ ReferenceId: 'short' }, 400, 'InvalidParameter'],
    [{ ReferenceId: 'x'.repeat(65) }, 400, 'InvalidParameter'],
    [{ UserData: 'not json' }, 400, 'InvalidParameter'],
    [{ UserData: '[1]' }, 400, 'InvalidParameter'],
    [{ UserData: '"\\"text\\""' }, 400, 'InvalidParameter'],
    [{ UserData: `{"Extend":"${'x'.repeat(4096)}"}` }, 400, 'InvalidParameter'],
  ])('refuses %j', async (params, status, code) => {
    expect(refusalOf(await video(params))).toEqual([status, code]);
  });

  test('takes the bucket as a storage location, by name or by host', async () => {
    for (const StorageLocation of ['sluice-uploads', 'sluice-uploads.oss.localhost'])
      expect((await video({ StorageLocation })).status).toBe(200);
  });

  test('uses a reference id once, however many ask for it at the same time', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => video({ ReferenceId: 'order-4711' })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 200))
      expect(refusalOf(answer)).toEqual([400, 'InvalidParameter']);
    expect((await video({ ReferenceId: 'order-4712' })).status).toBe(200);
  });
});

describe('what the official SDKs send', () => {
  test('CateId=null and Title=undefined mean not set: the title is the file name', async () => {
    const row = await rowOf(await video({ CateId: 'null', Title: 'undefined', FileName: '/a/b/My film.v2.mp4' }));
    expect(row).toMatchObject({ cate_id: null, title: 'My film.v2' });
  });

  test('empty texts mean not set', async () => {
    const answer = await video({
      Title: '',
      Description: '',
      Tags: '',
      CateId: '',
      UserData: '',
      ReferenceId: '',
      StorageLocation: '',
    });
    expect(await rowOf(answer)).toMatchObject({ title: 'film', tags: '', user_data: '', reference_id: null });
  });

  test.each([
    ['once', '{"Extend":{"a":1}}'],
    ['twice', JSON.stringify('{"Extend":{"a":1}}')],
  ])('UserData encoded %s is the same', async (_, UserData) => {
    expect((await rowOf(await video({ UserData }))).user_data).toBe('{"Extend":{"a":1}}');
  });

  test('parameters that we do not know are ignored', async () => {
    const params = {
      RequestId: 'abc',
      TransCodeMode: 'FastTranscode',
      TranscodeMode: 'NoTranscode',
      Source: 'WebSDK',
      WorkflowId: 'w',
    };
    expect((await video(params)).status).toBe(200);
  });

  test('GET without Timestamp, Format=json, on the path that the region trick leaves', async () => {
    const how = { timestamp: null, format: 'json', host: 'vod.example.com:8443', path: '/x.aliyuncs.com/' };
    const answer = await video({}, how);
    expect(answer.contentType).toBe('application/json;charset=utf-8');
    expect(uploadAuthOf(answer).Region).toBe('example.com:8443/x');
  });

  test('under a host that hides no region none is said', async () => {
    expect(uploadAuthOf(await video({}, { host: '127.0.0.1:8400' }))).not.toHaveProperty('Region');
  });

  test.each(['GET', 'POST'])('the progress calls carry a signature without key, and get 200 by %s', async (method) => {
    const { send } = room;
    for (const [Action, Version] of [
      ['GetUploadProgress', '2017-03-21'],
      ['ReportUploadProgress', '2017-03-21'],
      ['ReportUploadProgress', '2017-03-14'],
    ] as const) {
      const pairs = Object.entries({
        Action,
        Version,
        Format: 'JSON',
        Source: 'WebSDK',
        UserId: "122' or 1=1",
        VideoId: '0'.repeat(32),
        SignatureMethod: 'HMAC-SHA1',
        SignatureVersion: '1.0',
        SignatureNonce: 'n',
        Signature: 'made with "undefined&"',
      });
      const { status, body } = await send(
        rawRequest(method, method === 'GET' ? pairs : [], method === 'GET' ? [] : pairs),
      );
      expect([status, Object.keys(body)]).toEqual([200, ['RequestId']]);
    }
  });
});

describe('CreateUploadImage', () => {
  test('makes an image and grants its upload', async () => {
    const answer = await image({ Title: 'A cover', ImageExt: 'JPG' });
    const { ImageId } = answer.body;
    expect(answer.body).toEqual({
      RequestId: expect.any(String),
      ImageId: expect.stringMatching(/^[0-9a-f]{32}$/),
      ImageURL: `http://sluice-uploads.oss.localhost:8401/media/${ImageId}/source.jpg`,
      FileURL: `http://sluice-uploads.oss.localhost:8401/media/${ImageId}/source.jpg`,
      UploadAddress: expect.any(String),
      UploadAuth: expect.any(String),
    });
    expect(uploadAddressOf(answer).FileName).toBe(`media/${ImageId}/source.jpg`);
    expect(await rowOf(answer)).toMatchObject({
      kind: 'image',
      status: 'Uploading',
      owner: 'alice',
      image_type: 'default',
    });
  });

  test('is a png when nobody says otherwise; the file name says, ImageExt wins', async () => {
    const extension = async (params: Params) =>
      uploadAddressOf(await image(params))
        .FileName.split('.')
        .pop();
    expect(await extension({})).toBe('png');
    expect(await extension({ OriginalFileName: 'a.GIF' })).toBe('gif');
    expect(await extension({ OriginalFileName: 'a.gif', ImageExt: 'jpeg' })).toBe('jpeg');
    expect(await extension({ OriginalFileName: 'IMG_0001.HEIC' })).toBe('heic');
    expect(await extension({ ImageExt: 'HEIC' })).toBe('heic');
  });

  test('takes the id of a workflow as a storage location for none at all', async () => {
    const answer = await image({ StorageLocation: '613efff3887ec34af685714cc461f4d8', ImageExt: 'png' });
    expect(answer.status).toBe(200);
  });

  test('says which kinds of images there are', async () => {
    const { body } = await image({ ImageExt: 'webp' });
    expect(body.Message).toBe('The specified parameter "ImageExt" is not valid: use one of png, jpg, jpeg, gif, heic.');
  });

  test.each<[Params, number, string]>([
    [{ ImageType: '' }, 400, 'MissingParameter'],
    [{ ImageType: 'poster' }, 400, 'InvalidParameter'],
    [{ ImageExt: 'exe' }, 400, 'InvalidParameter'],
    [{ OriginalFileName: 'a.html' }, 400, 'InvalidFileName.Extension'],
    [{ OriginalFileName: 'a' }, 400, 'InvalidFileName.Extension'],
    [{ Title: 't'.repeat(129) }, 400, 'LengthExceededMax'],
    [{ Tags: ','.repeat(16) }, 400, 'TagsExceededMax'],
    [{ Description: '🎬' }, 400, 'IllegalCharacters'],
    [{ StorageLocation: 'elsewhere' }, 404, 'InvalidStorage.NotFound'],
  ])('refuses %j', async (params, status, code) => {
    expect(refusalOf(await image(params))).toEqual([status, code]);
  });
});
