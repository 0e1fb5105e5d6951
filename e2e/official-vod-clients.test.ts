/** VOD as back ends call it: with the official clients as they are, on a running server. */
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Keys } from './support/api.js';
import { installWithRootKey } from './support/root-key.js';
import { type ServerProcess, startServer, temporaryDirectory } from './support/server.js';

// The clients are CommonJS, and not all of their types survive being imported from a module.
const require = createRequire(import.meta.url);
const OSS = require('ali-oss');
const Rpc = require('@alicloud/pop-core');
const { default: OpenApi, $OpenApiUtil } = require('@alicloud/openapi-core');

const AUTH_KEY = 'Key123456';
let data: string;
let server: ServerProcess;
let keys: Keys;
let receiver: Server;
let callbackUrl: string;
const received: { readonly headers: IncomingHttpHeaders; readonly event: Record<string, unknown> }[] = [];

beforeAll(async () => {
  data = await temporaryDirectory();
  keys = (await installWithRootKey(data)).keys;
  receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    received.push({ headers: request.headers, event: JSON.parse(Buffer.concat(chunks).toString()) });
    response.end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  callbackUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/vod?x=%2F1`;
  server = await startServer({ data, args: ['--callback-url', callbackUrl, '--callback-auth-key', AUTH_KEY] });
});
afterAll(async () => {
  await server?.stop();
  receiver?.closeAllConnections();
  receiver?.close();
  await rm(data, { recursive: true, force: true });
});

type Params = Readonly<Record<string, unknown>>;
// biome-ignore lint/suspicious/noExplicitAny: what an operation answers is looked at member by member
type Answer = any;
type Vod = (action: string, params?: Params) => Promise<Answer>;

/** The client below every generated one (`@alicloud/vod20170321` and its siblings), which signs with ACS3. */
const openApi =
  (method: string, where: 'query' | 'body', authType = 'AK', version = '2017-03-21'): Vod =>
  async (action, params = {}) => {
    const client = new OpenApi(
      new $OpenApiUtil.Config({ ...keys, endpoint: `127.0.0.1:${server.apiPort}`, protocol: 'HTTP' }),
    );
    const call = new $OpenApiUtil.Params({
      action,
      version,
      protocol: 'HTTP',
      pathname: '/',
      method,
      authType,
      style: 'RPC',
      reqBodyType: 'formData',
      bodyType: 'json',
    });
    const request = new $OpenApiUtil.OpenApiRequest({ [where]: params });
    return (await client.callApi(call, request, {})).body;
  };
const popCore =
  (method: string): Vod =>
  (action, params = {}) =>
    new Rpc({ ...keys, endpoint: server.api, apiVersion: '2017-03-21' }).request(action, params, { method });

const clients: readonly (readonly [string, Vod])[] = [
  ['@alicloud/openapi-core, POST with a query', openApi('POST', 'query')],
  ['@alicloud/openapi-core, POST with a form', openApi('POST', 'body')],
  ['@alicloud/openapi-core, GET', openApi('GET', 'query')],
  ['@alicloud/pop-core, GET', popCore('GET')],
  ['@alicloud/pop-core, POST', popCore('POST')],
];

async function upload({ UploadAddress, UploadAuth }: Answer, content: string): Promise<void> {
  const read = (text: string) => JSON.parse(Buffer.from(text, 'base64').toString());
  const [address, auth] = [read(UploadAddress), read(UploadAuth)];
  const oss = new OSS({
    accessKeyId: auth.AccessKeyId,
    accessKeySecret: auth.AccessKeySecret,
    stsToken: auth.SecurityToken,
    bucket: address.Bucket,
    endpoint: server.oss,
  });
  await oss.put(address.FileName, Buffer.from(content));
}

/** The event of a media, its signature checked the way the documents of the service tell receivers to. */
async function eventOf(mediaId: string): Promise<Record<string, unknown>> {
  const found = await vi.waitFor(
    () => {
      const one = received.find(({ event }) => Object.values(event).includes(mediaId));
      if (!one) throw new Error('no event yet');
      return one;
    },
    { timeout: 10_000, interval: 20 },
  );
  const timestamp = String(found.headers['x-vod-timestamp']);
  expect(timestamp).toMatch(/^\d{10}$/);
  const expected = createHash('md5').update(`${callbackUrl}|${timestamp}|${AUTH_KEY}`).digest('hex');
  expect(found.headers['x-vod-signature']).toBe(expected);
  return found.event;
}

describe.each(clients)('VOD with %s', (_name, vod) => {
  test('takes a video from its creation to its end', async () => {
    const created = await vod('CreateUploadVideo', {
      Title: "ü 中 ~*'()!+a&b",
      FileName: 'C:\\films\\中 1.MP4',
      FileSize: 5,
      CateId: 7,
      Tags: 'a,b',
      UserData: JSON.stringify({ Extend: { order: 1 } }),
    });
    const VideoId = created.VideoId;
    const mezzanine = async () => (await vod('GetMezzanineInfo', { VideoId })).Mezzanine;
    expect(await mezzanine()).toMatchObject({ Status: 'Uploading', Size: 5 });
    await upload(await vod('RefreshUploadVideo', { VideoId }), 'hello!');
    expect(await eventOf(VideoId)).toEqual({
      Status: 'success',
      EventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      EventType: 'FileUploadComplete',
      VideoId,
      Size: 6,
      FileUrl: expect.stringContaining(VideoId),
      Extend: '{"order":1}',
    });
    expect(await mezzanine()).toMatchObject({ Status: 'Normal', Size: 6, OutputType: 'oss', VideoStreamList: [] });
    await vod('UpdateVideoInfo', { VideoId, Title: 'of late', CateId: -1 });
    const { Video } = await vod('GetVideoInfo', { VideoId });
    expect(Video).toMatchObject({ Title: 'of late', CateId: -1, Tags: 'a,b', Size: 6, Snapshots: { Snapshot: [] } });
    const both = await vod('GetVideoInfos', { VideoIds: `${VideoId},${'0'.repeat(32)}` });
    expect(both).toMatchObject({ VideoList: [{ VideoId, Snapshots: [] }], NonExistVideoIds: ['0'.repeat(32)] });
    expect(await vod('DeleteVideo', { VideoIds: VideoId })).toMatchObject({ NonExistVideoIds: [] });
    await expect(vod('GetVideoInfo', { VideoId })).rejects.toMatchObject({
      code: 'InvalidVideo.NotFound',
      data: { RequestId: expect.any(String), HostId: expect.any(String), Recommend: expect.any(String) },
    });
  });

  test('takes an image and a subtitle from their creation to their end', async () => {
    const image = await vod('CreateUploadImage', { ImageType: 'cover', OriginalFileName: 'a.JPG', Title: 'T' });
    const subtitle = await vod('CreateUploadAttachedMedia', { BusinessType: 'subtitle', MediaExt: 'srt', Title: 'S' });
    await Promise.all([upload(image, 'jpg'), upload(subtitle, '1')]);
    const { ImageId } = image;
    expect(await eventOf(ImageId)).toMatchObject({ EventType: 'ImageUploadComplete', Size: 3, FileURL: image.FileURL });
    expect(await eventOf(subtitle.MediaId)).toMatchObject({
      EventType: 'AttachedMediaUploadComplete',
      AttachedMediaId: subtitle.MediaId,
      FileURL: subtitle.FileURL,
    });
    expect((await vod('GetImageInfo', { ImageId })).ImageInfo).toMatchObject({
      Title: 'T',
      Mezzanine: { OriginalFileName: 'a.JPG', FileSize: '3' },
    });
    const { AttachedMediaList } = await vod('GetAttachedMediaInfo', { MediaIds: subtitle.MediaId });
    expect(AttachedMediaList).toMatchObject([{ MediaId: subtitle.MediaId, Type: 'subtitle', Title: 'S' }]);
    await vod('DeleteImage', { DeleteImageType: 'ImageId', ImageIds: ImageId });
    await vod('DeleteAttachedMedia', { MediaIds: subtitle.MediaId });
    await expect(vod('GetImageInfo', { ImageId })).rejects.toMatchObject({ code: 'NoSuchResource' });
  });

  test.each(['GetVideoList', 'SearchMedia', 'GetPlayInfo', 'UploadMediaByURL', 'GetURLUploadInfos'])(
    'is told that there is no %s',
    async (action) => {
      await expect(vod(action, { VideoId: 'x' })).rejects.toMatchObject({
        code: 'InvalidAction.NotFound',
        data: { RequestId: expect.any(String), Code: 'InvalidAction.NotFound', Message: expect.any(String) },
      });
    },
  );
});

test('a call that @alicloud/openapi-core sends without a signature names its action in headers', async () => {
  const identity = openApi('POST', 'query', 'Anonymous', '2015-04-01');
  await expect(identity('AssumeRoleWithOIDC', { RoleArn: server.credentials.uploadRoleArn })).rejects.toMatchObject({
    code: 'MissingParameter.RoleSessionName',
  });
});
