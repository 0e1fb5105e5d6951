import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { put, raw } from '../testing/client.js';
import { startPlane } from '../testing/data-plane.js';
import { callbackText, PUBLIC_PEM, testCallbacks } from '../testing/receiver.js';

const page = new URL('../../../../../docs/callbacks.md', import.meta.url);

it('the receiver of the documentation takes genuine callbacks, and no others', async () => {
  const [, sample = ''] = /```js\n([\s\S]*?)```/.exec(await readFile(page, 'utf8')) ?? [];
  const directory = await mkdtemp(join(tmpdir(), 'sluice-sample-'));
  const file = join(directory, 'receiver.mjs');
  await writeFile(file, sample);
  const keys = createServer((_, res) => void res.end(PUBLIC_PEM));
  await new Promise<void>((resolve) => keys.listen(0, '127.0.0.1', resolve));
  const plane = await startPlane({ callbacks: testCallbacks() });
  let child: ChildProcess | undefined;
  try {
    const keyUrl = `http://127.0.0.1:${(keys.address() as AddressInfo).port}/key.pem`;
    child = spawn(process.execPath, [file], {
      env: { CALLBACK_KEY_URL: keyUrl, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [printed] = (await once(child.stdout as NonNullable<ChildProcess['stdout']>, 'data')) as [Buffer];
    const port = Number(printed.toString());
    const callback = callbackText({
      callbackUrl: `http://127.0.0.1:${port}/a%20b?c=%20d`,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the dialect
      callbackBody: 'object=${object}',
    });
    const reply = await put(plane, 'film ü.mp4', 'x', { 'x-oss-callback': callback });
    expect([reply.status, reply.body.toString()]).toEqual([200, '{"stored":"film ü.mp4"}']);
    const forged = { method: 'POST', path: '/a', body: 'object=x', headers: { authorization: 'AAAA' } };
    expect((await raw({ port, clock: plane.clock }, forged)).status).toBe(403);
  } finally {
    child?.kill();
    keys.close();
    await plane.close();
    await rm(directory, { recursive: true });
  }
});
