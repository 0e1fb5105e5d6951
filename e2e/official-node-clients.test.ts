import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assumeUploadRole } from './support/api.js';
import { runCommand } from './support/command.js';
import { sha256, sha256File, writeSample } from './support/files.js';
import { type ServerProcess, startServer, temporaryDirectory } from './support/server.js';

// The clients are CommonJS, and not all of their types survive being imported from a module.
const require = createRequire(import.meta.url);
const OSS = require('ali-oss');
const Rpc = require('@alicloud/pop-core');
const { $OpenApiUtil } = require('@alicloud/openapi-core');
const { default: Sts20150401, AssumeRoleRequest } = require('@alicloud/sts20150401');

let server: ServerProcess;
let directory: string;

beforeAll(async () => {
  [server, directory] = await Promise.all([startServer(), temporaryDirectory()]);
});
afterAll(async () => {
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});

describe('STS with the official clients, unmodified', () => {
  test('@alicloud/sts20150401 (ACS3) assumes the role and asks who it is', async () => {
    const { accessKeyId, accessKeySecret } = server.credentials.appServer;
    const client = new Sts20150401(
      new $OpenApiUtil.Config({
        accessKeyId,
        accessKeySecret,
        endpoint: `127.0.0.1:${server.apiPort}`,
        protocol: 'HTTP',
      }),
    );
    const answer = await client.assumeRole(
      new AssumeRoleRequest({
        roleArn: server.credentials.uploadRoleArn,
        roleSessionName: 'official-acs3',
        durationSeconds: 900,
        policy: JSON.stringify({ Version: '1', Statement: [{ Effect: 'Allow', Action: 'oss:*', Resource: '*' }] }),
      }),
    );
    expect(answer.statusCode).toBe(200);
    expect(answer.body?.credentials?.accessKeyId).toMatch(/^STS\./);
    expect(answer.body?.assumedRoleUser?.arn).toBe(`${server.credentials.uploadRoleArn}/official-acs3`);
    const life = Date.parse(answer.body?.credentials?.expiration ?? '') - Date.now();
    expect(life).toBeGreaterThan(880_000);
    expect(life).toBeLessThanOrEqual(900_000);
    const identity = await client.getCallerIdentity();
    expect(identity.body?.identityType).toBe('RAMUser');
    expect(identity.body?.accountId).toBe(server.credentials.accountId);
  });

  test.each(['GET', 'POST'])('@alicloud/pop-core (RPC, %s) assumes the role', async (method) => {
    const client = new Rpc({
      ...server.credentials.appServer,
      endpoint: server.api,
      apiVersion: '2015-04-01',
    });
    const answer = await client.request(
      'AssumeRole',
      {
        RoleArn: server.credentials.uploadRoleArn,
        RoleSessionName: 'pop.core@1',
        Policy:
          '{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:PutObject"],"Resource":["acs:oss:*:*:b/用户 1/~a+b(c)!*"]}]}',
      },
      { method },
    );
    expect(answer.Credentials.AccessKeyId).toMatch(/^STS\./);
  });

  test('pop-core is told the code of a refusal', async () => {
    const client = new Rpc({ ...server.credentials.appServer, endpoint: server.api, apiVersion: '2015-04-01' });
    const refused = client.request(
      'AssumeRole',
      { RoleArn: `acs:ram::${server.credentials.accountId}:role/none`, RoleSessionName: 'x1' },
      {},
    );
    await expect(refused).rejects.toMatchObject({ code: 'EntityNotExist.Role' });
  });

  test("ali-oss's STS class assumes the role", async () => {
    const sts = new OSS.STS({ ...server.credentials.appServer, endpoint: server.api });
    const { credentials } = await sts.assumeRole(server.credentials.uploadRoleArn, '', 1800, 'ali-oss');
    expect(credentials.AccessKeyId).toMatch(/^STS\./);
    expect(credentials.SecurityToken).not.toBe('');
  });
});

test('VOD with @alicloud/pop-core, unmodified: a back end makes, renews, looks up and deletes media', async () => {
  const vod = new Rpc({ ...server.credentials.appServer, endpoint: server.api, apiVersion: '2017-03-21' });
  const post = { method: 'POST' };
  const made = await vod.request('CreateUploadVideo', { Title: 'Talk', FileName: 'talk.mp4' }, post);
  expect(made).toMatchObject({ VideoId: expect.stringMatching(/^[0-9a-f]{32}$/), UploadAddress: expect.any(String) });
  const { VideoId } = made;
  expect(await vod.request('RefreshUploadVideo', { VideoId }, post)).toMatchObject({ VideoId });
  expect(await vod.request('GetVideoInfo', { VideoId }, post)).toMatchObject({ Video: { Status: 'Uploading' } });
  expect(await vod.request('CreateUploadImage', { ImageType: 'cover', ImageExt: 'png' }, post)).toMatchObject({
    ImageId: expect.any(String),
  });
  await vod.request('DeleteVideo', { VideoIds: VideoId }, post);
  await expect(vod.request('GetVideoInfo', { VideoId }, post)).rejects.toMatchObject({ code: 'InvalidVideo.NotFound' });
  await expect(vod.request('GetPlayInfo', { VideoId }, post)).rejects.toMatchObject({ code: 'InvalidAction.NotFound' });
});

test('a user with AliyunOSSReadOnlyAccess signs a URL with ali-oss that reads the file of a media', async () => {
  const file = join(directory, 'shown.mp4');
  await writeSample(file, 300_000, 9);
  const admin = join(directory, 'admin.json');
  const env = { SLUICE_ENDPOINT: server.api, SLUICE_CREDENTIALS: admin, SLUICE_STATE_DIR: directory };
  const sluice = async (...args: string[]): Promise<string> => {
    const { code, out, err } = await runCommand(args, env);
    expect([code, err]).toEqual([0, expect.any(String)]);
    return out;
  };
  const told = (await sluice('upload', '--json', file)).split('\n').map((line) => JSON.parse(line || '{}'));
  const { videoId } = told.find(({ event }) => event === 'done');
  await sluice('ram', 'bootstrap', '--data', server.data, '--out', admin);
  await sluice('ram', 'CreateUser', '--UserName', 'reader');
  const policy = ['--PolicyType', 'System', '--PolicyName', 'AliyunOSSReadOnlyAccess'];
  await sluice('ram', 'AttachPolicyToUser', '--UserName', 'reader', ...policy);
  const { AccessKey } = JSON.parse(await sluice('ram', 'CreateAccessKey', '--UserName', 'reader'));
  const client = new OSS({
    accessKeyId: AccessKey.AccessKeyId,
    accessKeySecret: AccessKey.AccessKeySecret,
    bucket: server.credentials.bucket,
    region: `oss-${server.credentials.region}`,
    endpoint: server.ossEndpoint,
    authorizationV4: true,
  });
  const url = await client.signatureUrlV4('GET', 600, undefined, `media/${videoId}/source.mp4`);
  await sluice('download', url, join(directory, 'back.mp4'));
  expect(await sha256File(join(directory, 'back.mp4'))).toBe(await sha256File(file));
});

describe.each([
  ['V1', false],
  ['V4', true],
])('ali-oss in Node with %s signatures and an STS token', (name, authorizationV4) => {
  async function client() {
    const token = await assumeUploadRole(server);
    return new OSS({
      accessKeyId: token.accessKeyId,
      accessKeySecret: token.accessKeySecret,
      stsToken: token.securityToken,
      bucket: server.credentials.bucket,
      region: `oss-${server.credentials.region}`,
      endpoint: server.oss,
      authorizationV4,
    });
  }

  test('puts, heads and gets an object', async () => {
    const oss = await client();
    const key = `clients/${name}/a b+c&d~用户/x!'()*.bin`;
    const data = randomBytes(70_000);
    await oss.put(key, data, { headers: { 'x-oss-meta-origin': 'test' } });
    const head = await oss.head(key);
    expect(head.res.headers['content-length']).toBe('70000');
    expect(head.meta).toEqual({ origin: 'test' });
    const got = await oss.get(key);
    expect(sha256(got.content)).toBe(sha256(data));
  });

  test('uploads in parts and stops and goes on from its checkpoint', async () => {
    const oss = await client();
    const key = `clients/${name}/parts.bin`;
    const file = join(directory, `parts-${name}.bin`);
    const expected = await writeSample(file, 7_300_000, 7);
    let checkpoint: { doneParts: readonly { number: number }[]; uploadId: string } | undefined;
    const stopped = oss.multipartUpload(key, file, {
      partSize: 1024 * 1024,
      parallel: 2,
      progress: async (_percent: number, saved: typeof checkpoint) => {
        checkpoint = saved;
        if ((saved?.doneParts.length ?? 0) >= 3) oss.cancel();
      },
    });
    await expect(stopped).rejects.toMatchObject({ name: 'cancel' });
    const done = checkpoint?.doneParts.map(({ number }) => number) ?? [];
    expect(done.length).toBeGreaterThanOrEqual(3);

    const again = await client();
    const result = await again.multipartUpload(key, file, { checkpoint });
    expect(result.res.status).toBe(200);
    await server.logged(({ operation, key: of }) => operation === 'CompleteMultipartUpload' && of === key);
    const sent = server.requests.filter(({ uploadId }) => uploadId === checkpoint?.uploadId);
    for (const number of done) expect(sent.filter(({ partNumber }) => partNumber === number)).toHaveLength(1);
    const copy = join(directory, `copy-${name}.bin`);
    await again.get(key, copy);
    expect(await sha256File(copy)).toBe(expected);
  });

  test('is refused what the role does not allow: deleting, and the files of media', async () => {
    const oss = await client();
    await expect(oss.put('media/0/source.mp4', Buffer.from('x'))).rejects.toMatchObject({
      status: 403,
      code: 'AccessDenied',
    });
    await expect(oss.delete(`clients/${name}/parts.bin`)).rejects.toMatchObject({ status: 403, code: 'AccessDenied' });
  });
});
