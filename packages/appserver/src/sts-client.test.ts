import { type Pair, parseQuery, verifyRpc } from '@sluice/wire';
import { nodeDigests } from '@sluice/wire/node';
import { describe, expect, test } from 'vitest';
import { createStsClient, type StsClientOptions } from './sts-client.js';
import { movableClock, scriptedTransport } from './testing/scripted.js';
import { type TransportAnswer, TransportError } from './transport.js';
import { StsError } from './upstream-error.js';

const SECRET = 'vendor-secret';
const CREDENTIALS = {
  AccessKeyId: 'STS.x',
  AccessKeySecret: 'temporary',
  SecurityToken: 'tok/+==',
  Expiration: '2026-01-01T01:00:00Z',
};
const OK = { status: 200, body: JSON.stringify({ RequestId: 'R', Credentials: CREDENTIALS }) };
const REQUEST = {
  roleArn: 'acs:ram::100:role/uploader',
  roleSessionName: 'u@1',
  durationSeconds: 900,
  policy: `{"x":"用户 1/~a+b(c)!'*"}`,
};

function setUp(answer: TransportAnswer | Error = OK) {
  const far = scriptedTransport(answer);
  const sts = createStsClient({
    endpoint: 'sts.example.com',
    accessKeyId: 'AK',
    accessKeySecret: SECRET,
    transport: far.transport,
    clock: movableClock(),
    nonce: () => 'nonce-1',
  });
  return { ...far, sts };
}

test.each([{ accessKeyId: undefined }, { accessKeySecret: '' }, { endpoint: undefined }])(
  '%o, as of a variable that is not set, is found when the client is made',
  (missing) => {
    const options = { endpoint: 'sts.example.com', accessKeyId: 'AK', accessKeySecret: SECRET, ...missing };
    expect(() => createStsClient(options as StsClientOptions)).toThrow(TypeError);
  },
);

async function failure(answer: TransportAnswer | Error): Promise<StsError> {
  const error: unknown = await setUp(answer)
    .sts.assumeRole(REQUEST)
    .catch((e: unknown) => e);
  if (error instanceof StsError) return error;
  throw new Error('assumeRole did not fail with StsError');
}

const refusal = (status: number, Code: string, Message: string, headers = {}) => ({
  status,
  headers,
  body: JSON.stringify({ RequestId: 'A1-B2', HostId: 'h', Code, Message }),
});

describe('AssumeRole goes out', () => {
  test('as a signed form that the verifier accepts', async () => {
    const { sts, sent, params } = setUp();
    await sts.assumeRole(REQUEST);
    expect(sent[0]).toMatchObject({
      method: 'POST',
      url: 'https://sts.example.com/',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    const { Signature, ...rest } = Object.fromEntries(params());
    expect(rest).toEqual({
      Action: 'AssumeRole',
      Version: '2015-04-01',
      Format: 'JSON',
      AccessKeyId: 'AK',
      SignatureMethod: 'HMAC-SHA1',
      SignatureVersion: '1.0',
      SignatureNonce: 'nonce-1',
      Timestamp: '2026-01-01T00:00:00Z',
      RoleArn: REQUEST.roleArn,
      RoleSessionName: 'u@1',
      DurationSeconds: '900',
      Policy: REQUEST.policy,
    });
    const pairs = parseQuery(sent[0]?.body ?? '', 'space') as Pair[];
    expect(verifyRpc(nodeDigests, SECRET, 'POST', pairs, Signature ?? '')).toBe(true);
    expect(verifyRpc(nodeDigests, 'other', 'POST', pairs, Signature ?? '')).toBe(false);
    expect(sent[0]?.body).not.toContain(SECRET);
  });

  test('without Policy when there is none', async () => {
    const { sts, params } = setUp();
    await sts.assumeRole({ ...REQUEST, policy: undefined });
    expect(params().has('Policy')).toBe(false);
  });

  test('to the endpoint given, path and port included', async () => {
    const far = scriptedTransport(OK);
    const sts = createStsClient({
      endpoint: 'http://127.0.0.1:8080/rpc',
      accessKeyId: 'a',
      accessKeySecret: 'b',
      transport: far.transport,
    });
    await sts.assumeRole(REQUEST);
    await sts.assumeRole(REQUEST);
    expect(far.sent[0]?.url).toBe('http://127.0.0.1:8080/rpc');
    expect(far.sent[0]?.body).not.toBe(far.sent[1]?.body);
  });

  test('and gives the credentials', async () => {
    expect(await setUp().sts.assumeRole(REQUEST)).toEqual({
      accessKeyId: 'STS.x',
      accessKeySecret: 'temporary',
      securityToken: 'tok/+==',
      expiration: '2026-01-01T01:00:00Z',
    });
  });
});

describe('AssumeRole fails', () => {
  test('with code, status and request id', async () => {
    const error = await failure(refusal(403, 'NoPermission', 'You are not authorized to do this action.'));
    expect(error).toMatchObject({
      name: 'StsError',
      code: 'NoPermission',
      status: 403,
      requestId: 'A1-B2',
      temporary: false,
    });
    expect(error.message).toBe('NoPermission: You are not authorized to do this action.');
  });

  test('on a Code in a 200 answer', async () => {
    expect(await failure(refusal(200, 'NoPermission', 'x'))).toMatchObject({ code: 'NoPermission', status: 200 });
  });

  test.each([
    [{}, 1_000],
    [{ 'x-acs-retry-after': '2500' }, 2_500],
    [{ 'retry-after': '3' }, 3_000],
    [{ 'x-acs-retry-after': 'soon' }, 1_000],
  ])('throttled with headers %j: a pause of %i ms', async (headers, retryAfterMs) => {
    expect(await failure(refusal(400, 'Throttling.User', 'x', headers))).toMatchObject({
      retryAfterMs,
      temporary: true,
    });
  });

  test.each([
    'Specified signature is not matched with our calculation. server string to sign is:POST&%2F&AccessKeyId%3DAK',
    'Specified signature does not match our calculation. server StringToSign is [POST&AccessKeyId%3DAK] more',
  ])('without the echo of the string-to-sign: %.60s', async (message) => {
    const error = await failure(refusal(400, 'SignatureDoesNotMatch', message));
    expect(error.message).toMatch(/^SignatureDoesNotMatch: Specified signature .* our calculation\.$/);
    expect(JSON.stringify({ ...error, message: error.message, stack: error.stack })).not.toContain('AccessKeyId%3DAK');
  });

  test('without secrets, whoever puts them into the message', async () => {
    expect((await failure(refusal(400, 'X', `your secret ${SECRET} is wrong`))).message).toBe(
      'X: your secret [redacted] is wrong',
    );
    const lost = await failure(new Error(`cannot connect with ${SECRET}`));
    expect(lost).toMatchObject({ code: 'NetworkError', status: 0, temporary: true });
    expect(lost.message).not.toContain(SECRET);
    expect(lost.cause).toBeUndefined();
  });

  test('with the transport’s code when there is no answer', async () => {
    expect(await failure(new TransportError('Timeout', 'late'))).toMatchObject({ code: 'Timeout', status: 0 });
  });

  test.each([
    [200, 'not json'],
    [200, '[]'],
    [200, '{}'],
    [200, JSON.stringify({ Credentials: { ...CREDENTIALS, SecurityToken: '' } })],
    [200, JSON.stringify({ Credentials: { ...CREDENTIALS, Expiration: 'later' } })],
    [502, '<html>bad gateway</html>'],
    [400, '{"Code":"no code\\nat all"}'],
  ])('on an answer without credentials: %i %s', async (status, body) => {
    expect(await failure({ status, body })).toMatchObject({ code: 'InvalidAnswer', status, temporary: status >= 500 });
  });
});
