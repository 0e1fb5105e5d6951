import { describe, expect, it } from 'vitest';
import { json } from '../../testing/native-answers.js';
import { nativeWorld } from '../../testing/native-world.js';
import { VODClientException } from './errors.js';
import { VodSessionCreateInfoBuilder } from './session-create-info.js';
import { VODSVideoUploadClientImpl, VODUploadSVideoClient } from './svideo-client.js';

const PART = 102_400;

function shortVideo(options: Parameters<typeof nativeWorld>[0] = {}) {
  const world = nativeWorld(options);
  world.cloud.intercept = (call) =>
    call.operation === 'CreateUploadImage' && call.params.get('ImageType') === 'cover'
      ? json({ ...world.cloud.grant('image', 'cover.jpg'), ImageURL: 'http://img.test/cover.jpg' })
      : undefined;
  const setup = { files: world.device.port, endpoint: 'http://vod.test' };
  const imagePath = world.file(5000, 'cover.jpg');
  const videoPath = world.file(4 * PART, 'clip.mp4');
  const token = () => world.cloud.issueToken();
  const info = () => {
    const { accessKeyId, accessKeySecret, securityToken, expiration } = token();
    return new VodSessionCreateInfoBuilder()
      .setImagePath(imagePath)
      .setVideoPath(videoPath)
      .setAccessKeyId(accessKeyId)
      .setAccessKeySecret(accessKeySecret)
      .setSecurityToken(securityToken)
      .setExpriedTime(expiration)
      .setSvideoInfo({ title: 'Clip', desc: 'short', tags: ['a'], cateId: 7 })
      .setPartSize(PART)
      .setIsTranscode(false)
      .setWorkFlowId('flow');
  };
  return { world, setup, info, token, imagePath, videoPath };
}

describe('VODSVideoUploadClientImpl', () => {
  it('uploads the image, then the video with its address as CoverURL, and counts the bytes of both', async () => {
    const { world, setup, info } = shortVideo();
    const client = new VODSVideoUploadClientImpl(setup, world.native);
    client.init();
    client.setReportEnabled(false);
    const progress: [number, number][] = [];
    const ended = new Promise<string>((resolve) => {
      client.uploadWithVideoAndImg(info().build(), {
        onUploadSucceed: (videoId, imageUrl) => resolve(`${videoId} ${imageUrl}`),
        onUploadFailed: (code, message) => resolve(`failed ${code} ${message}`),
        onUploadProgress: (uploaded, total) => progress.push([uploaded, total]),
      });
    });
    expect(await world.clock.resolve(ended)).toMatch(/^video\d+ http:\/\/img\.test\/cover\.jpg$/);
    const [image, , video] = world.cloud.calls;
    expect(image?.params.get('Action')).toBe('CreateUploadImage');
    expect(Object.fromEntries(video?.params ?? [])).toMatchObject({
      Action: 'CreateUploadVideo',
      Title: 'Clip',
      CoverURL: 'http://img.test/cover.jpg',
      WorkflowId: 'flow',
      CateId: '7',
      TranscodeMode: 'NoTranscode',
    });
    expect(progress.at(-1)).toEqual([5000 + 4 * PART, 5000 + 4 * PART]);
    expect(world.cloud.count('UploadPart')).toBe(4);
  });

  it('goes on with refreshSTSToken, also when the token ends between image and video', async () => {
    const { world, setup, info, token } = shortVideo({ tokenLife: 100_000, authLife: 60_000 });
    world.http.latency = () => 30_000;
    const client = new VODSVideoUploadClientImpl(setup, world.native);
    let expired = 0;
    const ended = new Promise<string>((resolve) => {
      client.uploadWithVideoAndImg(info().build(), {
        onUploadSucceed: resolve,
        onUploadFailed: (code, message) => resolve(`failed ${code} ${message}`),
        onSTSTokenExpried: () => {
          expired++;
          const { accessKeyId, accessKeySecret, securityToken, expiration } = token();
          client.refreshSTSToken(accessKeyId, accessKeySecret, securityToken, expiration);
        },
      });
    });
    expect(await world.clock.resolve(ended)).toMatch(/^video/);
    expect(expired).toBeGreaterThan(0);
    expect(world.cloud.count('CreateUploadVideo')).toBe(1);
    expect([...world.cloud.acknowledged().values()].every((count) => count === 1)).toBe(true);
  });

  it('tells a failure of the image, and does not begin with the video', async () => {
    const { world, setup, info } = shortVideo();
    world.device.files.delete('file:///data/cover.jpg');
    const client = new VODSVideoUploadClientImpl(setup, world.native);
    const ended = new Promise<string>((resolve) => {
      client.uploadWithVideoAndImg(info().build(), { onUploadFailed: resolve });
    });
    expect(await world.clock.resolve(ended)).toBe('FileNotExist');
    await world.clock.advance(60_000);
    expect(world.cloud.calls).toEqual([]);
  });

  it('cancels, pauses and refuses what is empty', async () => {
    const { world, setup, info } = shortVideo();
    const client = new VODSVideoUploadClientImpl(setup, world.native);
    expect(() => client.uploadWithVideoAndImg(info().setImagePath('').build(), {})).toThrow(VODClientException);
    expect(() => client.refreshSTSToken('', 'b', 'c', 'd')).toThrow(VODClientException);
    const heard: string[] = [];
    client.uploadWithVideoAndImg(info().build(), { onUploadSucceed: () => heard.push('succeeded') });
    client.pause();
    await world.clock.advance(60_000);
    expect(heard).toEqual([]);
    client.resume();
    await world.clock.advance(50);
    client.cancel();
    await world.clock.advance(60_000);
    expect(heard).toEqual([]);
  });
});

describe('VODUploadSVideoClient', () => {
  it('tells its delegate what iOS tells', async () => {
    const { world, setup, token, imagePath, videoPath } = shortVideo();
    const client = new VODUploadSVideoClient(setup, world.native);
    const { accessKeyId, accessKeySecret, securityToken } = token();
    const ended = new Promise<unknown>((resolve) => {
      client.delegate = {
        uploadSuccessWithResult: resolve,
        uploadFailedWithCode: (code, message) => resolve(`${code} ${message}`),
      };
    });
    const begun = client.uploadWithVideoPath(
      videoPath,
      imagePath,
      { title: 'Clip', tags: 'a,b' },
      accessKeyId,
      accessKeySecret,
      securityToken,
    );
    expect(begun).toBe(true);
    expect(await world.clock.resolve(ended)).toMatchObject({ imageUrl: 'http://img.test/cover.jpg' });
    const failures: string[] = [];
    client.delegate = { uploadFailedWithCode: (code) => failures.push(code) };
    expect(client.uploadWithVideoPath('', imagePath, {}, accessKeyId, accessKeySecret, securityToken)).toBe(false);
    expect(failures).toEqual(['MissingArgument']);
  });
});
