import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BodyInterrupted, EngineUnavailable, type StorageEngine } from '../engine.js';
import { collect, putOptions, readBytes, streamOf } from '../testing/conformance.js';
import { openS3Engine, StoreUnusable } from './s3-engine.js';
import type { S3EngineOptions } from './s3-options.js';

/** What a test has the store say instead; `false` leaves the answer to it. */
type Script = (call: string, req: IncomingMessage, res: ServerResponse) => boolean;

/** As much of a store as the engine asks for; what a real one does not do on demand is scripted. */
let objects: Map<string, Buffer>;
let script: Script;
let server: Server;
let options: S3EngineOptions & { first: boolean };
let engine: StorageEngine;
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

const LIMITS = { answerMs: 2000, stallMs: 400, connectMs: 2000 };
const xml = (name: string, inner: string): string => `<?xml version="1.0"?><${name}>${inner}</${name}>`;
const error = (code: string): string => xml('Error', `<Code>${code}</Code><Message>m</Message>`);
const md5 = (bytes: Buffer): string => `"${createHash('md5').update(bytes).digest('hex')}"`;

function callOf(req: IncomingMessage, url: URL): string {
  if (url.searchParams.has('list-type')) return 'ListObjectsV2';
  if (url.searchParams.has('partNumber')) return 'UploadPart';
  if (url.searchParams.has('uploadId')) return req.method === 'POST' ? 'Complete' : 'Abort';
  if (url.searchParams.has('uploads')) return req.method === 'POST' ? 'Create' : 'ListMultipartUploads';
  return req.method ?? '';
}

async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const url = new URL(req.url ?? '', 'http://store');
  const call = callOf(req, url);
  const body = await buffer(req);
  if (script(call, req, res)) return;
  const key = url.pathname;
  const found = objects.get(key);
  if (call === 'PUT') {
    objects.set(key, body);
    res.setHeader('ETag', md5(body)).end();
  } else if (call === 'UploadPart') res.setHeader('ETag', md5(body)).end();
  else if (call === 'Create') res.end(xml('InitiateMultipartUploadResult', '<UploadId>u</UploadId>'));
  else if (call === 'Complete') res.writeHead(404).end(error('NoSuchUpload'));
  else if (call === 'Abort') res.writeHead(204).end();
  else if (call === 'ListObjectsV2') res.end(xml('ListBucketResult', '<IsTruncated>false</IsTruncated>'));
  else if (call === 'ListMultipartUploads') res.end(xml('ListMultipartUploadsResult', ''));
  else if (call === 'DELETE') {
    objects.delete(key);
    res.writeHead(204).end();
  } else if (found === undefined) res.writeHead(404).end(call === 'HEAD' ? undefined : error('NoSuchKey'));
  else {
    const [, start = '0', end = ''] = /bytes=(\d+)-(\d*)/.exec(req.headers.range ?? '') ?? [];
    const part = found.subarray(Number(start), end === '' ? undefined : Number(end) + 1);
    res.writeHead(req.headers.range ? 206 : 200, { 'Content-Length': part.length });
    res.end(call === 'HEAD' ? undefined : part);
  }
}

beforeEach(async () => {
  objects = new Map();
  script = () => false;
  server = createServer((req, res) => void answer(req, res).catch(() => res.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  options = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    bucket: 'media',
    prefix: 'sluice/1/',
    keys: { accessKeyId: 'key', secretAccessKey: 'secret' },
    pathStyle: true,
    connections: 16,
    random: { bytes: (length) => randomBytes(length) },
    log: quiet,
    limits: LIMITS,
    first: true,
  };
  engine = await openS3Engine(options);
});

afterEach(async () => {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
});

const put = (size: number) => engine.put(streamOf(randomBytes(size)), putOptions({ length: size }));
const putInParts = (size: number) => engine.put(streamOf(randomBytes(size)), putOptions());

describe('a store that stops in the middle of an answer', () => {
  const stopIn =
    (stopped: string, status = 200): Script =>
    (call, _, res) => {
      if (call !== stopped) return false;
      res.writeHead(status, { 'Content-Length': 1000 }).write('<?xml');
      return true;
    };

  it.each([
    ['PUT', () => put(1000)],
    ['PUT', () => put(600_000)],
    ['Complete', () => putInParts(6_000_000)],
    ['ListObjectsV2', () => collect(engine.listEarlier())],
    ['DELETE', () => engine.delete(`s${'0'.repeat(32)}`)],
  ])('to %s is given up', async (call, act) => {
    script = stopIn(call);
    await expect(act()).rejects.toBeInstanceOf(EngineUnavailable);
    script = stopIn(call, 503);
    await expect(act()).rejects.toBeInstanceOf(EngineUnavailable);
  });

  it('to a reading is given up, though it was about to refuse it', async () => {
    const { blob } = await put(1000);
    script = stopIn('GET', 503);
    await expect(engine.read(blob, { start: 0, end: 999 })).rejects.toBeInstanceOf(EngineUnavailable);
  });

  it.each(['ListObjectsV2', 'GET'])('to %s at the start is told of', async (call) => {
    script = stopIn(call);
    await expect(openS3Engine(options)).rejects.toBeInstanceOf(StoreUnusable);
  });
});

describe('a 404', () => {
  it.each([
    ['NoSuchKey', undefined],
    ['NoSuchBucket', EngineUnavailable],
    ['', EngineUnavailable],
  ])('with the code "%s" tells whether a blob is missing', async (code, failure) => {
    const { blob } = await put(1000);
    script = (call, _, res) => {
      res.writeHead(404).end(call === 'HEAD' ? undefined : code === '' ? '<html>no such page</html>' : error(code));
      return true;
    };
    if (failure === undefined) expect(await engine.size(blob)).toBeUndefined();
    else {
      await expect(engine.size(blob)).rejects.toBeInstanceOf(failure);
      await expect(engine.read(blob, { start: 0, end: 9 })).rejects.toBeInstanceOf(failure);
      await expect(engine.delete(blob)).rejects.toBeInstanceOf(failure);
    }
  });
});

describe('a 200 to the end of an upload in parts', () => {
  it.each([
    ['an error', error('InternalError')],
    ['an error and a line end', `${error('InternalError')}\n`],
    ['nothing but what kept the connection open', '   \n'],
  ])('that holds %s is no success', async (_, text) => {
    script = (call, __, res) => {
      if (call === 'Complete') res.writeHead(200).end(text);
      return call === 'Complete';
    };
    await expect(putInParts(6_000_000)).rejects.toBeInstanceOf(EngineUnavailable);
  });
});

it('a range that the store does not keep to is not taken for it', async () => {
  const { blob } = await put(1000);
  script = (call, req) => {
    if (call === 'GET') delete req.headers.range;
    return false;
  };
  await expect(readBytes(engine, blob, 10, 19)).rejects.toBeInstanceOf(EngineUnavailable);
});

it('a sender who goes away while its body waits for its turn leaves the line', async () => {
  const one = await openS3Engine({ ...options, limits: { ...LIMITS, gatheredBodies: 1 } });
  const first = new PassThrough();
  const putting = one.put(first, putOptions());
  first.write('a');
  const second = new PassThrough();
  const waiting = one.put(second, putOptions());
  await setImmediate();
  second.destroy(new Error('gone'));
  await expect(waiting).rejects.toBeInstanceOf(BodyInterrupted);
  first.end();
  expect((await putting).size).toBe(1);
});
