/** What each credential opens, tried from outside, on the running product. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeUploadAddress, decodeUploadAuth } from '@sluice/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  assumeUploadRole,
  callApi,
  callOss,
  callSts,
  callVod,
  type Keys,
  openOss,
  requestToken,
} from './support/api.js';
import { type ServerProcess, startServer } from './support/server.js';
import { storedMedia } from './support/stored.js';

let server: ServerProcess;
const body = randomBytes(1000);

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.stop());

async function createVideo(
  keys?: Keys,
): Promise<{ videoId: string; bucket: string; key: string; grant: Required<Keys> }> {
  const answer = await (keys
    ? callApi(server.api, keys, '2017-03-21', 'CreateUploadVideo', { Title: 't', FileName: 'a.mp4' })
    : callVod(server, 'CreateUploadVideo', { Title: 't', FileName: 'a.mp4' }));
  const { VideoId, UploadAddress, UploadAuth } = answer.body as Record<string, string>;
  const address = decodeUploadAddress(UploadAddress as string);
  const auth = decodeUploadAuth(UploadAuth as string);
  if (!address || !auth) throw new Error('UploadAddress or UploadAuth do not decode');
  return {
    videoId: VideoId as string,
    bucket: address.Bucket,
    key: address.FileName,
    grant: {
      accessKeyId: auth.AccessKeyId,
      accessKeySecret: auth.AccessKeySecret,
      securityToken: auth.SecurityToken,
    },
  };
}

const status = async (...call: Parameters<typeof callOss>): Promise<[number, string]> => {
  const answer = await callOss(...call);
  return [answer.status, /<Code>([^<]+)/.exec(answer.body.toString())?.[1] ?? ''];
};
const denied = [403, 'AccessDenied'];

describe('an UploadAuth', () => {
  test('writes its one object and nothing else', async () => {
    const { bucket, key, grant } = await createVideo();
    const other = await createVideo();
    expect(await status(server, grant, 'PUT', bucket, key, { body })).toEqual([200, '']);
    for (const foreign of [other.key, `${key}x`, key.slice(0, -1), key.replace('source', '*'), `users/e2e/${key}`]) {
      expect(await status(server, grant, 'PUT', bucket, foreign, { body })).toEqual(denied);
      expect(await status(server, grant, 'POST', bucket, foreign, { query: [['uploads', '']] })).toEqual(denied);
    }
    expect(await status(server, grant, 'GET', bucket, key)).toEqual(denied);
    expect(await status(server, grant, 'DELETE', bucket, key)).toEqual(denied);
  });

  test('is nobody on the control plane', async () => {
    const { videoId, grant } = await createVideo();
    const calls = [
      ['2015-04-01', 'GetCallerIdentity', {}],
      ['2015-04-01', 'AssumeRole', { RoleArn: server.credentials.uploadRoleArn, RoleSessionName: 'x1' }],
      ['2017-03-21', 'CreateUploadVideo', { Title: 't', FileName: 'a.mp4' }],
      ['2017-03-21', 'RefreshUploadVideo', { VideoId: videoId }],
      ['2017-03-21', 'GetVideoInfo', { VideoId: videoId }],
      ['2017-03-21', 'DeleteVideo', { VideoIds: videoId }],
    ] as const;
    for (const [version, action, params] of calls) {
      expect([action, (await callApi(server.api, grant, version, action, params)).status]).toEqual([action, 403]);
    }
  });

  test('dies with its media', async () => {
    const { videoId, bucket, key, grant } = await createVideo();
    expect((await callVod(server, 'DeleteVideo', { VideoIds: videoId })).status).toBe(200);
    const [code] = await status(server, grant, 'PUT', bucket, key, { body });
    expect(code).toBe(403);
    expect((await callVod(server, 'GetVideoInfo', { VideoId: videoId })).body).toMatchObject({
      Code: 'InvalidVideo.NotFound',
    });
  });
});

test('a media that is deleted while its file arrives leaves no file behind', async () => {
  const { videoId, bucket, key, grant } = await createVideo();
  const half = randomBytes(50_000);
  const { request, answered } = openOss(server, grant, 'PUT', bucket, key, { length: 2 * half.length });
  request.write(half);
  await sleep(200);
  expect((await callVod(server, 'DeleteVideo', { VideoIds: videoId })).status).toBe(200);
  request.end(half);
  expect((await answered).status).toBe(403);
  await expect(storedMedia(server, videoId)).rejects.toThrow('no object is stored');
});

describe('a token of the built-in AppServer', () => {
  test('opens the folder of its user and the media its user made', async () => {
    const mine = await requestToken(server);
    const theirs = await assumeUploadRole(server, { RoleSessionName: 'somebody-else' });
    const { bucket } = server.credentials;
    expect(await status(server, mine, 'PUT', bucket, 'users/local/a.bin', { body })).toEqual([200, '']);
    expect(await status(server, mine, 'PUT', bucket, 'users/locals/a.bin', { body })).toEqual(denied);
    expect(await status(server, mine, 'PUT', bucket, 'users/local/../x/a.bin', { body })).toEqual([200, '']);
    expect(await status(server, theirs, 'GET', bucket, 'users/x/a.bin')).toEqual([404, 'NoSuchKey']);
    expect(await status(server, mine, 'GET', bucket, 'users/local/a.bin')).toEqual(denied);

    const own = await createVideo(mine);
    const foreign = await createVideo(theirs);
    const refresh = (keys: Keys, VideoId: string) =>
      callApi(server.api, keys, '2017-03-21', 'RefreshUploadVideo', { VideoId });
    expect((await refresh(mine, own.videoId)).status).toBe(200);
    const refused = await refresh(mine, foreign.videoId);
    expect([refused.status, refused.body.Code]).toEqual([403, 'Forbidden']);
    expect(refused.body.AccessDeniedDetail).toMatchObject({
      NoPermissionType: 'ImplicitDeny',
      PolicyType: 'SessionPolicy',
    });
  });
});

describe('the AppServer user', () => {
  test('has no way to the bytes, and may assume its role only through STS', async () => {
    const { bucket, appServer } = server.credentials;
    expect(await status(server, appServer, 'PUT', bucket, 'a.bin', { body })).toEqual(denied);
    expect((await callSts(server, 'GetCallerIdentity')).body).toMatchObject({ IdentityType: 'RAMUser' });
  });
});

describe('tokens that were tampered with', () => {
  test('one bit, another key, none at all', async () => {
    const a = await assumeUploadRole(server);
    const b = await assumeUploadRole(server);
    const flipped = `${a.securityToken.slice(0, 60)}${a.securityToken[60] === 'A' ? 'B' : 'A'}${a.securityToken.slice(61)}`;
    const identity = async (keys: Keys) =>
      (await callApi(server.api, keys, '2015-04-01', 'GetCallerIdentity')).body.Code;
    expect(await identity({ ...a, securityToken: flipped })).toBe('InvalidSecurityToken.Malformed');
    expect(await identity({ ...a, securityToken: b.securityToken })).toBe('InvalidSecurityToken.MismatchWithAccessKey');
    const { securityToken: _, ...bare } = a;
    expect(await identity(bare)).toBe('MissingSecurityToken');
    expect(await identity({ ...a, accessKeySecret: b.accessKeySecret })).toBe('SignatureDoesNotMatch');

    const { bucket } = server.credentials;
    expect(await status(server, { ...a, securityToken: flipped }, 'PUT', bucket, 'k', { body })).toEqual([
      403,
      'InvalidSecurityToken',
    ]);
    const mixed = await status(server, { ...a, securityToken: b.securityToken }, 'PUT', bucket, 'k', { body });
    expect(mixed).toEqual([403, 'AccessKeyIdAndSecurityTokenNotMatch']);
    expect(await status(server, bare, 'PUT', bucket, 'k', { body })).toEqual([403, 'InvalidAccessKeyId']);
  });
});
