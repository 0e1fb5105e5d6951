import { formatIso, formatIsoMillis, rpcStringToSign, signRpc } from '@sluice/wire';
import { nodeDigests } from '@sluice/wire/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ControlRoom, controlRoom } from '../testing/control-room.js';
import { MINUTE } from '../testing/fixed-parts.js';
import { type Keys, rawRequest, type Scheme, schemes, signedCall } from '../testing/signed-call.js';
import type { RawRpcRequest } from './rpc-request.js';

let room: ControlRoom;
let user: Keys;
let session: Keys;
beforeAll(async () => {
  room = await controlRoom();
  user = await room.user('bob');
  session = await room.session(room.appServer);
});
afterAll(() => room.close());

const whoAmI = (keys: Keys, how: Parameters<ControlRoom['call']>[3] = {}) =>
  room.call(keys, 'GetCallerIdentity', {}, how);
const refusal = async (raw: RawRpcRequest) => {
  const { status, body } = await room.send(raw);
  return { status, code: body.Code, message: body.Message };
};
const signed = (keys: Keys, how: Parameters<ControlRoom['sign']>[3] = {}) =>
  room.sign(keys, 'GetCallerIdentity', {}, how);

/** The raw request with one text of its target, headers or body put in place of another. */
function altered(raw: RawRpcRequest, from: string | RegExp, to: string): RawRpcRequest {
  const changed = {
    ...raw,
    target: raw.target.replace(from, to),
    rawHeaders: raw.rawHeaders.map((text) => text.replace(from, to)),
    body: Buffer.from(raw.body.toString().replace(from, to)),
  };
  expect(changed).not.toEqual(raw);
  return changed;
}
const withHeaders = (raw: RawRpcRequest, ...headers: string[]): RawRpcRequest => ({
  ...raw,
  rawHeaders: [...raw.rawHeaders, ...headers],
});

describe.each(schemes)('a call signed by %s', (scheme: Scheme) => {
  test('speaks for the owner of the key', async () => {
    expect((await whoAmI(user, { scheme })).body).toMatchObject({
      IdentityType: 'RAMUser',
      Arn: `acs:ram::${room.accountId}:user/bob`,
    });
    expect((await whoAmI(session, { scheme })).body.IdentityType).toBe('AssumedRoleUser');
  });

  test('is refused with another secret', async () => {
    for (const keys of [user, session]) {
      const { status, body } = await whoAmI({ ...keys, accessKeySecret: `${keys.accessKeySecret}x` }, { scheme });
      expect([status, body.Code]).toEqual([400, 'SignatureDoesNotMatch']);
    }
  });

  test('works once; the second time its nonce is used', async () => {
    const raw = signed(user, { scheme });
    expect((await room.send(raw)).status).toBe(200);
    expect(await refusal(raw)).toEqual({
      status: 400,
      code: 'SignatureNonceUsed',
      message: 'Specified signature nonce was used already.',
    });
  });

  test.each([-14, 14])('may be %i minutes off', async (minutes) => {
    const timestamp = formatIso(room.clock.now() + minutes * MINUTE);
    expect((await whoAmI(user, { scheme, timestamp })).status).toBe(200);
  });

  test.each([-16, 16, -20, 20])('may not be %i minutes off', async (minutes) => {
    const timestamp = formatIso(room.clock.now() + minutes * MINUTE);
    expect(await refusal(signed(user, { scheme, timestamp }))).toEqual({
      status: 400,
      code: 'InvalidTimeStamp.Expired',
      message: 'Specified time stamp or date value is expired.',
    });
  });

  test('may carry milliseconds in its time stamp', async () => {
    expect((await whoAmI(user, { scheme, timestamp: formatIsoMillis(room.clock.now() + 202) })).status).toBe(200);
  });

  test.each([
    '2026-01-01 00:00:00',
    '2026-01-01T00:00:00+08:00',
    '2026-02-30T00:00:00Z',
    '1767225600',
    'Thu, 01 Jan 2026 00:00:00 GMT',
  ])('with the time stamp %s is malformed', async (timestamp) => {
    expect(await refusal(signed(session, { scheme, timestamp }))).toEqual({
      status: 400,
      code: 'InvalidTimeStamp.Format',
      message: 'Specified time stamp or date value is not well formatted.',
    });
  });

  test('needs a time stamp when the key is a lasting one', async () => {
    const name = scheme === 'acs3' ? 'x-acs-date' : 'Timestamp';
    expect(await refusal(signed(user, { scheme, timestamp: null }))).toEqual({
      status: 400,
      code: 'MissingParameter',
      message: `The input parameter "${name}" that is mandatory for processing this request is not supplied.`,
    });
  });

  test('cannot be replayed at any moment of the window', async () => {
    const own = await controlRoom();
    const key = await own.user('carol');
    const early = own.sign(
      key,
      'GetCallerIdentity',
      {},
      { scheme, timestamp: formatIso(own.clock.now() + 15 * MINUTE) },
    );
    expect((await own.send(early)).status).toBe(200);
    for (let minute = 1; minute <= 45; minute++) {
      own.clock.advance(MINUTE);
      const code = minute <= 30 ? 'SignatureNonceUsed' : 'InvalidTimeStamp.Expired';
      expect((await own.send(early)).body.Code, `after ${minute} min`).toBe(code);
    }
    await own.close();
  });

  test('is refused for a key that nobody has', async () => {
    expect(await refusal(signed({ accessKeyId: 'LTAInobody', accessKeySecret: 'x' }, { scheme }))).toEqual({
      status: 404,
      code: 'InvalidAccessKeyId.NotFound',
      message: 'Specified access key is not found.',
    });
  });

  test('is refused for a key that is switched off', async () => {
    const off = await room.user(`off-${scheme}`);
    await room.db
      .updateTable('access_keys')
      .set({ status: 'Inactive' })
      .where('access_key_id', '=', off.accessKeyId)
      .execute();
    expect(await refusal(signed(off, { scheme }))).toEqual({
      status: 400,
      code: 'InvalidAccessKeyId.Inactive',
      message: 'Specified access key is disabled.',
    });
  });

  test('needs the token of a temporary key', async () => {
    expect(await refusal(signed({ ...session, securityToken: undefined }, { scheme }))).toEqual({
      status: 400,
      code: 'MissingSecurityToken',
      message: 'SecurityToken is mandatory for this action.',
    });
  });

  test('is refused with a token of which one bit is flipped', async () => {
    const bytes = Buffer.from(session.securityToken ?? '', 'base64url');
    bytes[30] = (bytes[30] as number) ^ 1;
    expect(await refusal(signed({ ...session, securityToken: bytes.toString('base64url') }, { scheme }))).toEqual({
      status: 400,
      code: 'InvalidSecurityToken.Malformed',
      message: 'Specified SecurityToken is malformed.',
    });
  });

  test('is refused with the token of another access key, a lasting one included', async () => {
    const other = await room.session(room.appServer);
    for (const keys of [session, user]) {
      expect(await refusal(signed({ ...keys, securityToken: other.securityToken }, { scheme }))).toEqual({
        status: 400,
        code: 'InvalidSecurityToken.MismatchWithAccessKey',
        message: 'Specified SecurityToken mismatch with the AccessKey.',
      });
    }
  });

  test('is refused from the second its token expires', async () => {
    const own = await controlRoom();
    const short = await own.session(own.appServer, { DurationSeconds: '900' });
    own.clock.advance(900_000 - 1);
    expect((await own.call(short, 'GetCallerIdentity', {}, { scheme })).status).toBe(200);
    own.clock.advance(1);
    const { status, body } = await own.call(short, 'GetCallerIdentity', {}, { scheme });
    expect([status, body.Code, body.Message]).toEqual([
      400,
      'InvalidSecurityToken.Expired',
      'Specified SecurityToken is expired.',
    ]);
    await own.close();
  });

  test('does not show token or secret in a refusal, nor in the log', async () => {
    const wrong = { ...session, accessKeySecret: 'wrong-secret-text' };
    const { text, body } = await whoAmI(wrong, { scheme });
    expect(body.Code).toBe('SignatureDoesNotMatch');
    for (const hidden of [session.securityToken ?? '', session.accessKeySecret, 'wrong-secret-text']) {
      expect(text).not.toContain(hidden);
      expect(room.log.text()).not.toContain(hidden);
    }
    expect(text).toMatch(/\*{3}|(%252A){3}/);
  });
});

describe('the text of SignatureDoesNotMatch', () => {
  test('begins as clients expect, and ends with the text that the server signed', async () => {
    const raw = signed({ ...user, accessKeySecret: 'x' }, { nonce: 'n-1' });
    const params = Object.entries({
      AccessKeyId: user.accessKeyId,
      Action: 'GetCallerIdentity',
      Format: 'JSON',
      SignatureMethod: 'HMAC-SHA1',
      SignatureNonce: 'n-1',
      SignatureVersion: '1.0',
      Timestamp: formatIso(room.clock.now()),
      Version: '2015-04-01',
    });
    expect((await refusal(raw)).message).toBe(
      `Specified signature is not matched with our calculation. server string to sign is:${rpcStringToSign('GET', params)}`,
    );
  });

  test('is no longer than of calls that can be right: ten times the body would come back', async () => {
    const raw = signed({ ...user, accessKeySecret: 'x' }, { scheme: 'post' });
    const body = Buffer.concat([raw.body, Buffer.from('&x='), Buffer.alloc(200_000, 0xff)]);
    const { text } = await room.send({ ...raw, body });
    expect(text).toContain('server string to sign is:POST&%2F&');
    expect(text.length).toBeLessThan(140_000);
  });

  test('of ACS3 masks a token wherever it was put', async () => {
    const raw = room.sign(
      { ...user, accessKeySecret: 'x' },
      'GetCallerIdentity',
      { SecurityToken: 'very-secret' },
      { scheme: 'acs3' },
    );
    const { message } = await refusal(raw);
    expect(message).toMatch(
      /^Specified signature does not match our calculation\. server StringToSign is \[ACS3-HMAC-SHA256\n/,
    );
    expect(message).not.toContain('very-secret');
  });
});

describe('one request, one reading', () => {
  test('a nonce used under one scheme is used under the other', async () => {
    expect((await whoAmI(user, { nonce: 'shared', scheme: 'get' })).status).toBe(200);
    expect((await whoAmI(user, { nonce: 'shared', scheme: 'acs3' })).body.Code).toBe('SignatureNonceUsed');
    expect((await whoAmI(session, { nonce: 'shared', scheme: 'acs3' })).status).toBe(200);
  });

  test('a request with a wrong signature does not use up the nonce', async () => {
    await whoAmI({ ...user, accessKeySecret: 'x' }, { nonce: 'kept' });
    expect((await whoAmI(user, { nonce: 'kept' })).status).toBe(200);
  });

  test('two schemes in one request are refused', async () => {
    for (const name of ['Signature', 'SignatureMethod']) {
      const raw = room.sign(user, 'GetCallerIdentity', { [name]: 'x' }, { scheme: 'acs3' });
      expect(await refusal(raw)).toMatchObject({ status: 400, code: 'IncompleteSignature' });
    }
  });

  test('an Action beside x-acs-action has to be the same', async () => {
    const differs = room.sign(user, 'GetCallerIdentity', { Action: 'AssumeRole' }, { scheme: 'acs3' });
    expect(await refusal(differs)).toMatchObject({ status: 400, code: 'InvalidParameter' });
    const version = room.sign(user, 'GetCallerIdentity', { Version: '2017-03-21' }, { scheme: 'acs3' });
    expect(await refusal(version)).toMatchObject({ status: 400, code: 'InvalidParameter' });
    const same = room.sign(user, 'GetCallerIdentity', { Action: 'GetCallerIdentity' }, { scheme: 'acs3' });
    expect((await room.send(same)).status).toBe(200);
  });

  test('x-acs-action of an RPC-SHA1 request is not signed and does not count', async () => {
    const raw = signed(user, { headers: { 'x-acs-action': 'AssumeRole', 'x-acs-version': '2017-03-21' } });
    expect((await room.send(raw)).body.IdentityType).toBe('RAMUser');
  });

  test('an access key id in a header has to be that of the signature', async () => {
    const raw = withHeaders(signed(user, { scheme: 'acs3' }), 'x-acs-accesskey-id', 'LTAIother');
    expect(await refusal(raw)).toMatchObject({ code: 'IncompleteSignature' });
  });

  test('parameters cannot be added, changed or taken away', async () => {
    for (const scheme of schemes) {
      const raw = () => room.sign(user, 'GetCallerIdentity', { Note: 'a b' }, { scheme });
      const inForm = scheme === 'post' || scheme === 'split';
      const added = inForm
        ? { ...raw(), body: Buffer.concat([raw().body, Buffer.from('&More=1')]) }
        : { ...raw(), target: `${raw().target}&More=1` };
      for (const changed of [added, altered(raw(), 'Note=a%20b', 'Note=a%20c'), altered(raw(), /&?Note=a%20b/, '')])
        expect((await refusal(changed)).code, scheme).toMatch(/^(SignatureDoesNotMatch|MissingParameter)$/);
    }
  });

  test('parameters may move between query and form, blanks may be + or %20: the same request', async () => {
    const raw = room.sign(user, 'GetCallerIdentity', { Note: 'a b+c' }, { scheme: 'post' });
    const moved: RawRpcRequest = {
      ...raw,
      target: `/x/y?${raw.body.toString().replace('a%20b', 'a+b')}`,
      body: Buffer.alloc(0),
    };
    expect((await room.send(moved)).status).toBe(200);
  });

  test('a + sent raw is a blank, so a signature over a plus does not hold', async () => {
    const raw = room.sign(user, 'GetCallerIdentity', { Note: 'a+b' });
    expect((await refusal(altered(raw, 'a%2Bb', 'a+b'))).code).toBe('SignatureDoesNotMatch');
  });

  test('the method is signed', async () => {
    expect((await refusal({ ...signed(user), method: 'POST' })).code).toBe('SignatureDoesNotMatch');
  });

  test.each(['PUT', 'DELETE', 'PATCH', 'HEAD'])('%s is no method of this dialect', async (method) => {
    expect(await refusal({ ...signed(user), method })).toMatchObject({ status: 405, code: 'UnsupportedHTTPMethod' });
  });

  test('a body sent with an ACS3 query call is noticed', async () => {
    const raw = withHeaders(signed(user, { scheme: 'acs3' }), 'content-type', 'application/x-www-form-urlencoded');
    expect((await refusal({ ...raw, body: Buffer.from('More=1') })).code).toBe('SignatureDoesNotMatch');
  });

  test('a header of ACS3 that came in twice is refused before anything is read', async () => {
    const raw = withHeaders(signed(user, { scheme: 'acs3' }), 'X-Acs-Action', 'AssumeRole');
    expect(await refusal(raw)).toMatchObject({
      code: 'InvalidParameter',
      message: expect.stringContaining('repeated'),
    });
  });
});

describe('a request that is half signed', () => {
  const half = (...pairs: readonly (readonly [string, string])[]) =>
    rawRequest('GET', [['Action', 'GetCallerIdentity'], ['Version', '2015-04-01'], ['Format', 'JSON'], ...pairs], []);

  test('with a key and no signature is a broken one, not an anonymous one', async () => {
    expect((await refusal(half(['AccessKeyId', user.accessKeyId]))).message).toContain('"Signature"');
  });

  test('with a signature and no key speaks for nobody', async () => {
    expect(await refusal(half(['Signature', 'x'], ['SignatureMethod', 'HMAC-SHA1']))).toMatchObject({
      status: 400,
      code: 'MissingParameter',
      message: expect.stringContaining('"AccessKeyId"'),
    });
  });

  test('not at all may name its action in headers, as clients of ACS3 do', async () => {
    const named = (action: string, version: string) =>
      rawRequest('POST', [], [], {
        headers: { 'x-acs-action': action, 'x-acs-version': version, accept: 'application/json' },
      });
    expect((await room.send(named('GetUploadProgress', '2017-03-21'))).status).toBe(200);
    expect(await refusal(named('GetCallerIdentity', '2015-04-01'))).toMatchObject({
      code: 'MissingParameter',
      message: expect.stringContaining('"AccessKeyId"'),
    });
  });

  test.each(['SignatureNonce', 'SignatureMethod', 'Signature'])('without %s says so', async (name) => {
    const raw = signed(user);
    expect(await refusal(altered(raw, new RegExp(`&${name}=[^&]*`), ''))).toMatchObject({
      code: 'MissingParameter',
      message: expect.stringContaining(`"${name}"`),
    });
  });

  test('with a method we do not have is refused', async () => {
    expect((await refusal(altered(signed(user), 'HMAC-SHA1', 'HMAC-MD5'))).code).toBe('InvalidSignatureMethod');
    expect((await refusal(altered(signed(user), 'SignatureVersion=1.0', 'SignatureVersion=2.0'))).code).toBe(
      'InvalidParameter',
    );
  });

  test('may write the method as the VOD documents do', async () => {
    const raw = signed(user);
    const params = [...new URLSearchParams(raw.target.slice(2))]
      .filter(([name]) => name !== 'Signature')
      .map(([name, value]) => [name, name === 'SignatureMethod' ? 'Hmac-SHA1' : value] as const);
    const signature = signRpc(nodeDigests, user.accessKeySecret, 'GET', params);
    expect((await room.send(rawRequest('GET', [...params, ['Signature', signature]], []))).status).toBe(200);
  });

  test.each([
    'ACS3-HMAC-SHA256',
    'ACS3-RSA-SHA256 Credential=a,SignedHeaders=b,Signature=c',
    'ACS3-HMAC-SHA256 Credential=a',
  ])('with the Authorization "%s" is incomplete', async (authorization) => {
    const raw = rawRequest('POST', [], [], { headers: { authorization } });
    expect(await refusal(raw)).toMatchObject({ status: 400, code: 'IncompleteSignature' });
  });

  test('with any other Authorization is not signed', async () => {
    const raw = half();
    expect((await refusal(withHeaders(raw, 'authorization', 'Bearer x'))).message).toContain('"AccessKeyId"');
  });
});

describe('without a time stamp', () => {
  test.each(['get', 'post', 'split'] as const)(
    'a temporary key may call by %s: the upload SDKs send none',
    async (scheme) => {
      expect((await whoAmI(session, { scheme, timestamp: null })).status).toBe(200);
    },
  );

  test('a request works once for as long as its token lives', async () => {
    const own = await controlRoom();
    const keys = await own.session(own.appServer, { DurationSeconds: '3600' });
    const raw = own.sign(keys, 'GetCallerIdentity', {}, { timestamp: null });
    expect((await own.send(raw)).status).toBe(200);
    for (let minute = 5; minute < 60; minute += 5) {
      own.clock.advance(5 * MINUTE);
      expect((await own.send(raw)).body.Code).toBe('SignatureNonceUsed');
    }
    own.clock.advance(5 * MINUTE);
    expect((await own.send(raw)).body.Code).toBe('InvalidSecurityToken.Expired');
    await own.close();
  });

  test('an empty one is malformed, not absent', async () => {
    expect((await whoAmI(session, { timestamp: '' })).body.Code).toBe('InvalidTimeStamp.Format');
  });

  test('one cannot be taken out of a captured request', async () => {
    expect((await refusal(altered(signed(session), /&Timestamp=[^&]*/, ''))).code).toBe('SignatureDoesNotMatch');
  });

  test('ACS3 cannot be called at all', async () => {
    expect((await whoAmI(session, { scheme: 'acs3', timestamp: null })).body.Code).toBe('MissingParameter');
  });
});

describe('what a role leaves behind', () => {
  test('tokens die with their role, and stay dead when a role of the name is made again', async () => {
    const trust = JSON.stringify({
      Version: '1',
      Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { RAM: `acs:ram::${room.accountId}:root` } }],
    });
    const first = await room.role('shortlived', trust);
    const keys = await room.session(room.appServer, { RoleArn: first.arn });
    expect((await whoAmI(keys)).status).toBe(200);
    await room.deleteRole(first.id);
    expect((await whoAmI(keys)).body.Code).toBe('InvalidSecurityToken.Expired');
    const second = await room.role('shortlived', trust);
    expect((await whoAmI(keys)).body.Code).toBe('InvalidSecurityToken.Expired');
    expect((await whoAmI(await room.session(room.appServer, { RoleArn: second.arn }))).status).toBe(200);
  });
});

describe('the dispatcher', () => {
  const asked = (pairs: Readonly<Record<string, string>>) =>
    rawRequest('GET', Object.entries({ Format: 'JSON', ...pairs }), []);

  test.each([
    [
      {},
      400,
      'MissingParameter',
      'The input parameter "Action" that is mandatory for processing this request is not supplied.',
    ],
    [
      { Action: 'GetUploadProgress' },
      400,
      'MissingParameter',
      'The input parameter "Version" that is mandatory for processing this request is not supplied.',
    ],
    [
      { Action: 'Nothing', Version: '2015-04-01' },
      404,
      'InvalidAction.NotFound',
      'Specified api is not found, please check your url and method.',
    ],
    [
      { Action: 'AssumeRole', Version: '2017-03-21' },
      404,
      'InvalidAction.NotFound',
      'Specified api is not found, please check your url and method.',
    ],
    [
      { Action: 'constructor', Version: '2015-04-01' },
      404,
      'InvalidAction.NotFound',
      'Specified api is not found, please check your url and method.',
    ],
    [
      { Action: 'AssumeRole', Version: '2011-06-15' },
      400,
      'InvalidVersion',
      'Specified parameter Version is not valid.',
    ],
    [
      { Action: 'AssumeRole', Version: '2015-04-01', Format: 'YAML' },
      400,
      'InvalidParameter.Format',
      'The specified parameter "Format" is not valid: use JSON or XML.',
    ],
  ])('refuses %j with its code', async (pairs, status, code, message) => {
    expect(await refusal(asked(pairs))).toEqual({ status, code, message });
  });

  test('gives every answer an id of its own, in the header and in the body', async () => {
    const answers = [await whoAmI(user), await room.send(asked({})), await whoAmI(user)];
    for (const { body, headers } of answers) {
      expect(body.RequestId).toMatch(/^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/);
      expect(headers['x-acs-request-id']).toBe(body.RequestId);
    }
    expect(new Set(answers.map(({ body }) => body.RequestId)).size).toBe(3);
  });

  test('says JSON or XML as asked, in any case, for successes and refusals', async () => {
    expect((await whoAmI(user, { format: 'json' })).contentType).toBe('application/json;charset=utf-8');
    const xml = await whoAmI(user, { format: 'xml' });
    expect(xml.contentType).toBe('text/xml;charset=utf-8');
    expect(xml.text).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>\n<GetCallerIdentityResponse><RequestId>/);
    const refused = await whoAmI({ ...user, accessKeyId: '<&>' }, { format: 'XML' });
    expect(refused.text).toMatch(/<Error><RequestId>.*<Code>InvalidAccessKeyId\.NotFound<\/Code>/);
    const odd = await room.send(
      signedCall({ ...user, accessKeySecret: 'x' }, 'GetCallerIdentity', { A: '</Message>\u0001' }, room.clock.now(), {
        format: 'XML',
        host: 'a<b',
      }),
    );
    expect(odd.text).toContain('<HostId>a&lt;b</HostId>');
  });

  test('says XML when not asked, JSON to ACS3 and to whom accepts JSON', async () => {
    expect((await whoAmI(user, { format: null })).contentType).toContain('xml');
    expect((await whoAmI(user, { format: null, headers: { accept: 'application/json' } })).contentType).toContain(
      'json',
    );
    expect((await whoAmI(user, { format: null, scheme: 'acs3' })).contentType).toContain('json');
  });

  test('answers an unexpected failure with InternalError in the words of the service, and tells only the log why', async () => {
    const own = await controlRoom();
    const [root, key] = [await own.rootKey(), await own.user('dora')];
    const RoleArn = `acs:ram::${own.accountId}:role/any`;
    // Last of this file: a schema of PostgreSQL is used again without its tables being made again.
    for (const table of ['group_members', 'groups', 'roles'] as const) await own.db.schema.dropTable(table).execute();
    for (const [keys, action, params, words] of [
      [root, 'ListGroups', {}, 'An internal error occurred.'],
      [key, 'AssumeRole', { RoleArn, RoleSessionName: 'dora' }, 'STS Server Internal Error happened.'],
    ] as const) {
      const answer = await own.call(keys, action, params);
      expect([answer.status, answer.body.Code, answer.body.Message]).toEqual([500, 'InternalError', words]);
    }
    await own.db.schema.dropTable('access_keys').execute();
    const { status, body, text } = await own.call(key, 'GetCallerIdentity');
    expect([status, body.Code]).toEqual([500, 'InternalError']);
    expect(text).not.toContain('access_keys');
    expect(own.log.text()).toContain('access_keys');
    await own.close();
  });
});
