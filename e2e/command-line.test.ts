import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { crc64 } from '@sluice/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assumeUploadRole } from './support/api.js';
import { runCommand } from './support/command.js';
import { writeSample } from './support/files.js';
import { cli, type ServerProcess, startServer, temporaryDirectory } from './support/server.js';
import { partsSent, storedMedia } from './support/stored.js';

/** The parts of the official client that are used here; the package has no types of its own. */
interface AliOss {
  put(key: string, body: Buffer): Promise<unknown>;
  signatureUrlV4(method: string, expires: number, request: object, key: string): Promise<string>;
}
const OSS = createRequire(import.meta.url)('ali-oss') as new (options: object) => AliOss;

let server: ServerProcess;
let directory: string;

beforeAll(async () => {
  [server, directory] = await Promise.all([startServer(), temporaryDirectory()]);
});
afterAll(async () => {
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});

interface Run {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  readonly code: Promise<number | null>;
}

function sluice(...args: string[]): Run {
  const child = spawn(process.execPath, [cli, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, SLUICE_ENDPOINT: server.api, SLUICE_STATE_DIR: join(directory, 'state') },
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  const code = once(child, 'close').then(([value]) => value as number | null);
  return { child, out: () => out, err: () => err, code };
}

const events = (run: Run): Record<string, unknown>[] =>
  run
    .out()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('sluice upload', () => {
  test('uploads several files and sums up bytes, seconds, speed and id', async () => {
    const files = ['a.mp4', 'b.mov', 'c.jpg'].map((name) => join(directory, name));
    const hashes = await Promise.all(files.map((file, i) => writeSample(file, 2_000_000 * (i + 1), 30 + i)));
    const run = sluice('upload', ...files);
    expect(await run.code).toBe(0);
    expect(run.err()).toMatch(/a\.mp4: 2000000 bytes, [\d.]+ s, [\d.]+ MB\/s, VideoId [0-9a-f]{32}/);
    expect(run.err()).toMatch(/c\.jpg: 6000000 bytes, .*, ImageId [0-9a-f]{32}/);
    expect(run.err()).toContain('3 of 3 files, 12000000 bytes');
    const id = /VideoId ([0-9a-f]{32})/.exec(run.err())?.[1] ?? '';
    expect((await storedMedia(server, id)).sha256).toBe(hashes[0]);
  });

  test('stops at Ctrl-C, and the same command goes on', async () => {
    const file = join(directory, 'long.mkv');
    const expected = await writeSample(file, 90_000_000, 55);
    const args = ['upload', '--json', '--part-size', '262144', '--parallel', '2', file];
    const first = sluice(...args);
    const stored = await server.logged(
      (r) => r.operation === 'UploadPart' && r.status === 200 && (r.partNumber ?? 0) >= 30,
    );
    first.child.kill('SIGINT');
    expect(await first.code).toBe(130);
    expect(events(first).at(-1)).toMatchObject({ event: 'summary', uploaded: 0, interrupted: true });

    const second = sluice(...args);
    expect(await second.code).toBe(0);
    const done = events(second).find(({ event }) => event === 'done');
    expect(done).toMatchObject({ bytes: 90_000_000, videoId: expect.any(String) });
    expect((await storedMedia(server, done?.videoId as string)).sha256).toBe(expected);
    await server.logged((r) => r.operation === 'CompleteMultipartUpload' && r.key === stored.key);
    const parts = partsSent(server, stored.key as string);
    expect(parts.uploadIds.size).toBe(1);
    // What was acknowledged is not sent again, but for answers that the interruption cut off on their way.
    expect(parts.sentTwice.length).toBeLessThanOrEqual(2);
    expect(parts.acknowledged.size).toBe(344);
  });

  test('exit codes mean something', async () => {
    const missingFile = join(directory, 'nowhere.mp4');
    const missing = sluice('upload', missingFile);
    expect(await missing.code).toBe(2);
    expect(missing.err()).toContain('nowhere.mp4 cannot be read');

    const option = sluice('upload', '--part-size', '1000', join(directory, 'a.mp4'));
    expect(await option.code).toBe(2);

    const text = join(directory, 'readme.txt');
    await writeSample(text, 1000, 3);
    expect(await sluice('upload', text).code).toBe(1);
    expect(await sluice('upload', text, join(directory, 'a.mp4')).code).toBe(3);

    const certificate = sluice(
      'serve',
      '--data',
      join(directory, 'd'),
      '--tls-cert',
      missingFile,
      '--tls-key',
      missingFile,
    );
    expect(await certificate.code).toBe(2);
    expect(certificate.err()).toContain(`the --tls-cert file ${missingFile} cannot be read`);

    const nobody = sluice('upload', '--endpoint', 'http://127.0.0.1:9', join(directory, 'a.mp4'));
    expect(await nobody.code).toBe(1);
    // What the user has to do with, not the function of the SDK that asks it.
    expect(nobody.err()).toMatch(
      /^a\.mp4: failed: no answer from the AppServer at http:\S+:9\/token: connect E\S+ \S+\n$/,
    );

    const elsewhere = sluice('upload', '--token-url', `${server.api}/tokens`, join(directory, 'a.mp4'));
    expect(await elsewhere.code).toBe(1);
    expect(elsewhere.err()).toContain(`there is no AppServer at ${server.api}/tokens (HTTP 400); name yours`);
  });

  test.runIf(process.platform === 'linux')('a name that is not UTF-8 is told as that', async () => {
    await writeFile(Buffer.concat([Buffer.from(`${directory}/`), Buffer.from([0xff]), Buffer.from('.mp4')]), 'x');
    // A shell hands the bytes on as they are.
    const script = 'exec "$0" "$1" upload "$2/$(printf "\\377").mp4"';
    const { status, stderr } = spawnSync('sh', ['-c', script, process.execPath, cli, directory], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([2, expect.stringContaining('its name is not UTF-8')]);
  });

  test.runIf(process.platform === 'linux')('ends where nothing can be remembered, with a warning', async () => {
    const file = join(directory, 'forgotten.mp4');
    await writeSample(file, 3_000_000, 8);
    const run = sluice('upload', '--state-dir', '/proc/sluice', file);
    expect(await run.code).toBe(0);
    expect(run.err()).toMatch(/warning: .*\/proc\/sluice cannot be made/);
  });

  // Root reads everything, so the command is then run as nobody.
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const runs = spawnSync(process.execPath, [cli, '--version'], nobody).status === 0;
  test.runIf(runs)('a file that may not be read is a wrong call, and nothing is uploaded', async () => {
    const files = ['locked.mp4', 'open.mp4'].map((name) => join(directory, name));
    await Promise.all(files.map((file) => writeSample(file, 1000, 6)));
    await chmod(directory, 0o755);
    await chmod(files[0] as string, 0);
    const env = { ...process.env, SLUICE_ENDPOINT: server.api, HOME: directory };
    const { status, stderr } = spawnSync(process.execPath, [cli, 'upload', ...files], { ...nobody, env });
    expect([status, String(stderr)]).toEqual([
      2,
      expect.stringMatching(/^sluice: .*locked\.mp4 cannot be read: EACCES/),
    ]);
  });

  test('what cannot be remembered is told, and a Ctrl-C then promises nothing', async () => {
    const file = join(directory, 'unremembered.mp4');
    await writeSample(file, 60_000_000, 7);
    const warned = sluice('upload', '--json', '--state-dir', file, join(directory, 'a.mp4'));
    expect(await warned.code).toBe(0);
    expect(events(warned)).toContainEqual({
      event: 'warning',
      file: join(directory, 'a.mp4'),
      code: 'CheckpointFailed',
      message: expect.stringContaining('The checkpoint could not be written'),
    });

    const key = new Set(server.requests.map((request) => request.key));
    const run = sluice('upload', '--no-resume', '--part-size', '102400', '--parallel', '1', file);
    await server.logged((r) => r.operation === 'UploadPart' && !key.has(r.key));
    run.child.kill('SIGINT');
    expect(await run.code).toBe(130);
    expect(run.err()).toBe('Stopped. The same command begins anew: nothing was remembered.\n');
  });

  test('the name of a file neither colours nor moves anything on the terminal', async () => {
    const file = join(directory, 'a\u001b[31m\nred.mp4');
    await writeSample(file, 1000, 8);
    const run = sluice('upload', file);
    expect(await run.code).toBe(0);
    expect(run.err()).toMatch(/^a\?\[31m\?red\.mp4: 1000 bytes, .*\n$/);
    const missing = sluice('upload', `${file}4`);
    expect(await missing.code).toBe(2);
    expect(missing.err()).not.toContain('\u001b');
  });

  test('a token that is refused is exit code 4', async () => {
    const good = await assumeUploadRole(server);
    const over = await assumeUploadRole(server);
    await runCommand(['revoke', '--data', server.data, '--token', over.accessKeyId]);
    const refused = {
      '/malformed': { SecurityToken: 'y' },
      '/revoked': {
        AccessKeyId: over.accessKeyId,
        AccessKeySecret: over.accessKeySecret,
        SecurityToken: over.securityToken,
      },
      '/secret': { AccessKeySecret: 'x' },
      '/key': { AccessKeyId: 'STS.nobody' },
    };
    const tokens = createServer(({ url }, response) => {
      const flat = {
        AccessKeyId: good.accessKeyId,
        AccessKeySecret: good.accessKeySecret,
        SecurityToken: good.securityToken,
      };
      response.end(JSON.stringify({ ...flat, ...refused[url as keyof typeof refused] }));
    });
    tokens.listen(0, '127.0.0.1');
    await once(tokens, 'listening');
    const file = join(directory, 'no-token.mp4');
    await writeSample(file, 1000, 4);
    for (const path of Object.keys(refused)) {
      const url = `http://127.0.0.1:${(tokens.address() as AddressInfo).port}${path}`;
      const run = sluice('upload', '--token-url', url, file);
      expect([path, await run.code, run.err()]).toEqual([path, 4, expect.stringContaining('failed')]);
    }
    tokens.close();
  });

  test('what the environment says is checked like an option, and empty is not set', async () => {
    const file = join(directory, 'environment.mp4');
    await writeSample(file, 1000, 5);
    const given = { SLUICE_ENDPOINT: server.api, SLUICE_STATE_DIR: join(directory, 'state') };
    for (const args of [['token'], ['upload', file], ['doctor'], ['ram', 'ListUsers']]) {
      for (const name of args[0] === 'ram' ? ['SLUICE_ENDPOINT'] : ['SLUICE_ENDPOINT', 'SLUICE_TOKEN_URL']) {
        const { code, err } = await runCommand(args, { ...given, [name]: 'localhost:8400' });
        expect([args[0], name, code]).toEqual([args[0], name, 2]);
        expect(err).toContain(name);
      }
    }
    const empty = { SLUICE_TOKEN_URL: '', SLUICE_APP_KEY: '', SLUICE_STATE_DIR: '' };
    expect((await runCommand(['token'], { ...given, ...empty })).code).toBe(0);
    expect((await runCommand(['token', '--endpoint', server.api], { SLUICE_ENDPOINT: '' })).code).toBe(0);
  });

  test('a file may be called what it likes', async () => {
    const file = join(directory, `🎉 ${'sehr langer Name '.repeat(10)}用户 100% & #1.mp4`);
    await writeSample(file, 200_000, 9);
    const run = sluice('upload', '--json', file);
    expect(await run.code).toBe(0);
  });

  test('an empty file and names under .localhost are fine', async () => {
    const file = join(directory, 'empty.mp4');
    await writeSample(file, 0);
    const run = sluice('upload', '--json', '--endpoint', `http://api.localhost:${server.apiPort}`, file);
    // The built-in AppServer answers under its own names only, so that one is given apart.
    await run.code;
    const direct = sluice(
      'upload',
      '--json',
      '--endpoint',
      `http://api.localhost:${server.apiPort}`,
      '--token-url',
      `http://localhost:${server.apiPort}/token`,
      file,
    );
    expect(await direct.code).toBe(0);
    expect(events(direct).find(({ event }) => event === 'done')).toMatchObject({ bytes: 0 });
  });
});

describe('sluice download', () => {
  let client: AliOss;
  const content = randomBytes(3_000_000);
  beforeAll(async () => {
    const { accessKeyId, accessKeySecret, securityToken } = await assumeUploadRole(server);
    client = new OSS({
      endpoint: server.oss,
      sldEnable: true,
      region: 'oss-cn-hangzhou',
      bucket: server.credentials.bucket,
      accessKeyId,
      accessKeySecret,
      stsToken: securityToken,
      authorizationV4: true,
    });
    await client.put('downloads/film ü.mp4', content);
  });

  test('writes a file that was checked, once', async () => {
    const url = await client.signatureUrlV4('GET', 600, {}, 'downloads/film ü.mp4');
    const file = join(directory, 'downloaded.mp4');
    const run = sluice('download', '--json', url, file);
    expect(await run.code).toBe(0);
    expect((await readFile(file)).equals(content)).toBe(true);
    expect(events(run)).toEqual([{ event: 'done', file, bytes: content.length, crc64: crc64(content).toString() }]);
    const again = sluice('download', url, file);
    expect(await again.code).toBe(2);
    expect(again.err()).toContain('is there already');
  });

  test('says why it was refused, and shows no signature', async () => {
    const url = await client.signatureUrlV4('GET', 600, {}, 'downloads/film ü.mp4');
    const file = join(directory, 'refused.mp4');
    const run = sluice('download', url.replace(/x-oss-signature=\w{4}/, 'x-oss-signature=0000'), file);
    expect(await run.code).toBe(4);
    expect(run.err()).toContain('SignatureDoesNotMatch');
    expect(run.err()).not.toContain('x-oss-signature=');
    const absent = sluice('download', await client.signatureUrlV4('GET', 600, {}, 'downloads/none'), file);
    expect(await absent.code).toBe(1);
    expect(await sluice('download', 'ftp://x/y').code).toBe(2);
  });
});

test('an AppServer that is busy is asked again after the time that it says', async () => {
  const answers = [429, 503, 200, 429];
  const asked: number[] = [];
  const tokens = createServer((_request, response) => {
    const status = answers[asked.length] ?? 500;
    asked.push(status);
    // Without the header nobody knows when, and it is not asked again.
    if (asked.length < answers.length) response.setHeader('retry-after', '0');
    response.writeHead(status).end('{"AccessKeyId":"STS.a","AccessKeySecret":"b","SecurityToken":"c"}');
  });
  tokens.listen(0, '127.0.0.1');
  await once(tokens, 'listening');
  const url = `http://127.0.0.1:${(tokens.address() as AddressInfo).port}/`;
  const run = sluice('token', '--token-url', url);
  expect([await run.code, asked]).toEqual([0, [429, 503, 200]]);
  expect(await sluice('token', '--token-url', url).code).toBe(1);
  expect(asked).toEqual(answers);
  tokens.close();
});

test('sluice token prints a token as JSON', async () => {
  const run = sluice('token');
  expect(await run.code).toBe(0);
  expect(JSON.parse(run.out())).toMatchObject({
    AccessKeyId: expect.stringMatching(/^STS\./),
    Expiration: expect.any(String),
  });
  await sleep(0);
});

test('a reader that has enough ends a command without a word', async () => {
  const run = sluice('ram', '--help');
  run.child.stdout?.destroy();
  expect([await run.code, run.err()]).toEqual([1, '']);
});
