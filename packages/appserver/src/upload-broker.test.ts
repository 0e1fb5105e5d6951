import { type Pair, parseQuery, verifyRpc } from '@sluice/wire';
import { nodeDigests } from '@sluice/wire/node';
import { describe, expect, test } from 'vitest';
import { scriptedTransport } from './testing/scripted.js';
import type { TransportAnswer } from './transport.js';
import { createUploadBroker, type UploadBrokerOptions } from './upload-broker.js';
import { VodError } from './upstream-error.js';

const GRANT = {
  RequestId: 'R',
  VideoId: 'v1',
  UploadAddress: 'YWRkcmVzcw==',
  UploadAuth: 'YXV0aA==',
  Extra: { kept: [1] },
};

function setUp(answer: TransportAnswer = { status: 200, body: JSON.stringify(GRANT) }) {
  const far = scriptedTransport(answer);
  const broker = createUploadBroker({
    endpoint: 'http://vod.example.com',
    transport: far.transport,
    credentials: async (user) => ({
      accessKeyId: `STS.${user}`,
      accessKeySecret: `secret of ${user}`,
      securityToken: `token/+= of ${user}`,
      expiration: '2026-01-01T01:00:00Z',
    }),
  });
  return { ...far, broker };
}

describe('the upload broker', () => {
  test('is not made with a vendor in place of its function', () => {
    const options = { endpoint: 'http://vod.example.com', credentials: { token: async () => ({}) } };
    expect(() => createUploadBroker(options as unknown as UploadBrokerOptions)).toThrow(
      'credentials must be a function',
    );
  });

  test('creates a video, signed with the user’s own token', async () => {
    const { broker, sent, params } = setUp();
    const grant = await broker.create('alice', {
      title: 'Holiday & more',
      fileName: 'a b.mp4',
      fileSize: 7,
      description: '',
      tags: ['x', 'y'],
      coverUrl: 'https://e.com/c.png',
      cateId: 3,
      userData: { Extend: { k: 1 } },
    });
    expect(grant).toEqual(GRANT);
    expect(Object.fromEntries(params())).toMatchObject({
      Action: 'CreateUploadVideo',
      Version: '2017-03-21',
      AccessKeyId: 'STS.alice',
      SecurityToken: 'token/+= of alice',
      Title: 'Holiday & more',
      FileName: 'a b.mp4',
      FileSize: '7',
      Tags: 'x,y',
      CoverURL: 'https://e.com/c.png',
      CateId: '3',
      UserData: '{"Extend":{"k":1}}',
    });
    expect(params().has('Description')).toBe(false);
    const pairs = parseQuery(sent[0]?.body ?? '', 'space') as Pair[];
    expect(verifyRpc(nodeDigests, 'secret of alice', 'POST', pairs, params().get('Signature') ?? '')).toBe(true);
  });

  test('creates an image', async () => {
    const { broker, params } = setUp();
    await broker.createImage('alice', { imageExt: 'jpg', originalFileName: 'a.jpg' });
    expect(Object.fromEntries(params())).toMatchObject({
      Action: 'CreateUploadImage',
      ImageType: 'default',
      ImageExt: 'jpg',
      OriginalFileName: 'a.jpg',
    });
  });

  test('refreshes a video', async () => {
    const { broker, params } = setUp();
    await broker.refresh('bob', 'v1');
    expect(Object.fromEntries(params())).toMatchObject({
      Action: 'RefreshUploadVideo',
      VideoId: 'v1',
      AccessKeyId: 'STS.bob',
    });
  });

  test('fails with VodError, without the user’s secrets', async () => {
    const body = JSON.stringify({
      Code: 'InvalidVideo.NotFound',
      Message: 'no such video, token/+= of bob',
      RequestId: 'Q',
    });
    const error: unknown = await setUp({ status: 404, body })
      .broker.refresh('bob', 'v1')
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(VodError);
    expect(error).toMatchObject({ code: 'InvalidVideo.NotFound', status: 404, requestId: 'Q' });
    expect((error as VodError).message).toBe('InvalidVideo.NotFound: no such video, [redacted]');
  });
});
