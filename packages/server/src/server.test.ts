import { generateKeyPairSync } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConfigInvalid, parseConfig } from './config.js';
import type { CredentialsFile } from './installation.js';
import { type RunningServer, StartFailed, startServer } from './server.js';
import { recordedLog } from './testing/fixed-parts.js';
import { type CallOptions, type Keys, signedCall } from './testing/signed-call.js';
import { databaseSettings, onPostgres, openTestDatabase } from './testing/test-database.js';

let base: string;
let data: string;
const running: RunningServer[] = [];
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'sluice-server-'));
  data = join(base, 'data');
});
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
  await rm(base, { recursive: true });
});

const settings = async (given: object = {}) => {
  const local = { data, api: '127.0.0.1:0', oss: '127.0.0.1:0', logLevel: 'silent' };
  // One data directory, one database.
  return parseConfig({ ...local, ...(await databaseSettings(`${data}.database`)), ...given });
};

async function start(given: object = {}, pages?: string): Promise<RunningServer> {
  const server = await startServer(await settings(given), { log: recordedLog(), pages });
  running.push(server);
  return server;
}
const failure = async (given: object = {}, kind: new () => Error = StartFailed): Promise<string> => {
  const error = await startServer(await settings(given), { log: recordedLog() }).then(
    async (server) => {
      await server.stop();
      return undefined;
    },
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(kind);
  expect((error as Error).message).not.toContain('\n');
  return (error as Error).message;
};
/** Everything that the database holds. */
async function storedBytes(): Promise<Buffer> {
  if (!onPostgres) return readFile(join(data, 'sluice.db'));
  const db = await openTestDatabase(`${data}.database`);
  const tables = await db.introspection.getTables();
  const rows = tables.map(({ name }) =>
    db
      .selectFrom(name as 'settings')
      .selectAll()
      .execute(),
  );
  const text = JSON.stringify(await Promise.all(rows));
  await db.destroy();
  return Buffer.from(text);
}
const credentialsOf = async (server: RunningServer) =>
  JSON.parse(await readFile(server.credentialsFile, 'utf8')) as CredentialsFile;

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}
/** `fetch` guards the headers that these tests are about. */
function ask(
  url: string,
  {
    method = 'GET',
    headers = {},
    body,
  }: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {},
) {
  return new Promise<Answer>((resolve, reject) => {
    const sent = request(url, { method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
function call(
  server: RunningServer,
  keys: Keys,
  action: string,
  params: Record<string, string> = {},
  how: CallOptions = {},
) {
  const host = new URL(server.apiUrl).host;
  const raw = signedCall(keys, action, params, Date.now(), { host, ...how });
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < raw.rawHeaders.length; i += 2)
    pairs.push([raw.rawHeaders[i] as string, raw.rawHeaders[i + 1] as string]);
  return ask(server.apiUrl + raw.target, { method: raw.method, headers: Object.fromEntries(pairs), body: raw.body });
}
const codeOf = ({ text }: Answer) => (JSON.parse(text) as { Code?: string }).Code;

describe('the first start', () => {
  test('leaves a file with the keys, for its owner only, whose names others rely on', async () => {
    const server = await start();
    expect(server.credentialsFile).toBe(join(data, 'credentials.json'));
    expect((await stat(server.credentialsFile)).mode & 0o777).toBe(0o600);
    const { accountId } = await credentialsOf(server);
    expect(await credentialsOf(server)).toEqual({
      accountId: expect.stringMatching(/^\d{16}$/),
      root: { user: 'root', password: expect.stringMatching(/^\w{22}$/) },
      appServer: {
        accessKeyId: expect.stringMatching(/^LTAI\w{20}$/),
        accessKeySecret: expect.stringMatching(/^\w{30}$/),
      },
      uploadRoleArn: `acs:ram::${accountId}:role/sluice-upload`,
      bucket: 'sluice-uploads',
      region: 'cn-shanghai',
    });
    expect((await stat(data)).mode & 0o777).toBe(0o700);
    for (const name of ['keyring.json', ...(onPostgres ? [] : ['sluice.db'])])
      expect((await stat(join(data, name))).mode & 0o777, name).toBe(0o600);
  });

  test('keeps no secret in the clear beside that file', async () => {
    const server = await start();
    const { appServer, root } = await credentialsOf(server);
    await server.stop();
    const bytes = await storedBytes();
    expect(bytes.includes(appServer.accessKeyId)).toBe(true);
    for (const secret of [appServer.accessKeySecret, root.password]) expect(bytes.includes(secret)).toBe(false);
  });

  test('makes what an upload needs: the AppServer may assume the role, the session may upload', async () => {
    const server = await start();
    const { appServer, uploadRoleArn } = await credentialsOf(server);
    const assumed = await call(server, appServer, 'AssumeRole', { RoleArn: uploadRoleArn, RoleSessionName: 'alice' });
    const { Credentials } = JSON.parse(assumed.text) as { Credentials: Record<string, string> };
    const session: Keys = {
      accessKeyId: Credentials.AccessKeyId ?? '',
      accessKeySecret: Credentials.AccessKeySecret ?? '',
      securityToken: Credentials.SecurityToken,
    };
    for (const scheme of ['get', 'post', 'split', 'acs3'] as const)
      expect((await call(server, session, 'CreateUploadVideo', { FileName: 'a.mp4' }, { scheme })).status, scheme).toBe(
        200,
      );
  });
});

describe('later starts', () => {
  test('change nothing: the same files, the same account, tokens go on to work', async () => {
    const first = await start();
    const before = await readFile(first.credentialsFile);
    const ring = await readFile(join(data, 'keyring.json'));
    const token = JSON.parse((await ask(`${first.apiUrl}/token`)).text) as Record<string, string>;
    await first.stop();
    const second = await start();
    expect(await readFile(second.credentialsFile)).toEqual(before);
    expect(await readFile(join(data, 'keyring.json'))).toEqual(ring);
    const keys: Keys = {
      accessKeyId: token.AccessKeyId ?? '',
      accessKeySecret: token.AccessKeySecret ?? '',
      securityToken: token.SecurityToken,
    };
    expect((await call(second, keys, 'GetCallerIdentity')).status).toBe(200);
    expect((await readdir(data)).sort()).toEqual(
      expect.arrayContaining(['credentials.json', 'keyring.json', 'objects', ...(onPostgres ? [] : ['sluice.db'])]),
    );
  });

  test('sign upload callbacks with the same key, which everybody can have', async () => {
    const keyOf = async (server: RunningServer) =>
      (await ask(`${server.ossUrl}/.well-known/sluice-callback-key.pem`)).text;
    const first = await start();
    const key = await keyOf(first);
    expect(key).toMatch(/^-----BEGIN PUBLIC KEY-----\n/);
    await first.stop();
    expect(await keyOf(await start())).toBe(key);
  });

  test('do not need the file with the keys', async () => {
    const first = await start();
    await first.stop();
    await rm(first.credentialsFile);
    await start();
    expect(await readdir(data)).not.toContain('credentials.json');
  });
});

describe('a start that fails says why in one line', () => {
  test('a port in use', async () => {
    const server = await start();
    const taken = new URL(server.apiUrl).host;
    data = join(base, 'other');
    expect(await failure({ api: taken })).toMatch(/^port \d+ on 127\.0\.0\.1 is in use; .*--api address$/);
    expect(await failure({ oss: taken })).toMatch(/^port \d+ on 127\.0\.0\.1 is in use; .*--oss address$/);
    // What was opened before it failed is closed again.
    await start();
  });

  test('a data directory of another server', async () => {
    await start();
    expect(await failure()).toMatch(/^the .*database .* is in use by another server$/);
  });

  test('a data directory that is a file', async () => {
    await writeFile(data, '');
    expect(await failure()).toMatch(/^the data directory .* it is not a directory; choose another --data$/);
  });

  test.skipIf(onPostgres)('a damaged database', async () => {
    await mkdir(data);
    await writeFile(join(data, 'sluice.db'), 'x'.repeat(8192));
    expect(await failure()).toMatch(/^the database .* is damaged or not a Sluice database/);
  });

  test('a database that is not that of the data directory', async () => {
    await (await start()).stop();
    const credentials = await readFile(join(data, 'credentials.json'), 'utf8');
    const other = await databaseSettings(`${data}.other`);
    if (!onPostgres) await rm(join(data, 'sluice.db'));
    expect(await failure(other)).toMatch(
      /^the .*database .* is empty, but .* holds an installation: name its database, /,
    );
    expect(await readFile(join(data, 'credentials.json'), 'utf8')).toBe(credentials);
  });

  test('a key ring that is missing, damaged, or of another installation', async () => {
    await (await start()).stop();
    const ring = join(data, 'keyring.json');
    const own = await readFile(ring, 'utf8');
    await rm(ring);
    expect(await failure()).toBe(`the key ring ${ring} is missing; restore it from a backup`);
    await writeFile(ring, own.slice(0, 40));
    expect(await failure()).toBe(`the key ring ${ring} is damaged; restore it from a backup`);
    await writeFile(ring, own.replace(/"secret": "[^"]*"/, `"secret": "${'A'.repeat(43)}"`));
    expect(await failure()).toMatch(
      /^the key ring does not open the secret of access key LTAI\w+; restore the right one/,
    );
    await writeFile(ring, own);
    await start();
  });

  test('TLS files that are missing, are none, or do not belong together, by name', async () => {
    const [tlsCert, tlsKey, text, other] = ['cert.pem', 'key.pem', 'text', 'other.pem'].map((name) => join(base, name));
    const refused = (cert?: string, key?: string) => failure({ tlsCert: cert, tlsKey: key }, ConfigInvalid);
    expect(await refused(tlsCert, tlsKey)).toMatch(`the --tls-cert file ${tlsCert} cannot be read: ENOENT`);
    await (await start({ tlsSelfSigned: true })).stop();
    await copyFile(join(data, 'tls-cert.pem'), tlsCert as string);
    expect(await refused(tlsCert, tlsKey)).toMatch(`the --tls-key file ${tlsKey} cannot be read: ENOENT`);
    await copyFile(join(data, 'tls-key.pem'), tlsKey as string);
    await writeFile(text as string, 'neither');
    expect(await refused(text, tlsKey)).toMatch(`the --tls-cert file ${text} is not PEM`);
    expect(await refused(tlsCert, text)).toMatch(`the --tls-key file ${text} is not PEM`);
    expect(await refused(tlsCert, tlsCert)).toMatch(`the --tls-key file ${tlsCert} is not PEM`);
    const pem = (await readFile(tlsKey as string, 'utf8')).split('\n');
    await writeFile(text as string, [pem[0], 'AAAA', ...pem.slice(-2)].join('\n'));
    expect(await refused(tlsCert, text)).toMatch(`the --tls-key file ${text} is damaged (`);
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await writeFile(other as string, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    expect(await refused(tlsCert, other)).toMatch(`${other} does not belong to the --tls-cert file ${tlsCert} (`);
    const locked = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' } as const;
    await writeFile(other as string, privateKey.export(locked));
    expect(await refused(tlsCert, other)).toMatch(`${other} is locked with a passphrase`);
    await start({ tlsCert, tlsKey });
  });
});

test('a credentials.json that was taken away is told of once a start, and not made again', async () => {
  const first = await start();
  await first.stop();
  await rm(first.credentialsFile);
  const log = recordedLog();
  running.push(await startServer(await settings(), { log }));
  expect(log.text().match(/credentials\.json is gone/g)).toHaveLength(1);
  expect(log.text()).toContain('CreateAccessKey');
  await expect(stat(first.credentialsFile)).rejects.toThrow('ENOENT');
});

describe('the control plane', () => {
  test('answers an oversized header with 431, an oversized body with 413', async () => {
    const server = await start();
    expect((await ask(server.apiUrl, { headers: { 'x-note': 'x'.repeat(100_000) } })).status).toBe(431);
    const big = await ask(server.apiUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `A=${'x'.repeat(256 * 1024)}`,
    });
    expect([big.status, codeOf(big)]).toEqual([413, 'RequestBodyTooLarge']);
  });

  test('answers a body that is shorter than it said with 400 or by closing, and lives on', async () => {
    const server = await start();
    const { port } = new URL(server.apiUrl);
    const head =
      'POST / HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nA=1';
    const got = await new Promise<string>((resolve) => {
      let text = '';
      const socket = connect(Number(port), '127.0.0.1', () => socket.end(head));
      socket.on('data', (chunk) => {
        text += chunk.toString();
      });
      socket.on('close', () => resolve(text));
      socket.on('error', () => resolve(text));
    });
    expect(got === '' || got.startsWith('HTTP/1.1 400 ')).toBe(true);
    expect((await ask(`${server.apiUrl}/?Action=x&Version=2015-04-01`)).status).toBe(404);
  });

  test('lets any page read its answers, refusals included', async () => {
    const server = await start();
    const headers = { origin: 'https://app.example.com', 'content-type': 'text/plain' };
    for (const [path, how] of [
      ['/?Action=GetUploadProgress&Version=2017-03-21', { headers }],
      ['/?Format=JSON', { headers }],
      ['/', { method: 'POST', headers, body: 'x' }],
      ['/%zz?Format=JSON', { headers }],
      ['/', { method: 'PUT', headers, body: 'x' }],
      ['/', { method: 'POST', headers, body: 'x'.repeat(1024 * 1024 + 1) }],
    ] as const) {
      const answer = await ask(server.apiUrl + path, how);
      expect(answer.headers['access-control-allow-origin'], path).toBe('*');
      expect(answer.headers, path).not.toHaveProperty('access-control-allow-credentials');
      const readable = String(answer.headers['access-control-expose-headers']).split(', ');
      expect(readable, path).toEqual(expect.arrayContaining(['Date', 'Retry-After', 'x-acs-retry-after']));
      expect(answer.headers['x-acs-request-id'], path).toMatch(/^[0-9A-F-]{36}$/);
      expect(answer.headers['cache-control'], path).toBe('no-store');
      expect(answer.headers['x-content-type-options'], path).toBe('nosniff');
    }
  });

  test('answers a preflight on any path', async () => {
    const server = await start();
    for (const path of ['/', '/x.aliyuncs.com/?a=b']) {
      const answer = await ask(server.apiUrl + path, {
        method: 'OPTIONS',
        headers: { origin: 'https://app.example.com', 'access-control-request-method': 'POST' },
      });
      expect(answer).toMatchObject({
        status: 204,
        text: '',
        headers: { 'access-control-allow-methods': 'GET, POST, OPTIONS' },
      });
    }
  });

  test.each(['PUT', 'DELETE', 'PATCH', 'HEAD', 'PROPFIND'])('knows no method %s', async (method) => {
    const server = await start();
    const answer = await ask(server.apiUrl, { method });
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe('GET, POST, OPTIONS');
    if (method !== 'HEAD') expect(answer.text).toContain('UnsupportedHTTPMethod');
  });

  test('serves RPC on any path, however long or odd', async () => {
    const server = await start();
    const { appServer } = await credentialsOf(server);
    for (const path of ['/a/b', '/x.aliyuncs.com/', '//', `/${'p'.repeat(5000)}`, '/demo/x', '/%E7%94%A8'])
      expect((await call(server, appServer, 'GetCallerIdentity', {}, { path })).status, path.slice(0, 30)).toBe(200);
  });

  test('has no pages unless it is given some', async () => {
    const server = await start();
    expect((await ask(`${server.apiUrl}/`)).status).toBe(400);
    expect((await ask(`${server.apiUrl}/demo/`)).status).toBe(400);
  });
});

describe('the pages', () => {
  const pagesIn = async (): Promise<string> => {
    const pages = join(base, 'pages');
    await mkdir(pages);
    await writeFile(join(pages, 'index.html'), '<!doctype html><title>demo</title>');
    await writeFile(join(base, 'secret.txt'), 'not for anybody');
    return pages;
  };

  test('are found from /, and say who the browser is', async () => {
    const server = await start({}, await pagesIn());
    expect(await ask(`${server.apiUrl}/`)).toMatchObject({ status: 302, headers: { location: '/demo/' } });
    const page = await ask(`${server.apiUrl}/demo/`);
    expect(page).toMatchObject({ status: 200, text: expect.stringContaining('demo') });
    expect(page.headers['set-cookie']?.[0]).toMatch(/^sluice_visitor=.*HttpOnly; SameSite=Strict/);
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`connect-src 'self' ${server.ossEndpoint} ${server.ossEndpoint.replace('://', '://*.')}`);
    expect(policy).not.toContain('unsafe');
    expect((await ask(`${server.apiUrl}/demo/missing.js`)).status).toBe(404);
  });

  test('do not stand in the way of signed calls to /', async () => {
    const server = await start({}, await pagesIn());
    const { appServer } = await credentialsOf(server);
    expect((await call(server, appServer, 'GetCallerIdentity')).status).toBe(200);
    const signed = await ask(`${server.apiUrl}/`, { headers: { authorization: 'ACS3-HMAC-SHA256 x' } });
    expect([signed.status, codeOf(signed)]).toEqual([400, 'IncompleteSignature']);
  });

  test.each([
    '/demo/../secret.txt',
    '/demo/..%2fsecret.txt',
    '/demo/%2e%2e/secret.txt',
    '/demo/..%5csecret.txt',
    '/demo/%00',
    '/demo//etc/passwd',
  ])('show nothing outside their directory: %s', async (path) => {
    const server = await start({}, await pagesIn());
    const { port } = new URL(server.apiUrl);
    const text = await new Promise<string>((resolve) => {
      let got = '';
      const socket = connect(Number(port), '127.0.0.1', () =>
        socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`),
      );
      socket.on('data', (chunk) => {
        got += chunk.toString();
      });
      socket.on('close', () => resolve(got));
    });
    expect(text).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(text).not.toContain('not for anybody');
    expect(text).not.toContain(base);
  });
});

describe('the built-in AppServer', () => {
  const identity = async (server: RunningServer, answer: Answer) => {
    const token = JSON.parse(answer.text) as Record<string, string>;
    const keys = {
      accessKeyId: token.AccessKeyId ?? '',
      accessKeySecret: token.AccessKeySecret ?? '',
      securityToken: token.SecurityToken,
    };
    return { keys, arn: (JSON.parse((await call(server, keys, 'GetCallerIdentity')).text) as { Arn: string }).Arn };
  };

  test('gives each browser a token of its own, which does not reach the others’ media', async () => {
    const pages = join(base, 'pages');
    await mkdir(pages);
    await writeFile(join(pages, 'index.html'), 'demo');
    const server = await start({}, pages);
    const visitor = async () => {
      const page = await ask(`${server.apiUrl}/demo/`);
      const cookie = String(page.headers['set-cookie']?.[0]).split(';')[0] ?? '';
      return identity(server, await ask(`${server.apiUrl}/token`, { headers: { cookie } }));
    };
    const [a, b] = [await visitor(), await visitor()];
    const local = await identity(server, await ask(`${server.apiUrl}/token`));
    expect(a.arn).toMatch(/:role\/sluice-upload\/visitor-[\w-]{16}$/);
    expect(local.arn).toMatch(/\/local$/);
    expect(new Set([a.arn, b.arn, local.arn]).size).toBe(3);
    const made = await call(server, a.keys, 'CreateUploadVideo', { FileName: 'a.mp4' });
    const { VideoId } = JSON.parse(made.text) as { VideoId: string };
    expect((await call(server, a.keys, 'RefreshUploadVideo', { VideoId })).status).toBe(200);
    for (const { keys } of [b, local])
      expect((await call(server, keys, 'RefreshUploadVideo', { VideoId })).status).toBe(403);
  });

  test('takes a forged cookie for no cookie', async () => {
    const server = await start();
    const forged = await ask(`${server.apiUrl}/token`, {
      headers: { cookie: 'sluice_visitor=AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA' },
    });
    expect((await identity(server, forged)).arn).toMatch(/\/local$/);
  });

  test('gives nothing to pages of other sites', async () => {
    const server = await start();
    const host = new URL(server.apiUrl).host;
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: `http://${host}.evil.example` },
      { 'sec-fetch-site': 'cross-site' },
    ] as Record<string, string>[]) {
      const answer = await ask(`${server.apiUrl}/token`, { headers });
      expect(answer.status, JSON.stringify(headers)).toBe(403);
      expect(answer.text).not.toContain('SecurityToken');
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    }
    expect((await ask(`${server.apiUrl}/token`, { headers: { origin: `http://${host}` } })).status).toBe(200);
  });

  test.each(['evil.example', 'evil.example:8400', '127.0.0.1.evil.example', 'localhost.evil.example'])(
    'answers under no name of somebody else: %s',
    async (host) => {
      const server = await start();
      const answer = await ask(`${server.apiUrl}/token`, { headers: { host, origin: `http://${host}` } });
      expect(answer.status).toBe(421);
      expect(answer.text).not.toContain('SecurityToken');
    },
  );

  test('without a key serves nobody whom a proxy of this machine passes on from elsewhere', async () => {
    const server = await start();
    const status = async (headers: Record<string, string>) => (await ask(`${server.apiUrl}/token`, { headers })).status;
    expect(await status({ 'x-forwarded-for': '203.0.113.5' })).toBe(401);
    expect(await status({ 'x-forwarded-for': '127.0.0.1, 203.0.113.5' })).toBe(401);
    expect(await status({ 'x-real-ip': '2001:db8::5' })).toBe(401);
    // A development server before it, on the same machine.
    expect(await status({ 'x-forwarded-for': '::1, ::ffff:127.0.0.1' })).toBe(200);
  });

  test('is off when the API can be reached from elsewhere and no key guards it', async () => {
    const server = await start({ api: '0.0.0.0:0' });
    expect(server.hasAppServer).toBe(false);
    const answer = await ask(`${server.apiUrl}/token`);
    expect(answer.status).toBe(400);
    expect(answer.text).not.toContain('SecurityToken');
  });

  test('asks for its key when it has one', async () => {
    const appKey = 'a-key-of-16-signs-and-more';
    const server = await start({ api: '0.0.0.0:0', appKey });
    expect(server.hasAppServer).toBe(true);
    for (const authorization of ['', 'Bearer', 'Bearer wrong', `Bearer ${appKey}x`, `Basic ${appKey}`])
      expect((await ask(`${server.apiUrl}/token`, { headers: { authorization } })).status, authorization).toBe(401);
    expect((await ask(`${server.apiUrl}/token`, { headers: { authorization: `Bearer ${appKey}` } })).status).toBe(200);
  });

  test('hands out tokens of the lowered life where expiry is to be watched', async () => {
    const server = await start({ stsMinDuration: 3 });
    const { Expiration } = JSON.parse((await ask(`${server.apiUrl}/token`)).text) as { Expiration: string };
    expect(Date.parse(Expiration) - Date.now()).toBeLessThanOrEqual(3000);
  });

  test('creates and refreshes uploads for the caller', async () => {
    const server = await start();
    const headers = { 'content-type': 'application/json' };
    const created = await ask(`${server.apiUrl}/upload/create`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ kind: 'video', title: 'T', fileName: 'a.mp4' }),
    });
    expect(created.status, created.text).toBe(200);
    const { VideoId } = JSON.parse(created.text) as { VideoId: string };
    const refreshed = await ask(`${server.apiUrl}/upload/refresh`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ videoId: VideoId }),
    });
    expect(JSON.parse(refreshed.text)).toMatchObject({ VideoId });
  });
});

describe('a stop', () => {
  test('lets a running request finish', async () => {
    const server = await start();
    const { appServer } = await credentialsOf(server);
    const raw = signedCall(appServer, 'GetCallerIdentity', {}, Date.now(), { scheme: 'post' });
    const url = new URL(server.apiUrl);
    const half = raw.body.length >> 1;
    const head = `POST / HTTP/1.1\r\nHost: ${url.host}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${raw.body.length}\r\n\r\n`;
    const got = new Promise<string>((resolve) => {
      let text = '';
      const socket = connect(Number(url.port), '127.0.0.1', () => {
        socket.write(head);
        socket.write(raw.body.subarray(0, half));
        setTimeout(() => socket.write(raw.body.subarray(half)), 300);
      });
      socket.on('data', (chunk) => {
        text += chunk.toString();
      });
      socket.on('close', () => resolve(text));
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    await server.stop();
    expect(await got).toMatch(/^HTTP\/1\.1 200 [\s\S]*"IdentityType":"RAMUser"/);
    await expect(ask(server.apiUrl)).rejects.toThrow();
  });

  test('may be asked for twice', async () => {
    const server = await start();
    await Promise.all([server.stop(), server.stop()]);
    await server.stop();
  });
});

describe('with a certificate of its own', () => {
  test('serves TLS, keeps the certificate, and makes a new one for another domain', async () => {
    const first = await start({ tlsSelfSigned: true });
    expect(first.apiUrl).toMatch(/^https:/);
    expect(first.ossEndpoint).toMatch(/^https:\/\/oss\.localhost:\d+$/);
    const file = first.certFile as string;
    const cert = await readFile(file, 'utf8');
    expect((await stat(join(data, 'tls-key.pem'))).mode & 0o777).toBe(0o600);
    await first.stop();
    await (await start({ tlsSelfSigned: true })).stop();
    expect(await readFile(file, 'utf8')).toBe(cert);
    await start({ tlsSelfSigned: true, ossDomain: 'oss.example.test' });
    expect(await readFile(file, 'utf8')).not.toBe(cert);
  });
});
