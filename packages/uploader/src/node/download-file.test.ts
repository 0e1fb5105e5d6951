import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc64 } from '@sluice/wire';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { verifyDownload } from '../download.js';
import { downloadFile } from './download-file.js';

const body = randomBytes(700_001);
const sum = crc64(body).toString();
const good = { 'content-length': String(body.length), 'x-oss-hash-crc64ecma': sum };
const flipped = Buffer.from(body);
flipped[500_000] = (flipped[500_000] ?? 0) ^ 1;

let directory: string;
let server: Server;
let answer: RequestListener;
let url: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-download-'));
  server = createServer((req, res) => answer(req, res));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://films.oss.localhost:${(server.address() as AddressInfo).port}/a?Signature=secret`;
});
afterEach(async () => {
  for (const name of await readdir(directory)) await rm(join(directory, name));
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(directory, { recursive: true, force: true });
});

const serve = (status: number, headers: Record<string, string>, content: Buffer | string) => {
  answer = (_, res) => void res.writeHead(status, headers).end(content);
};
const file = () => join(directory, 'film');

describe('downloadFile', () => {
  test('writes a file whose bytes are those that were stored', async () => {
    serve(200, good, body);
    const seen: number[] = [];
    const done = await downloadFile(url, file(), { onProgress: (bytes) => seen.push(bytes) });
    expect(done).toEqual({ bytes: body.length, crc64: sum });
    expect((await readFile(file())).equals(body)).toBe(true);
    expect(seen.at(-1)).toBe(body.length);
    expect(await readdir(directory)).toEqual(['film']);
  });

  test('an empty object is an empty file', async () => {
    serve(200, { 'content-length': '0', 'x-oss-hash-crc64ecma': '0' }, '');
    expect(await downloadFile(url, file())).toEqual({ bytes: 0, crc64: '0' });
    expect((await readFile(file())).length).toBe(0);
  });

  test.each([
    ['Damaged', 200, good, flipped],
    ['Damaged', 200, { 'x-oss-hash-crc64ecma': sum }, body.subarray(1)],
    ['NotVerifiable', 200, { 'content-length': String(body.length) }, body],
    ['NotVerifiable', 200, { ...good, 'content-encoding': 'gzip' }, body],
    ['NotVerifiable', 206, good, body],
    ['Refused', 302, { location: 'http://elsewhere.test/' }, ''],
    ['Refused', 404, {}, '<Error><Code>NoSuchKey</Code><Message>Not there.</Message></Error>'],
  ])('%s for status %i leaves nothing behind', async (code, status, headers, content) => {
    serve(status, headers as Record<string, string>, content);
    const failed = downloadFile(url, file());
    await expect(failed).rejects.toMatchObject({ name: 'DownloadError', code });
    await expect(failed).rejects.not.toMatchObject({ message: expect.stringContaining('secret') });
    if (status === 404) await expect(failed).rejects.toThrow('404 (NoSuchKey: Not there.)');
    expect(await readdir(directory)).toEqual([]);
  });

  test('a connection that breaks is no file', async () => {
    answer = (_, res) => {
      res.writeHead(200, good).write(body.subarray(0, 300_000), () => res.destroy());
    };
    await expect(downloadFile(url, file())).rejects.toMatchObject({ code: 'Network' });
    expect(await readdir(directory)).toEqual([]);
  });

  test('ends when told to, and when the server falls silent', async () => {
    const abort = new AbortController();
    answer = (_, res) => {
      res.writeHead(200, good).write(body.subarray(0, 1000));
    };
    const stopped = downloadFile(url, file(), { signal: abort.signal, onProgress: () => abort.abort() });
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    await expect(downloadFile(url, file(), { idleMs: 30 })).rejects.toMatchObject({ code: 'Network' });
    expect(await readdir(directory)).toEqual([]);
  });

  test('replaces a file only when told to', async () => {
    await writeFile(file(), 'mine');
    serve(200, good, body);
    await expect(downloadFile(url, file())).rejects.toMatchObject({ code: 'File' });
    expect((await readFile(file())).toString()).toBe('mine');
    await downloadFile(url, file(), { overwrite: true });
    expect((await readFile(file())).length).toBe(body.length);
    await expect(downloadFile(url, join(directory, 'no', 'where'))).rejects.toMatchObject({ code: 'File' });
  });

  test('puts no file in the place of something else, and asks for none', async () => {
    const pipe = join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    answer = () => {
      throw new Error('it was asked');
    };
    for (const other of [pipe, directory]) {
      const refused = downloadFile(url, other, { overwrite: true });
      await expect(refused).rejects.toMatchObject({ code: 'File', message: `${other} is not a file.` });
    }
    expect((await stat(pipe)).isFIFO()).toBe(true);
  });
});

describe('verifyDownload', () => {
  const loopback = () => url.replace('films.oss.localhost', '127.0.0.1');
  const read = async () => Buffer.from(await new Response(verifyDownload(await fetch(loopback()))).arrayBuffer());

  test('passes the body through', async () => {
    serve(200, good, body);
    expect((await read()).equals(body)).toBe(true);
  });

  test.each([
    ['Damaged', 200, good, flipped],
    ['NotVerifiable', 200, {}, body],
    ['Refused', 403, {}, ''],
  ])('fails: %s', async (code, status, headers, content) => {
    serve(status, headers as Record<string, string>, content);
    await expect(read()).rejects.toMatchObject({ code });
  });
});
