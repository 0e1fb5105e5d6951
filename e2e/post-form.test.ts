// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of the dialect
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { assumeUploadRole } from './support/api.js';
import { type Browser, openBrowser, servePages } from './support/browser.js';
import { writeSample } from './support/files.js';
import { type ServerProcess, startServer, temporaryDirectory } from './support/server.js';

interface AliOss {
  calculatePostSignature(policy: object): Record<string, string>;
  signPostObjectPolicyV4(policy: object, date: Date): string;
  head(key: string): Promise<{ res: { headers: Record<string, string> } }>;
  get(key: string): Promise<{ content: Buffer; res: { headers: Record<string, string> } }>;
}
const OSS = createRequire(import.meta.url)('ali-oss') as new (options: object) => AliOss;

let server: ServerProcess;
let browser: Browser;
let directory: string;
let application: Server;
const told: { headers: Record<string, unknown>; body: string }[] = [];
beforeAll(async () => {
  application = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      told.push({ headers: request.headers, body });
      response.end('{"taken":true}');
    });
  });
  await new Promise<void>((done) => application.listen(0, '127.0.0.1', done));
  [server, directory, browser] = await Promise.all([
    startServer({ env: { SLUICE_UPLOAD_CALLBACK_ALLOW: '127.0.0.1' } }),
    temporaryDirectory(),
    openBrowser(),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  application.closeAllConnections();
  application.close();
  await rm(directory, { recursive: true, force: true });
});

/** A session of the upload role, which may write into the bucket, but not the files of media. */
async function session(): Promise<{ client: AliOss; id: string; token: string }> {
  const { accessKeyId: id, accessKeySecret, securityToken: token } = await assumeUploadRole(server);
  const { bucket } = server.credentials;
  const client = new OSS({
    accessKeyId: id,
    accessKeySecret,
    stsToken: token,
    refreshSTSToken: () => ({ accessKeyId: id, accessKeySecret, stsToken: token }),
    region: 'oss-cn-shanghai',
    endpoint: `http://127.0.0.1:${server.ossPort}`,
    bucket,
  });
  return { client, id, token };
}

const attribute = (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
const page = (action: string, fields: Record<string, string>) => `<!doctype html><title>form</title>
<form action="${action}" method="post" enctype="multipart/form-data">
${Object.entries(fields)
  .map(([name, value]) => `<input type="hidden" name="${name}" value="${attribute(value)}">`)
  .join('\n')}
<input type="file" name="file"><button name="submit" value="Send">Send</button></form>`;
const bucketUrl = () => server.ossEndpoint.replace('://', `://${server.credentials.bucket}.`);
const expiration = () => new Date(Date.now() + 600_000).toISOString();

test('an HTML form of another site posts a file, V1, and comes back to its page', async () => {
  const { client, token } = await session();
  const site = await servePages({ '/done': { type: 'text/html', body: '<title>done</title>' } });
  const conditions = [
    { bucket: server.credentials.bucket },
    ['starts-with', '$key', 'forms/'],
    ['content-length-range', 1, 5e6],
  ];
  const form = page(`${bucketUrl()}/`, {
    key: 'forms/${filename}',
    'x-oss-security-token': token,
    'x-oss-meta-from': 'Chromium',
    success_action_redirect: `${site.url}/done?x=1`,
    ...client.calculatePostSignature({ expiration: expiration(), conditions }),
  });
  const own = await servePages({ '/': { type: 'text/html; charset=utf-8', body: form } });
  const name = 'a file “ü” 你.png';
  const hash = await writeSample(join(directory, name), 3_000_000, 1);
  const tab = await browser.newPage();
  await tab.goto(own.url);
  await tab.setInputFiles('input[type=file]', join(directory, name));
  await tab.click('button');
  await tab.waitForURL(/\/done/);
  const back = new URL(tab.url()).searchParams;
  expect([back.get('x'), back.get('bucket'), back.get('key')]).toEqual([
    '1',
    server.credentials.bucket,
    `forms/${name}`,
  ]);
  const there = await client.get(`forms/${name}`);
  expect(createHash('sha256').update(there.content).digest('hex')).toBe(hash);
  expect(there.res.headers).toMatchObject({
    'content-type': 'image/png',
    'x-oss-meta-from': 'Chromium',
    etag: back.get('etag'),
  });
  await Promise.all([tab.close(), site.close(), own.close()]);
});

test('a script of another site posts a form, V4, with a callback, and reads the answers', async () => {
  const { client, id, token } = await session();
  const date = new Date();
  const stamp = date.toISOString().replace(/[-:]|\.\d+/g, '');
  const signed = {
    'x-oss-signature-version': 'OSS4-HMAC-SHA256',
    'x-oss-credential': `${id}/${stamp.slice(0, 8)}/cn-shanghai/oss/aliyun_v4_request`,
    'x-oss-date': stamp,
    'x-oss-security-token': token,
  };
  const policy = {
    expiration: expiration(),
    conditions: [...Object.entries(signed).map(([name, value]) => ({ [name]: value })), ['eq', '$key', 'scripts/one']],
  };
  const callback = {
    callbackUrl: `http://127.0.0.1:${(application.address() as AddressInfo).port}/`,
    callbackBody: 'key=${object}&who=${x:who}',
  };
  const fields = {
    key: 'scripts/one',
    ...signed,
    policy: Buffer.from(JSON.stringify(policy)).toString('base64'),
    'x-oss-signature': client.signPostObjectPolicyV4(policy, date),
    callback: Buffer.from(JSON.stringify(callback)).toString('base64'),
    'x:who': 'me & you',
  };
  const own = await servePages({ '/': { type: 'text/html', body: '<title>script</title>' } });
  const tab = await browser.newPage();
  await tab.goto(own.url);
  const post = (change: Record<string, string>) =>
    tab.evaluate(
      async ([url, all]) => {
        const form = new FormData();
        for (const [name, value] of Object.entries(all)) form.append(name, value);
        form.append('file', new Blob(['content'], { type: 'text/html' }), 'one.html');
        const answer = await fetch(url, { method: 'POST', body: form });
        return { status: answer.status, etag: answer.headers.get('etag'), text: await answer.text() };
      },
      [`${bucketUrl()}/`, { ...fields, ...change }] as const,
    );
  const good = await post({});
  expect([good.status, good.text]).toEqual([200, '{"taken":true}']);
  expect(good.etag).toBe(`"${createHash('md5').update('content').digest('hex').toUpperCase()}"`);
  expect(told.at(-1)?.body).toBe('key=scripts%2Fone&who=me%20%26%20you');
  const keyUrl = Buffer.from(String(told.at(-1)?.headers['x-oss-pub-key-url']), 'base64').toString();
  expect(keyUrl).toBe(`${server.ossEndpoint}/.well-known/sluice-callback-key.pem`);
  const pem = await fetch(`${server.oss}${new URL(keyUrl).pathname}`);
  expect(await pem.text()).toMatch(/^-----BEGIN PUBLIC KEY-----/);
  const bad = await post({ key: 'scripts/two' });
  expect([bad.status, bad.text.includes('Policy Condition failed')]).toEqual([403, true]);
  await Promise.all([tab.close(), own.close()]);
});

test('the rights of the session hold for forms too: the files of media are closed to it', async () => {
  const { client, token } = await session();
  const form = new FormData();
  const fields = {
    key: 'media/stolen',
    'x-oss-security-token': token,
    ...client.calculatePostSignature({ expiration: expiration(), conditions: [] }),
  };
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', new Blob(['x']), 'x');
  const answer = await fetch(`${server.oss}/${server.credentials.bucket}`, { method: 'POST', body: form });
  expect([answer.status, /<Code>(\w+)</.exec(await answer.text())?.[1]]).toEqual([403, 'AccessDenied']);
});
