import { formatIso } from '@sluice/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { transact } from '../db/transact.js';
import { allow, type ControlRoom, controlRoom, uploadAddressOf, uploadAuthOf } from '../testing/control-room.js';
import { MINUTE } from '../testing/fixed-parts.js';
import type { Keys } from '../testing/signed-call.js';

let room: ControlRoom;
let admin: Keys;
beforeAll(async () => {
  room = await controlRoom();
  admin = await room.user('admin', allow('vod:*'));
});
afterAll(() => room.close());

type Params = Readonly<Record<string, string>>;
const NOBODY = '0'.repeat(32);
const make = async (params: Params = {}, keys = admin) =>
  String((await room.call(keys, 'CreateUploadVideo', { FileName: 'a b.mp4', ...params })).body.VideoId);
const code = async (action: string, params: Params, keys = admin) => {
  const { status, body } = await room.call(keys, action, params);
  return status === 200 ? 200 : [status, body.Code];
};
const infoOf = async (VideoId: string) => (await room.call(admin, 'GetVideoInfo', { VideoId })).body.Video;
const setStatus = (mediaId: string, status: 'Normal' | 'UploadFail' | 'UploadSucc') =>
  transact(room.db, (transaction) => room.media.update(transaction, mediaId, { status, size: 42 }));

describe('GetVideoInfos', () => {
  test('tells of each what GetVideoInfo tells, with snapshots as a plain list', async () => {
    const ids = [await make({ Title: 'one', CateId: '7' }), await make({ Title: 'two', ReferenceId: 'ref-infos' })];
    const { status, body } = await room.call(admin, 'GetVideoInfos', { VideoIds: `${ids.join(',')},${NOBODY}` });
    const expected = await Promise.all(
      ids.map(async (id) => {
        const { RegionId: _, ...shown } = { ...(await infoOf(id)) };
        return { ...shown, Snapshots: [] };
      }),
    );
    expect([status, body]).toEqual([
      200,
      {
        RequestId: expect.any(String),
        VideoList: expected,
        NonExistVideoIds: [NOBODY],
        NonExistReferenceIds: [],
      },
    ]);
  });

  test('takes reference ids, when no video ids are given', async () => {
    const VideoId = await make({ ReferenceId: 'ref-infos-2' });
    const { body } = await room.call(admin, 'GetVideoInfos', { ReferenceIds: 'ref-infos-2,ref-none' });
    expect(body).toMatchObject({
      VideoList: [{ VideoId }],
      NonExistVideoIds: [],
      NonExistReferenceIds: ['ref-none'],
    });
  });

  test('is refused when one of them is out of reach, and for more than 20', async () => {
    const carol = await room.user('carol', allow('vod:*', 'acs:vod:*:*:media/user:carol/*'));
    const [own, other] = [await make({}, carol), await make()];
    expect(await code('GetVideoInfos', { VideoIds: own }, carol)).toBe(200);
    expect(await code('GetVideoInfos', { VideoIds: `${own},${other}` }, carol)).toEqual([403, 'Forbidden']);
    const ids = Array.from({ length: 21 }, (_, i) => String(i).padStart(32, '0')).join(',');
    expect(await code('GetVideoInfos', { VideoIds: ids })).toEqual([400, 'VideoIdsExceededMax']);
    expect(await code('GetVideoInfos', {})).toEqual([400, 'MissingParameter']);
  });
});

describe('UpdateVideoInfo', () => {
  test('changes what is given and nothing else', async () => {
    const VideoId = await make({ Title: 'T', Description: 'D', Tags: 'a,b', CateId: '7', ReferenceId: 'ref-update' });
    const before = await infoOf(VideoId);
    room.clock.advance(MINUTE);
    expect(await code('UpdateVideoInfo', { ReferenceId: 'ref-update', Title: 'Ü 中', Tags: '' })).toBe(200);
    const after = { ...before, Title: 'Ü 中', ModificationTime: formatIso(room.clock.now()) };
    expect(await infoOf(VideoId)).toEqual(after);
    const change = { Description: 'E', Tags: 'c', CateId: '8', CoverURL: 'http://c/y.png', UserData: '{"Extend":1}' };
    expect(await code('UpdateVideoInfo', { VideoId, ...change })).toBe(200);
    expect(await infoOf(VideoId)).toEqual({ ...after, ...change, CateId: 8 });
  });

  test.each([
    [{ Title: 'x'.repeat(129) }, 'LengthExceededMax'],
    [{ Title: '😀' }, 'IllegalCharacters'],
    [{ Tags: Array(17).fill('t').join(',') }, 'TagsExceededMax'],
    [{ UserData: '[]' }, 'InvalidParameter'],
    [{ CateId: 'x' }, 'InvalidParameter'],
  ])('refuses %o and leaves everything as it was', async (change: Params, refusal) => {
    const VideoId = await make();
    const before = await infoOf(VideoId);
    expect(await code('UpdateVideoInfo', { VideoId, Description: 'new', ...change })).toEqual([400, refusal]);
    expect(await infoOf(VideoId)).toEqual(before);
  });

  test('asks for leave of its own', async () => {
    const VideoId = await make();
    const reader = await room.user('reader', allow('vod:Get*'));
    expect(await code('UpdateVideoInfo', { VideoId, Title: 'x' }, reader)).toEqual([403, 'Forbidden']);
    expect(await code('UpdateVideoInfo', { VideoId: NOBODY, Title: 'x' })).toEqual([404, 'InvalidVideo.NotFound']);
    expect(await code('UpdateVideoInfo', { Title: 'x' })).toEqual([400, 'MissingParameter']);
  });
});

describe('GetMezzanineInfo', () => {
  test('tells how far the upload is, and where the file lies', async () => {
    const created = await room.call(admin, 'CreateUploadVideo', { FileName: 'a.mp4', FileSize: '40' });
    const VideoId = String(created.body.VideoId);
    const mezzanine = async () => (await room.call(admin, 'GetMezzanineInfo', { VideoId })).body.Mezzanine;
    const { FileName } = uploadAddressOf(created);
    const expected = {
      VideoId,
      FileName,
      FileURL: `http://sluice-uploads.oss.localhost:8401/${FileName}`,
      Size: 40,
      Status: 'Uploading',
      CreationTime: formatIso(room.clock.now()),
      OutputType: 'oss',
      PreprocessStatus: 'UnPreprocess',
      StorageClass: 'Standard',
      AudioStreamList: [],
      VideoStreamList: [],
    };
    expect(await mezzanine()).toEqual(expected);
    for (const status of ['UploadSucc', 'Normal'] as const) {
      await setStatus(VideoId, status);
      expect(await mezzanine()).toEqual({ ...expected, Status: 'Normal', Size: 42 });
    }
    await setStatus(VideoId, 'UploadFail');
    expect(await mezzanine()).toMatchObject({ Status: 'UploadFail' });
  });

  test('knows no video that is not there', async () => {
    expect(await code('GetMezzanineInfo', { VideoId: NOBODY })).toEqual([404, 'InvalidVideo.NotFound']);
    expect(await code('GetMezzanineInfo', {})).toEqual([400, 'MissingParameter']);
  });
});

describe('GetImageInfo', () => {
  test('tells what is known of an image', async () => {
    const params = { ImageType: 'cover', Title: 'T', Tags: 'a', CateId: '7', OriginalFileName: '中.JPG' };
    const { body } = await room.call(admin, 'CreateUploadImage', params);
    const ImageId = String(body.ImageId);
    await setStatus(ImageId, 'UploadSucc');
    const URL = `http://sluice-uploads.oss.localhost:8401/media/${ImageId}/source.jpg`;
    expect((await room.call(admin, 'GetImageInfo', { ImageId })).body.ImageInfo).toEqual({
      ImageId,
      ImageType: 'cover',
      Title: 'T',
      Description: '',
      Tags: 'a',
      CateId: 7,
      Status: 'Normal',
      URL,
      StorageLocation: 'sluice-uploads.oss.localhost',
      AppId: 'app-1000000',
      CreationTime: formatIso(room.clock.now()),
      Mezzanine: { OriginalFileName: '中.JPG', FileURL: URL, FileSize: '42' },
    });
  });

  test('knows no image that is not there, and takes no video for one', async () => {
    for (const ImageId of [NOBODY, await make()])
      expect(await code('GetImageInfo', { ImageId })).toEqual([404, 'NoSuchResource']);
    expect(await code('GetImageInfo', {})).toEqual([400, 'MissingParameter']);
  });
});

describe('CreateUploadAttachedMedia', () => {
  const attach = (params: Params, keys = admin) => room.call(keys, 'CreateUploadAttachedMedia', params);

  test('makes one and grants the upload of its one file', async () => {
    const answer = await attach({
      BusinessType: 'subtitle',
      FileName: 'film.SRT',
      FileSize: '9',
      CateIds: '1,-2',
      Tags: 'a,b',
    });
    const { MediaId } = answer.body;
    const url = `http://sluice-uploads.oss.localhost:8401/media/${MediaId}/source.srt`;
    expect([answer.status, answer.body]).toEqual([
      200,
      {
        RequestId: expect.any(String),
        MediaId: expect.stringMatching(/^[0-9a-f]{32}$/),
        MediaURL: url,
        FileURL: url,
        UploadAddress: expect.any(String),
        UploadAuth: expect.any(String),
      },
    ]);
    const { AccessKeyId, SecurityToken } = uploadAuthOf(answer);
    expect(await room.credentials.lookup(AccessKeyId, SecurityToken)).toMatchObject({
      ok: true,
      principal: { kind: 'upload-grant', key: `media/${MediaId}/source.srt` },
    });
    expect(await room.media.find(String(MediaId))).toMatchObject({
      kind: 'attached',
      owner: 'user:admin',
      title: 'film',
      image_type: 'subtitle',
      cate_id: '1,-2',
      size: 9,
    });
    // It is no video.
    expect(await code('GetVideoInfo', { VideoId: String(MediaId) })).toEqual([404, 'InvalidVideo.NotFound']);
    expect(await code('RefreshUploadVideo', { VideoId: String(MediaId) })).toEqual([404, 'InvalidVideo.NotFound']);
  });

  test('believes MediaExt before the file name', async () => {
    const { status, body } = await attach({ BusinessType: 'watermark', MediaExt: 'PNG', FileName: 'logo.exe' });
    expect([status, body.FileURL]).toEqual([200, expect.stringMatching(/\/source\.png$/)]);
  });

  test.each([
    [{}, 'MissingParameter'],
    [{ BusinessType: 'subtitle' }, 'MissingParameter'],
    [{ BusinessType: 'subtitle', MediaExt: 'png' }, 'InvalidParameter'],
    [{ BusinessType: 'watermark', MediaExt: '../x' }, 'InvalidParameter'],
    [{ BusinessType: 'movie', MediaExt: 'png' }, 'InvalidParameter'],
    [{ BusinessType: 'material', FileName: 'a.exe' }, 'InvalidParameter'],
    [{ BusinessType: 'material', MediaExt: 'zip', CateIds: '1,2,3,4,5,6' }, 'InvalidParameter'],
    [{ BusinessType: 'material', MediaExt: 'zip', Title: 'x'.repeat(129) }, 'LengthExceededMax'],
  ])('refuses %o', async (params: Params, refusal) => {
    const { status, body } = await attach(params);
    expect([status, body.Code]).toEqual([400, refusal]);
  });

  test('asks for leave of its own: AliyunVODUploadAuth does not have it', async () => {
    const uploader = await room.user('uploader', allow(['vod:CreateUploadVideo', 'vod:CreateUploadImage']));
    const { status, body } = await attach({ BusinessType: 'subtitle', MediaExt: 'srt' }, uploader);
    expect([status, body.Code]).toEqual([403, 'Forbidden']);
  });
});

describe('GetAttachedMediaInfo and DeleteAttachedMedia', () => {
  const attach = async (params: Params = {}) =>
    String(
      (await room.call(admin, 'CreateUploadAttachedMedia', { BusinessType: 'material', MediaExt: 'zip', ...params }))
        .body.MediaId,
    );

  test('tell of several, and delete them', async () => {
    const [MediaId, other] = [await attach({ Title: 'T', CateIds: '1,-2' }), await attach()];
    const shown = await room.call(admin, 'GetAttachedMediaInfo', { MediaIds: `${MediaId},${NOBODY}` });
    const now = formatIso(room.clock.now());
    expect(shown.body).toEqual({
      RequestId: expect.any(String),
      AttachedMediaList: [
        {
          MediaId,
          Type: 'material',
          Title: 'T',
          Description: '',
          Tags: '',
          Categories: [{ CateId: 1 }, { CateId: -2 }],
          Status: 'Uploading',
          URL: `http://sluice-uploads.oss.localhost:8401/media/${MediaId}/source.zip`,
          StorageLocation: 'sluice-uploads.oss.localhost',
          AppId: 'app-1000000',
          CreationTime: now,
          ModificationTime: now,
        },
      ],
      NonExistMediaIds: [NOBODY],
    });
    const video = await make();
    const { body } = await room.call(admin, 'DeleteAttachedMedia', { MediaIds: `${MediaId},${other},${video}` });
    expect(body).toEqual({ RequestId: expect.any(String), NonExistMediaIds: [video] });
    const left = await room.call(admin, 'GetAttachedMediaInfo', { MediaIds: `${MediaId},${other}` });
    expect(left.body).toMatchObject({ AttachedMediaList: [], NonExistMediaIds: [MediaId, other] });
    expect(await code('GetVideoInfo', { VideoId: video })).toBe(200);
  });

  test('ask for leave, for each', async () => {
    const MediaIds = await attach();
    const reader = await room.user('attached-reader', allow('vod:Get*'));
    expect(await code('GetAttachedMediaInfo', { MediaIds }, reader)).toBe(200);
    expect(await code('DeleteAttachedMedia', { MediaIds }, reader)).toEqual([403, 'Forbidden']);
    expect(await code('DeleteAttachedMedia', {})).toEqual([400, 'MissingParameter']);
  });
});

describe('DeleteImage', () => {
  const image = async () =>
    String((await room.call(admin, 'CreateUploadImage', { ImageType: 'default' })).body.ImageId);
  const byId = (...ids: readonly string[]) => ({ DeleteImageType: 'ImageId', ImageIds: ids.join(',') });

  test('deletes images with the grants to upload them, and no video', async () => {
    const created = await room.call(admin, 'CreateUploadImage', { ImageType: 'default' });
    const [ImageId, other, video] = [String(created.body.ImageId), await image(), await make()];
    const { AccessKeyId, SecurityToken } = uploadAuthOf(created);
    expect(await code('DeleteImage', byId(ImageId, other, video, NOBODY))).toBe(200);
    for (const id of [ImageId, other])
      expect(await code('GetImageInfo', { ImageId: id })).toEqual([404, 'NoSuchResource']);
    expect(await room.credentials.lookup(AccessKeyId, SecurityToken)).toEqual({ ok: false, failure: 'revoked-token' });
    expect(await code('GetVideoInfo', { VideoId: video })).toBe(200);
    expect(await code('DeleteImage', byId(ImageId))).toEqual([404, 'NoSuchResource']);
  });

  test('deletes nothing when one of them is out of reach', async () => {
    const dora = await room.user('dora', allow('vod:*', 'acs:vod:*:*:media/user:dora/*'));
    const own = String((await room.call(dora, 'CreateUploadImage', { ImageType: 'default' })).body.ImageId);
    expect(await code('DeleteImage', byId(own, await image()), dora)).toEqual([403, 'Forbidden']);
    expect(await code('GetImageInfo', { ImageId: own }, dora)).toBe(200);
    expect(await code('DeleteImage', byId(own), dora)).toBe(200);
  });

  test('goes by id alone', async () => {
    for (const DeleteImageType of ['ImageURL', 'VideoId', 'x'])
      expect(await code('DeleteImage', { ...byId(await image()), DeleteImageType })).toEqual([400, 'InvalidParameter']);
    expect(await code('DeleteImage', { DeleteImageType: 'ImageId' })).toEqual([400, 'MissingParameter']);
    expect(await code('DeleteImage', {})).toEqual([400, 'MissingParameter']);
  });
});
