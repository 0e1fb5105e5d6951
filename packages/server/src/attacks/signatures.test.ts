import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatIso } from '@sluice/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseConfig } from '../config.js';
import type { RawRpcRequest } from '../gate/rpc-request.js';
import type { CredentialsFile } from '../installation.js';
import { send } from '../oss/testing/client.js';
import { type RunningServer, startServer } from '../server.js';
import { type ControlRoom, controlRoom } from '../testing/control-room.js';
import { recordedLog } from '../testing/fixed-parts.js';
import { type Keys, type Scheme, schemes, signedCall } from '../testing/signed-call.js';

let room: ControlRoom;
let session: Keys;
beforeAll(async () => {
  room = await controlRoom();
  session = await room.session(room.appServer);
});
afterAll(() => room.close());

const refusal = async (raw: RawRpcRequest) => {
  const { status, body } = await room.send(raw);
  return status === 200 ? 200 : body.Code;
};
const withHeader = (raw: RawRpcRequest, name: string, change: (value: string) => string): RawRpcRequest => ({
  ...raw,
  rawHeaders: raw.rawHeaders.map((text, i) =>
    i % 2 === 1 && raw.rawHeaders[i - 1]?.toLowerCase() === name ? change(text) : text,
  ),
});
const headerNames = (raw: RawRpcRequest) => raw.rawHeaders.filter((_, i) => i % 2 === 0).map((n) => n.toLowerCase());

describe('a captured call', () => {
  // UTF-8 bytes as Node hands them over. JavaScript's trim() takes all of these away, HTTP takes none.
  test.each(['\xc2\xa0', '\xe2\x80\xa8', '\xef\xbb\xbf', '\xe3\x80\x80', '\x0b', '\x0c'])(
    'does not get a new nonce by a blank %j that the signature does not see',
    async (blank) => {
      const call = room.sign(session, 'GetCallerIdentity', {}, { scheme: 'acs3' });
      expect(await refusal(call)).toBe(200);
      expect(await refusal(call)).toBe('SignatureNonceUsed');
      for (const change of [(v: string) => v + blank, (v: string) => blank + v]) {
        expect(await refusal(withHeader(call, 'x-acs-signature-nonce', change))).not.toBe(200);
      }
    },
  );

  test('does not change sides: every scheme refuses it as that of another', async () => {
    for (const scheme of schemes) {
      const call = room.sign(session, 'GetCallerIdentity', {}, { scheme });
      expect(await refusal(call)).toBe(200);
      expect(await refusal(call)).toBe('SignatureNonceUsed');
    }
  });
});

describe('a list of signed headers', () => {
  test.each(['host', 'x-acs-action', 'x-acs-version', 'x-acs-date', 'x-acs-signature-nonce', 'x-acs-security-token'])(
    'without %s is refused, also when the signature is made for that list',
    async (left) => {
      const call = room.sign(session, 'GetCallerIdentity', {}, { scheme: 'acs3' });
      expect(headerNames(call)).toContain(left);
      const shorter = withHeader(call, 'authorization', (value) =>
        value.replace(/SignedHeaders=([^,]*)/, (_, list: string) => {
          const rest = list.split(';').filter((name) => name !== left);
          return `SignedHeaders=${rest.join(';')}`;
        }),
      );
      expect(await refusal(shorter)).toBe('SignatureDoesNotMatch');
    },
  );

  test.each([
    ['reversed', (list: string[]) => [...list].reverse()],
    ['with a name twice', (list: string[]) => [list[0] as string, ...list]],
    ['in upper case', (list: string[]) => list.map((name) => name.toUpperCase())],
    ['with a header that was not sent', (list: string[]) => [...list, 'x-zzz']],
    ['of none', () => []],
  ])('%s is refused', async (_, change) => {
    const call = room.sign(session, 'GetCallerIdentity', {}, { scheme: 'acs3' });
    const other = withHeader(call, 'authorization', (value) =>
      value.replace(
        /SignedHeaders=([^,]*)/,
        (_match, list: string) => `SignedHeaders=${change(list.split(';')).join(';')}`,
      ),
    );
    expect(await refusal(other)).toMatch(/^(SignatureDoesNotMatch|IncompleteSignature)$/);
  });

  test('covers what is added to it later: a header of the protocol that is not signed is refused', async () => {
    const call = room.sign(session, 'GetCallerIdentity', {}, { scheme: 'acs3' });
    const more = { ...call, rawHeaders: [...call.rawHeaders, 'x-acs-security-toke', 'x'] };
    expect(await refusal(more)).toBe('SignatureDoesNotMatch');
  });
});

describe('the schemes of one service are nothing to the other', () => {
  test('an ACS3 call under the name of another algorithm is no ACS3 call, nor an anonymous one', async () => {
    const call = room.sign(session, 'GetCallerIdentity', {}, { scheme: 'acs3' });
    for (const name of [
      'ACS3-HMAC-SM3',
      'ACS3-RSA-SHA256',
      'ACS3-NONE',
      'ACS3-',
      'acs3-hmac-sha256',
      'OSS',
      'Bearer',
    ]) {
      const other = withHeader(call, 'authorization', (value) => value.replace(/^ACS3-HMAC-SHA256/, name));
      expect(await refusal(other), name).not.toBe(200);
    }
  });

  test.each(['HMAC-SHA256', 'HMAC-SM3', 'NONE', ''])('RPC with SignatureMethod %j is refused', async (method) => {
    const call = room.sign(session, 'GetCallerIdentity');
    const other = { ...call, target: call.target.replace('SignatureMethod=HMAC-SHA1', `SignatureMethod=${method}`) };
    expect(await refusal(other)).toMatch(/^(InvalidSignatureMethod|MissingParameter)$/);
  });

  test('a bearer token, or a signature type that needs none, is no way in', async () => {
    for (const type of ['SignatureType=BEARERTOKEN&BearerToken=x', 'SignatureType=NONE', 'SignatureType=']) {
      const target = `/?Action=GetCallerIdentity&Version=2015-04-01&Format=JSON&AccessKeyId=${session.accessKeyId}&${type}`;
      const raw = room.sign(session, 'GetCallerIdentity');
      expect(await refusal({ ...raw, target }), type).toBe('MissingParameter');
    }
  });

  test('the signature of the data plane is none of the control plane, and the other way round', async () => {
    const plane = await room.dataPlane();
    const call = room.sign(session, 'GetCallerIdentity', {}, { scheme: 'acs3' });
    const authorization = call.rawHeaders[call.rawHeaders.indexOf('authorization') + 1] as string;
    const reply = await send(plane, {
      bucket: room.installation.bucket,
      key: 'a',
      sign: 'none',
      headers: { authorization, 'x-oss-security-token': session.securityToken ?? '' },
    });
    expect([reply.status, reply.xml('Code')]).toEqual([400, 'InvalidArgument']);
    const oss = withHeader(call, 'authorization', () => `OSS ${session.accessKeyId}:${'A'.repeat(27)}=`);
    expect((await room.send(oss)).text).toContain('<Code>MissingParameter</Code>');
  });
});

describe('a token', () => {
  test('of any size is refused or taken without being inflated: nothing in it is compressed', async () => {
    for (const length of [16 * 1024 + 1, 60 * 1024, 900 * 1024]) {
      const huge = { ...session, securityToken: 'A'.repeat(length) };
      for (const scheme of ['post', 'acs3'] as const) {
        expect(await refusal(room.sign(huge, 'GetCallerIdentity', {}, { scheme }))).toBe(
          'InvalidSecurityToken.Malformed',
        );
      }
    }
  });

  test('of another key is refused, on both planes and with every scheme', async () => {
    const other = await room.session(room.appServer, { RoleSessionName: 'bob' });
    const mixed: Keys = { ...session, securityToken: other.securityToken };
    for (const scheme of schemes) {
      expect(await refusal(room.sign(mixed, 'GetCallerIdentity', {}, { scheme }))).toBe(
        'InvalidSecurityToken.MismatchWithAccessKey',
      );
    }
    const plane = await room.dataPlane();
    for (const sign of ['v1', 'v4'] as const) {
      const reply = await send(plane, {
        bucket: room.installation.bucket,
        key: 'a',
        sign,
        accessKeyId: mixed.accessKeyId,
        secret: mixed.accessKeySecret,
        headers: { 'x-oss-security-token': mixed.securityToken ?? '' },
      });
      expect([reply.status, reply.xml('Code')]).toEqual([403, 'AccessKeyIdAndSecurityTokenNotMatch']);
    }
  });

  test.each(['STS.', 'STS', 'sts.x', 'STS.x y', ' ', 'LTAI', '../x', 'STS.x/20260101', "' or 1=1 --", '\u202eSTS.x'])(
    'belongs to no key id such as %j',
    async (accessKeyId) => {
      for (const scheme of ['get', 'acs3'] as const) {
        const raw = room.sign({ ...session, accessKeyId }, 'GetCallerIdentity', {}, { scheme });
        expect(await refusal(raw)).not.toBe(200);
      }
    },
  );
});

describe('a used nonce, after the server was stopped and started', () => {
  const running: RunningServer[] = [];
  let data: string;
  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'sluice-attack-'));
  });
  afterAll(async () => {
    for (const server of running) await server.stop();
    await rm(data, { recursive: true });
  });
  async function start(): Promise<RunningServer> {
    const settings = { data: join(data, 'data'), api: '127.0.0.1:0', oss: '127.0.0.1:0', logLevel: 'silent' };
    const server = await startServer(parseConfig(settings), { log: recordedLog() });
    running.push(server);
    return server;
  }
  const ask = (server: RunningServer, raw: RawRpcRequest): Promise<string> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(server.apiUrl);
      const headers: Record<string, string> = {};
      for (let i = 0; i + 1 < raw.rawHeaders.length; i += 2)
        headers[raw.rawHeaders[i] ?? ''] = raw.rawHeaders[i + 1] ?? '';
      const sent = request(
        { hostname, port, method: raw.method, path: raw.target, headers, agent: false },
        async (res) => {
          let text = '';
          for await (const chunk of res) text += chunk;
          resolve(res.statusCode === 200 ? '200' : String((JSON.parse(text) as { Code: string }).Code));
        },
      );
      sent.on('error', reject);
      sent.end(raw.body);
    });

  test('is used: calls with a time stamp of every scheme, and those of a token without one', async () => {
    const first = await start();
    const { appServer, uploadRoleArn } = JSON.parse(await readFile(first.credentialsFile, 'utf8')) as CredentialsFile;
    const captured: [string, RawRpcRequest][] = schemes.map((scheme: Scheme) => [
      scheme,
      signedCall(appServer, 'GetCallerIdentity', {}, Date.now(), { scheme }),
    ]);
    const ahead = formatIso(Date.now() + 10 * 60_000);
    captured.push(['a clock ahead', signedCall(appServer, 'GetCallerIdentity', {}, Date.now(), { timestamp: ahead })]);
    const session = await sessionOf(first, appServer, uploadRoleArn);
    const untimed = signedCall(session, 'GetCallerIdentity', {}, Date.now(), { timestamp: null });
    captured.push(['without a time stamp', untimed]);
    for (const [name, raw] of captured) expect(await ask(first, raw), name).toBe('200');
    await first.stop();
    const second = await start();
    for (const [name, raw] of captured) expect(await ask(second, raw), name).toBe('SignatureNonceUsed');
    expect(await ask(second, signedCall(appServer, 'GetCallerIdentity', {}, Date.now()))).toBe('200');
  });

  async function sessionOf(server: RunningServer, keys: Keys, RoleArn: string): Promise<Keys> {
    const raw = signedCall(keys, 'AssumeRole', { RoleArn, RoleSessionName: 'alice' }, Date.now());
    const { Credentials } = (await (await fetch(`${server.apiUrl}${raw.target}`)).json()) as {
      Credentials: { AccessKeyId: string; AccessKeySecret: string; SecurityToken: string };
    };
    return {
      accessKeyId: Credentials.AccessKeyId,
      accessKeySecret: Credentials.AccessKeySecret,
      securityToken: Credentials.SecurityToken,
    };
  }
});
