/** A leak is contained: `sluice revoke` beside a running server, seen from every plane, and after a kill. */
import { randomUUID } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createUploader } from '@sluice/uploader/node';
import { decodeUploadAddress, decodeUploadAuth } from '@sluice/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensurePostgres, startPostgres, type TestPostgres } from '../scripts/postgres.mjs';
import { assumeUploadRole, callApi, callOss, type Keys, requestToken } from './support/api.js';
import { runCommand } from './support/command.js';
import { askServer } from './support/control-socket.js';
import { writeSample } from './support/files.js';
import { type ServerProcess, startServer, temporaryDirectory } from './support/server.js';

const require = createRequire(import.meta.url);
const OSS = require('ali-oss');
const Rpc = require('@alicloud/pop-core');

const available = ensurePostgres() !== undefined;
const long = Boolean(process.env.SLUICE_TEST_LONG);
if (!available)
  console.error('\n*** There is no PostgreSQL and it could not be installed: its tests are SKIPPED. ***\n');

type Session = Required<Keys>;
/** What a door answered: its code, or `open`. */
type Door = (session: Session) => Promise<string>;

describe.each([
  ['SQLite', true],
  ['PostgreSQL', available],
])('on %s', (database, runs) => {
  // Where the database plays no part of its own, once is enough but for the long run.
  const again = runs && (long || database === 'SQLite');
  let postgres: TestPostgres | undefined;
  let directory: string;
  let data: string;
  let server: ServerProcess;
  let env: Record<string, string> = {};

  beforeAll(async () => {
    if (!runs) return;
    directory = await temporaryDirectory();
    data = join(directory, 'data');
    if (database === 'PostgreSQL') {
      postgres = await startPostgres();
      env = { SLUICE_DATABASE: postgres.url, SLUICE_DATABASE_SCHEMA: 'revocation' };
    }
    server = await startServer({ data, env });
    await letNameSources();
  });
  afterAll(async () => {
    await server?.stop();
    await postgres?.stop();
    if (directory) await rm(directory, { recursive: true, force: true });
  });

  /** The upload role is for everybody; who passes a SourceIdentity on needs leave of the user and of the role. */
  async function letNameSources(): Promise<void> {
    const { code, out, err } = await runCommand(['ram', 'bootstrap', '--data', data], env);
    if (code !== 0) throw new Error(err);
    const made = JSON.parse(out) as { AccessKeyId: string; AccessKeySecret: string };
    const admin = { accessKeyId: made.AccessKeyId, accessKeySecret: made.AccessKeySecret };
    const ram = async (action: string, params: Readonly<Record<string, string>>) => {
      const { status, body } = await callApi(server.api, admin, '2015-05-01', action, params);
      if (status !== 200) throw new Error(JSON.stringify(body));
    };
    const statement = { Effect: 'Allow', Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'] };
    const RAM = [`acs:ram::${server.credentials.accountId}:root`];
    await ram('UpdateRole', {
      RoleName: 'sluice-upload',
      NewAssumeRolePolicyDocument: JSON.stringify({ Version: '1', Statement: [{ ...statement, Principal: { RAM } }] }),
    });
    await ram('CreatePolicy', {
      PolicyName: 'NameSources',
      PolicyDocument: JSON.stringify({ Version: '1', Statement: [{ ...statement, Resource: '*' }] }),
    });
    await ram('AttachPolicyToUser', { PolicyType: 'Custom', PolicyName: 'NameSources', UserName: 'appserver' });
  }

  const restart = async (how: 'stop' | 'kill') => {
    const ports = { api: `127.0.0.1:${server.apiPort}`, oss: `127.0.0.1:${server.ossPort}` };
    await server[how]();
    server = await startServer({ data, env, ...ports });
  };
  const sluice = async (...args: string[]) => {
    const { code, out, err } = await runCommand([...args, '--data', data, '--json'], env);
    expect([code, err]).toEqual([0, '']);
    return JSON.parse(out) as Record<string, never>;
  };
  /** What the command asks the server, without the time that a process takes to start. */
  const command = (path: string) => askServer<Record<string, never>>(data, 'POST', path);
  const blobs = async (): Promise<number> => {
    const entries = await readdir(join(data, 'objects'), { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile() && entry.parentPath !== join(data, 'objects')).length;
  };
  const eventually = async (holds: () => Promise<boolean>) => {
    for (let waited = 0; !(await holds()); waited += 50) {
      if (waited > 10_000) throw new Error('it never came true');
      await sleep(50);
    }
  };

  const clientOf = (
    keys: Session,
    signatureVersion = 4,
    bucket = server.credentials.bucket,
    endpoint = `http://127.0.0.1:${server.ossPort}`,
  ) =>
    new OSS({
      accessKeyId: keys.accessKeyId,
      accessKeySecret: keys.accessKeySecret,
      stsToken: keys.securityToken,
      authorizationV4: signatureVersion === 4,
      refreshSTSToken: () => ({ ...keys, stsToken: keys.securityToken }),
      region: 'oss-cn-shanghai',
      endpoint,
      bucket,
      retryMax: 0,
    });
  /** By the official client, which wants a name in it; it is asked for where the server is. */
  const presigned = (keys: Session, key: string): string => {
    const client = clientOf(keys, 1, undefined, server.ossEndpoint);
    const { pathname, search } = new URL(client.signatureUrl(key) as string);
    return `http://127.0.0.1:${server.ossPort}/${server.credentials.bucket}${pathname}${search}`;
  };
  const codeOf = (call: Promise<unknown>): Promise<string> =>
    call.then(
      () => 'open',
      (error: { code?: string }) => error.code ?? String(error),
    );
  const rpcOf = (keys: Session, apiVersion: string) =>
    new Rpc({ ...keys, endpoint: server.api, apiVersion, opts: { timeout: 10_000 } });

  /** An upload of a media, begun with an UploadAuth that a session asked for. */
  async function beginUpload(session: Session) {
    const { body } = await callApi(server.api, session, '2017-03-21', 'CreateUploadVideo', {
      Title: 't',
      FileName: 'a.mp4',
    });
    const auth = decodeUploadAuth(body.UploadAuth as string);
    const address = decodeUploadAddress(body.UploadAddress as string);
    if (!auth || !address) throw new Error(JSON.stringify(body));
    const keys: Session = {
      accessKeyId: auth.AccessKeyId,
      accessKeySecret: auth.AccessKeySecret,
      securityToken: auth.SecurityToken,
    };
    const started = await callOss(server, keys, 'POST', address.Bucket, address.FileName, { query: [['uploads', '']] });
    const uploadId = /<UploadId>(\w+)/.exec(started.body.toString())?.[1] ?? '';
    const part = async (number: number): Promise<string> => {
      const answer = await callOss(server, keys, 'PUT', address.Bucket, address.FileName, {
        query: [
          ['partNumber', String(number)],
          ['uploadId', uploadId],
        ],
        body: Buffer.alloc(150_000, number),
      });
      return answer.status === 200 ? 'open' : (/<Code>(\w+)/.exec(answer.body.toString())?.[1] ?? '');
    };
    return { videoId: body.VideoId as string, part };
  }

  async function postForm(session: Session): Promise<string> {
    const fields = clientOf(session, 1).calculatePostSignature({
      expiration: new Date(Date.now() + 600_000).toISOString(),
      conditions: [{ bucket: server.credentials.bucket }],
    });
    const form = new FormData();
    const all = { key: `forms/${randomUUID()}`, 'x-oss-security-token': session.securityToken, ...fields };
    for (const [name, value] of Object.entries(all)) form.append(name, value as string);
    form.append('file', new Blob(['from a form']));
    const answer = await fetch(`http://127.0.0.1:${server.ossPort}/${server.credentials.bucket}/`, {
      method: 'POST',
      body: form,
    });
    return answer.ok ? 'open' : (/<Code>(\w+)/.exec(await answer.text())?.[1] ?? '');
  }

  /** Every way in that a session has. */
  const doors: Readonly<Record<string, Door>> = {
    'STS, pop-core': (session) => codeOf(rpcOf(session, '2015-04-01').request('GetCallerIdentity', {})),
    'VOD, pop-core': (session) =>
      codeOf(
        rpcOf(session, '2017-03-21').request(
          'CreateUploadVideo',
          { Title: 't', FileName: 'a.mp4' },
          { method: 'POST' },
        ),
      ),
    'OSS V1, ali-oss': (session) => codeOf(clientOf(session, 1).put('free/v1', Buffer.from('1'))),
    'OSS V4, ali-oss': (session) => codeOf(clientOf(session).put('free/v4', Buffer.from('4'))),
  };
  const knock = async (session: Session) =>
    Object.fromEntries(
      await Promise.all(Object.entries(doors).map(async ([name, door]) => [name, await door(session)] as const)),
    );
  const CLOSED = {
    'STS, pop-core': 'InvalidSecurityToken.Expired',
    'VOD, pop-core': 'InvalidSecurityToken.Expired',
    'OSS V1, ali-oss': 'InvalidSecurityToken',
    'OSS V4, ali-oss': 'InvalidSecurityToken',
  };
  const OPEN = Object.fromEntries(Object.keys(doors).map((name) => [name, 'open']));

  const kinds: readonly [string, (session: Session) => readonly string[]][] = [
    ['a token', ({ accessKeyId }) => ['--token', accessKeyId]],
    ['a session name', () => ['--role', 'sluice-upload', '--session', 'leaked']],
    ['a source identity', () => ['--source-identity', 'mallory']],
  ];
  test.skipIf(!runs).each(kinds)('revoking %s closes every door at once, and still after a kill', async (_, kind) => {
    const leaked = await assumeUploadRole(server, { RoleSessionName: 'leaked', SourceIdentity: 'mallory' });
    const other = await assumeUploadRole(server, { RoleSessionName: 'other' });
    await clientOf(leaked).put('free/kept', Buffer.from('kept'));
    const url = presigned(leaked, 'free/kept');
    const before = await blobs();
    const [hers, his] = [await beginUpload(leaked), await beginUpload(other)];
    expect([await hers.part(1), await his.part(1), await postForm(leaked)]).toEqual(['open', 'open', 'open']);
    expect([await knock(leaked), (await fetch(url)).status]).toEqual([OPEN, 200]);
    const held = await blobs();

    const { AbortedUploads } = await sluice('revoke', ...kind(leaked), '--reason', 'a laptop was stolen');
    const told = performance.now();
    const look = async () => [
      await knock(leaked),
      await hers.part(2),
      await postForm(leaked),
      (await (await fetch(url)).text()).match(/<Code>(\w+)/)?.[1],
    ];
    const refused = [CLOSED, 'InvalidSecurityToken', 'InvalidSecurityToken', 'InvalidSecurityToken'];
    expect(await look()).toEqual(refused);
    console.info(`every door looked at ${Math.round(performance.now() - told)} ms after the answer: closed`);
    expect(AbortedUploads).toBe(1);
    expect([await knock(other), await his.part(2)]).toEqual([OPEN, 'open']);
    await eventually(async () => (await blobs()) <= held);
    expect(held).toBeGreaterThan(before);

    await sluice('revoke', '--token', other.accessKeyId);
    await restart('kill');
    expect(await look()).toEqual(refused);
    expect(await knock(other)).toEqual(CLOSED);
  });

  test.skipIf(!again)(
    'an upload of the SDK whose sessions are revoked gets a new token and goes on, or is told that its upload ended',
    async () => {
      const file = join(directory, 'film.mp4');
      await writeSample(file, 12_000_000, 1);
      let asked = 0;
      const uploader = createUploader({
        endpoint: server.api,
        credentials: () => {
          asked += 1;
          return requestToken(server);
        },
        partSize: 102_400,
        bandwidth: 2_000_000,
        checkpoints: false,
      });
      try {
        const done = uploader.upload(file).done;
        const parts = () => server.requests.filter((r) => r.operation === 'UploadPart' && r.status === 200).length;
        const at = parts();
        await eventually(async () => parts() > at + 10);
        const { AbortedUploads } = await command('/revocations?RoleName=sluice-upload&AbortUploads=false');
        expect(AbortedUploads).toBe(0);
        expect((await done).videoId).toMatch(/^\w+$/);
        expect(asked).toBe(2);

        const again = uploader.upload(file).done;
        again.catch(() => {});
        const now = parts();
        await eventually(async () => parts() > now + 10);
        expect((await command('/revocations?RoleName=sluice-upload')).AbortedUploads).toBeGreaterThan(0);
        // The new token is taken, and finds that what was begun has ended with the sessions.
        await expect(again).rejects.toMatchObject({
          code: 'NoSuchUpload',
          message: expect.stringContaining('begin anew'),
        });
        expect((await uploader.upload(file).done).videoId).toMatch(/^\w+$/);
        expect(asked).toBe(3);
      } finally {
        uploader.close();
      }
    },
  );

  test.skipIf(!again)(
    'rotation in the middle of an upload breaks nothing, nor does a restart with two keys',
    async () => {
      const file = join(directory, 'long.mp4');
      await writeSample(file, 12_000_000, 2);
      const session = await assumeUploadRole(server, { RoleSessionName: 'rotation' });
      const uploader = createUploader({
        endpoint: server.api,
        credentials: async () => session,
        partSize: 102_400,
        bandwidth: 2_000_000,
        checkpoints: false,
        retryCount: 1000,
        retryDelay: 20,
      });
      try {
        const { keys: before } = (await sluice('keys', 'list')) as unknown as { keys: { id: number }[] };
        const done = uploader.upload(file).done;
        const parts = () => server.requests.filter((r) => r.operation === 'UploadPart' && r.status === 200).length;
        const at = parts();
        await eventually(async () => parts() > at + 10);
        const { keys } = (await command('/keys/rotate')) as unknown as { keys: { id: number; current: boolean }[] };
        expect(keys[0]).toMatchObject({ id: (before[0]?.id ?? 0) + 1, current: true });
        expect(keys).toHaveLength(before.length + 1);
        await restart('stop');
        expect(await knock(session)).toEqual(OPEN);
        expect((await done).videoId).toMatch(/^\w+$/);
        expect(server.requests.filter((r) => r.status === 403)).toEqual([]);
        expect(await knock(await assumeUploadRole(server))).toEqual(OPEN);
      } finally {
        uploader.close();
      }
    },
  );

  test.skipIf(!again)(
    'a stopped server is revoked and rotated in its files; one that hides is left alone',
    async () => {
      const session = await assumeUploadRole(server, { RoleSessionName: 'offline' });
      const { part } = await beginUpload(session);
      expect(await part(1)).toBe('open');
      await rm(join(data, 'control.sock'));
      for (const args of [
        ['keys', 'rotate'],
        ['revoke', '--session', 'offline'],
        ['revoke', 'list'],
      ]) {
        const hidden = await runCommand([...args, '--data', data], env);
        expect([hidden.code, hidden.err]).toEqual([
          1,
          expect.stringMatching(/^sluice: the .* is in use .*stop it first\n$/),
        ]);
      }
      expect(await knock(session)).toEqual(OPEN);
      const ports = { api: `127.0.0.1:${server.apiPort}`, oss: `127.0.0.1:${server.ossPort}` };
      await server.stop();
      const { keys } = (await sluice('keys', 'list')) as unknown as { keys: unknown[] };
      expect((await sluice('keys', 'rotate')).keys).toHaveLength(keys.length + 1);
      expect(await sluice('revoke', '--session', 'offline')).toMatchObject({ AbortedUploads: 1 });
      server = await startServer({ data, env, ...ports });
      expect([await knock(session), await part(2)]).toEqual([CLOSED, 'InvalidSecurityToken']);
    },
  );

  test.skipIf(!again)('a revocation is listed and taken back; no key is ever printed', async () => {
    const session = await assumeUploadRole(server, { RoleSessionName: 'mistaken' });
    const made = (await sluice('revoke', '--token', session.accessKeyId)) as unknown as {
      Revocation: { RevocationId: string };
    };
    expect(await knock(session)).toEqual(CLOSED);
    const listed = (await sluice('revoke', 'list')) as unknown as { Revocations: unknown[] };
    expect(listed.Revocations).toContainEqual(made.Revocation);
    await sluice('revoke', 'lift', made.Revocation.RevocationId);
    expect(await knock(session)).toEqual(OPEN);
    const table = await runCommand(['revoke', 'list', '--data', data], env);
    expect([table.code, table.out]).toEqual([0, expect.stringContaining('sessions of')]);
    expect(table.out).not.toContain(made.Revocation.RevocationId);
    const keys = await runCommand(['keys', 'list', '--data', data], env);
    expect(keys.out).toMatch(/^key +made +state\n\d+ +\S+ +current\n/);
    expect(keys.out).not.toMatch(/[A-Za-z0-9_-]{43}/);
  });

  test.skipIf(!again).each([
    ['nobody', []],
    ['two', ['--role', 'a', '--token', 'b']],
    ['a token that is none', ['--token', 'LTAI1234']],
    ['an instant that is none', ['--session', 'abc', '--not-before', 'yesterday']],
  ])('revoking %s is a wrong call', async (_, args) => {
    const { code, err } = await runCommand(['revoke', ...args, '--data', data], env);
    expect([code, err]).toEqual([2, expect.stringMatching(/^sluice: .*\n$/)]);
  });
});
