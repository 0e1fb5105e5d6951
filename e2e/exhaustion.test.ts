/** A real server on a real disk that fills up, and one that may open few files. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { callOss, type OssAnswer } from './support/api.js';
import { allowOss } from './support/oss-access.js';
import { cli, type ServerProcess, startServer, temporaryDirectory } from './support/server.js';
import { smallDisk } from './support/small-disk.js';

const MIB = 1024 * 1024;
const disk = smallDisk(140);
let server: ServerProcess | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

const oss = (method: string, key: string, body?: Buffer, query: [string, string][] = []): Promise<OssAnswer> => {
  if (!server) throw new Error('no server');
  const { appServer, bucket } = server.credentials;
  return callOss(server, appServer, method, bucket, key, { query, ...(body ? { body } : {}) });
};
const refusal = ({ status, body }: OssAnswer) => [status, /<Code>([^<]*)/.exec(body.toString())?.[1]];

test.runIf(disk)(
  'a full disk is told as such, costs nothing that was stored, and is over when there is space',
  async () => {
    const inside = (path: string, pid: number) => `/proc/${pid}/root${path}`;
    const before = disk?.before ?? [];
    const data = `${disk?.directory}/data`;
    // The permission is put into the database before the server opens it, so the first start is in the same place.
    const prepared = await temporaryDirectory();
    await (await startServer({ data: prepared })).stop();
    allowOss(prepared);
    const script = [...before, 'sh', '-c', `cp -r ${prepared} ${data} && exec "$@"`, 'sh'];
    server = await startServer({ data, before: script, seenFromOutside: inside });
    await rm(prepared, { recursive: true });

    const kept = new Map<string, Buffer>();
    const uploadId =
      /<UploadId>([^<]+)/.exec(String((await oss('POST', 'film', undefined, [['uploads', '']])).body))?.[1] ?? '';
    const part = (number: number, body: Buffer) =>
      oss('PUT', 'film', body, [
        ['partNumber', String(number)],
        ['uploadId', uploadId],
      ]);
    const first = randomBytes(100 * 1024);
    expect((await part(1, first)).status).toBe(200);
    let full: OssAnswer | undefined;
    for (let i = 0; i < 200 && !full; i++) {
      const body = randomBytes(MIB);
      const answer = await oss('PUT', `o${i}`, body);
      if (answer.status === 200) kept.set(`o${i}`, body);
      else full = answer;
    }
    expect(full && refusal(full)).toEqual([503, 'ServiceUnavailable']);
    expect(full?.body.toString()).toContain('no space left');
    // What is small is refused as well: the rest is for the index.
    expect(refusal(await oss('PUT', 'tiny', Buffer.from('x')))).toEqual([503, 'ServiceUnavailable']);
    expect(refusal(await part(2, Buffer.from('x')))).toEqual([503, 'ServiceUnavailable']);
    // A body that began while there was space, and is larger than what is left of it.
    const large = await oss('PUT', 'large', Buffer.alloc(100 * MIB));
    expect(refusal(large)).toEqual([503, 'ServiceUnavailable']);
    expect((await oss('GET', 'large')).status).toBe(404);
    // What needs no bytes goes on: uploads are completed, objects deleted.
    const xml = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${(await oss('GET', 'film', undefined, [['uploadId', uploadId]])).body.toString().match(/<ETag>(?:&quot;|")([0-9A-F]+)/)?.[1]}</ETag></Part></CompleteMultipartUpload>`;
    expect((await oss('POST', 'film', Buffer.from(xml), [['uploadId', uploadId]])).status).toBe(200);
    expect((await oss('GET', 'film')).body.equals(first)).toBe(true);
    for (const [key, body] of kept) expect((await oss('GET', key)).body.equals(body), key).toBe(true);

    const [some = ''] = kept.keys();
    for (const key of [...kept.keys()].slice(0, 20)) expect((await oss('DELETE', key)).status).toBe(204);
    // The space comes back a moment after the answer.
    let again = await oss('PUT', some, Buffer.from('again'));
    for (let i = 0; i < 100 && again.status !== 200; i++) {
      await sleep(20);
      again = await oss('PUT', some, Buffer.from('again'));
    }
    expect(again.status).toBe(200);
    expect((await oss('GET', some)).body.toString()).toBe('again');
  },
);

test.runIf(disk)('a start on a full disk says so, and is no reason to restore a backup', () => {
  const { before = [], directory = '' } = disk ?? {};
  const script = `mkdir ${directory}/data; dd if=/dev/zero of=${directory}/rest bs=64k 2>/dev/null; exec "$@"`;
  const [command = '', ...args] = [...before, 'sh', '-c', script, 'sh', process.execPath, cli, 'serve'];
  const { status, stderr } = spawnSync(command, [...args, '--data', `${directory}/data`], { encoding: 'utf8' });
  expect(stderr).toBe(
    `sluice: no space is left for the database ${directory}/data/sluice.db: make some, and start again\n`,
  );
  expect(status).toBe(1);
});

test('a server that may open few files refuses for a while, loses nothing, and recovers', async () => {
  const data = await temporaryDirectory();
  await (await startServer({ data })).stop();
  allowOss(data);
  server = await startServer({ data });
  const body = randomBytes(200_000);
  expect((await oss('PUT', 'before', body)).status).toBe(200);
  // Few beyond those that are open: the modules of the server take more than that at the start.
  const { pid } = server.process;
  const open = readdirSync(`/proc/${pid}/fd`).length;
  expect(spawnSync('prlimit', [`--pid=${pid}`, `--nofile=${open + 40}`]).status).toBe(0);
  const port = server.ossPort;
  const idle: Socket[] = [];
  for (let i = 0; i < 30; i++) idle.push(connect(port, '127.0.0.1').on('error', () => {}));
  await sleep(300);
  // Some are answered, some refused, some not taken at all; what is acknowledged is there.
  const tried = await Promise.allSettled(
    Array.from({ length: 30 }, (_, i) => Promise.race([oss('PUT', `k${i}`, body), sleep(3000).then(() => undefined)])),
  );
  const acknowledged = tried.flatMap((one, i) => (one.status === 'fulfilled' && one.value?.status === 200 ? [i] : []));
  for (const one of tried) {
    if (one.status === 'fulfilled' && one.value) expect([200, 500, 503]).toContain(one.value.status);
  }
  for (const socket of idle) socket.destroy();
  let after: OssAnswer | undefined;
  for (let i = 0; i < 100 && after?.status !== 200; i++) {
    await sleep(50);
    after = await oss('PUT', 'after', body).catch(() => undefined);
  }
  expect(after?.status).toBe(200);
  for (const key of ['before', 'after', ...acknowledged.map((i) => `k${i}`)]) {
    expect((await oss('GET', key)).body.equals(body), key).toBe(true);
  }
  await server.stop();
  server = undefined;
  await rm(data, { recursive: true, force: true });
});

test.runIf(existsSync('/dev/full'))('a log on a disk that is full stops nothing', async () => {
  server = await startServer({ before: ['sh', '-c', 'exec "$@" 2>/dev/full', 'sh'] });
  for (let i = 0; i < 3; i++) expect((await fetch(`${server.api}/token`, { method: 'POST' })).status).toBe(200);
  expect(await server.stop()).toBe(0);
  server = undefined;
});
