import { randomBytes } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateMultipartUploadCommand, ListMultipartUploadsCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findRgw, objectNames, type RgwContext, rgwClient, s3Options } from '../../../testing/rgw.js';
import { startTcpGate, type TcpGate } from '../../../testing/tcp-gate.js';
import { EngineFull, EngineUnavailable, type StorageEngine } from '../engine.js';
import { collect, putOptions, readBytes, streamOf } from '../testing/conformance.js';
import { openS3Engine, StoreUnusable } from './s3-engine.js';
import type { S3EngineOptions } from './s3-options.js';

let rgw: RgwContext;
let client: S3Client;
let gate: TcpGate;
let options: S3EngineOptions & { first: boolean };
let engine: StorageEngine;
const lines: { fields: object; message: string }[] = [];
const note = (fields: object, message: string): void => void lines.push({ fields, message });
const LIMITS = { answerMs: 400, stallMs: 400, connectMs: 2000 };

beforeEach(async () => {
  rgw = findRgw() as RgwContext;
  client = rgwClient(rgw);
  gate = await startTcpGate(new URL(rgw.endpoint));
  lines.length = 0;
  options = s3Options(rgw, {
    endpoint: `http://127.0.0.1:${gate.port}`,
    log: { debug: note, info: note, warn: note, error: note },
  });
  engine = await openS3Engine(options);
});
afterEach(async () => {
  client?.destroy();
  await gate?.close();
});

const kept = () => objectNames(client, rgw.bucket, `${options.prefix}blobs/`);
const refusal = (status: string, code: string, headers = ''): string => {
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>m</Message><StringToSign>signed text</StringToSign></Error>`;
  return `HTTP/1.1 ${status}\r\nContent-Type: application/xml\r\nContent-Length: ${body.length}\r\n${headers}Connection: close\r\n\r\n${body}`;
};
const body = (size: number) => [streamOf(randomBytes(size)), putOptions({ length: size })] as const;
/** Each way of storing: whole, streamed, in parts. */
const WAYS = [
  ['small', 1_000, {}],
  ['streamed', 3_000_000, {}],
  ['long chunked', 12_000_000, { length: undefined }],
] as const;
const bodyOf = (size: number, change: object) =>
  'length' in change ? ([streamOf(randomBytes(size)), putOptions()] as const) : body(size);

describe('a store that refuses', () => {
  it.each(WAYS)('a %s body for now is told of with its patience, and takes it later', async (_, size, change) => {
    gate.rules = { answer: refusal('503 Slow Down', 'SlowDown', 'Retry-After: 2\r\n') };
    await gate.cut();
    const error = await engine.put(...bodyOf(size, change)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(EngineUnavailable);
    expect((error as EngineUnavailable).retryAfter).toBe(2);
    expect((error as Error).message).toContain('503 SlowDown');
    gate.rules = {};
    expect(await kept()).toEqual([]);
    expect((await engine.put(...bodyOf(size, change))).size).toBe(size);
  });

  it('our own credentials is an outage to our clients, and neither key nor signed text is told', async () => {
    gate.rules = { answer: refusal('403 Forbidden', 'SignatureDoesNotMatch') };
    await gate.cut();
    const error = (await engine.put(...body(1_000)).catch((thrown: unknown) => thrown)) as Error;
    expect(error).toBeInstanceOf(EngineUnavailable);
    const all = JSON.stringify([error, error.message, error.stack, error.cause, lines]);
    expect(all).toContain('403 SignatureDoesNotMatch');
    for (const secret of [rgw.keys.secretAccessKey, rgw.keys.accessKeyId, 'signed text']) {
      expect(all).not.toContain(secret);
    }
  });

  it.each([
    ['403 Forbidden', 'QuotaExceeded'],
    ['507 Insufficient Storage', 'XMinioStorageFull'],
  ])('for want of space (%s %s) is full', async (status, code) => {
    gate.rules = { answer: refusal(status, code) };
    await gate.cut();
    await expect(engine.put(...body(3_000_000))).rejects.toBeInstanceOf(EngineFull);
  });

  it('a reading is an outage, not a missing blob', async () => {
    const { blob } = await engine.put(...body(1_000));
    gate.rules = { answer: refusal('403 Forbidden', 'AccessDenied') };
    await gate.cut();
    await expect(engine.read(blob, { start: 0, end: 9 })).rejects.toBeInstanceOf(EngineUnavailable);
    await expect(engine.delete(blob)).rejects.toBeInstanceOf(EngineUnavailable);
    await expect(engine.size(blob)).rejects.toBeInstanceOf(EngineUnavailable);
    await expect(collect(engine.listEarlier())).rejects.toBeInstanceOf(EngineUnavailable);
  });
});

describe('a store that goes away', () => {
  it.each(WAYS)(
    'under a %s body fails it, keeps nothing, and is used again when it is back',
    async (_, size, change) => {
      gate.rules = { cutAfter: Math.min(size >> 1, 1_000_000) };
      await gate.cut();
      await expect(engine.put(...bodyOf(size, change))).rejects.toBeInstanceOf(EngineUnavailable);
      gate.rules = {};
      await gate.cut();
      expect(await kept()).toEqual([]);
      expect((await engine.put(...bodyOf(size, change))).size).toBe(size);
    },
  );

  it('under one part of a body is tried again, because parts are kept until they are stored', async () => {
    // A connection carries one part, and breaks under the second.
    gate.rules = { cutAfter: 6_000_000 };
    await gate.cut();
    expect((await engine.put(...bodyOf(12_000_000, { length: undefined }))).size).toBe(12_000_000);
  });

  it('under a reader fails the reading', async () => {
    const { blob } = await engine.put(...body(8_000_000));
    const stream = await engine.read(blob, { start: 0, end: 7_999_999 });
    const reading = (async () => {
      for await (const _ of stream) await gate.cut();
    })();
    await expect(reading).rejects.toThrow();
  });

  it('altogether is told at once', async () => {
    await gate.close();
    await expect(engine.put(...body(3_000_000))).rejects.toBeInstanceOf(EngineUnavailable);
    gate = await startTcpGate(new URL(rgw.endpoint));
  });
});

describe('a store that falls silent', () => {
  beforeEach(async () => {
    engine = await openS3Engine({ ...options, first: false, limits: LIMITS });
  });

  it.each(WAYS)('under a %s body is given up', async (_, size, change) => {
    gate.rules = { silentAfter: Math.min(size >> 1, 1_000_000) };
    await gate.cut();
    await expect(engine.put(...bodyOf(size, change))).rejects.toBeInstanceOf(EngineUnavailable);
    gate.rules = {};
    await gate.cut();
    expect(await kept()).toEqual([]);
  });

  it('under a reader is given up', async () => {
    const { blob } = await engine.put(...body(8_000_000));
    gate.rules = { muteAfter: 1_000_000 };
    await gate.cut();
    const stream = await engine.read(blob, { start: 0, end: 7_999_999 });
    const reading = (async () => {
      for await (const _ of stream);
    })();
    await expect(reading).rejects.toBeInstanceOf(EngineUnavailable);
  });

  it('has nothing to do with a sender who is slow', async () => {
    const sender = new PassThrough();
    const putting = engine.put(sender, putOptions({ length: 600_000 }));
    sender.write(randomBytes(300_000));
    await sleep(3 * LIMITS.stallMs);
    sender.end(randomBytes(300_000));
    expect((await putting).size).toBe(600_000);
  });

  it('has nothing to do with a reader who is slow', async () => {
    const whole = randomBytes(8_000_000);
    const { blob } = await engine.put(streamOf(whole), putOptions({ length: whole.length }));
    const stream = await engine.read(blob, { start: 0, end: whole.length - 1 });
    const chunks: Buffer[] = [];
    for await (const chunk of stream) {
      if (chunks.push(chunk as Buffer) === 1) await sleep(3 * LIMITS.stallMs);
    }
    expect(Buffer.concat(chunks).equals(whole)).toBe(true);
  });
});

describe('a reader', () => {
  it('who is slow is not read ahead for, and who leaves ends the request', async () => {
    const size = 64_000_000;
    const { blob } = await engine.put(...body(size));
    const before = gate.bytesToClients;
    const stream = await engine.read(blob, { start: 0, end: size - 1 });
    await sleep(300);
    const passed = gate.bytesToClients - before;
    // What the kernel's buffers on the way take, and no more.
    expect(passed).toBeLessThan(size / 2);
    stream.destroy();
    await sleep(200);
    expect(gate.bytesToClients - before).toBeLessThan(size / 2);
  });
});

it('bodies of unknown length take turns, because each is gathered in memory', async () => {
  const one = await openS3Engine({ ...options, first: false, limits: { gatheredBodies: 1 } });
  const first = new PassThrough();
  const putting = one.put(first, putOptions());
  first.write('a');
  await sleep(50);
  const abort = new AbortController();
  const impatient = one.put(streamOf(randomBytes(100)), putOptions({ signal: abort.signal }));
  const patient = one.put(streamOf(randomBytes(300)), putOptions());
  const known = one.put(streamOf(randomBytes(200)), putOptions({ length: 200 }));
  expect((await known).size).toBe(200);
  abort.abort(new Error('enough'));
  await expect(impatient).rejects.toThrow('enough');
  first.end('b');
  expect((await putting).size).toBe(2);
  expect((await patient).size).toBe(300);
});

it('a body that was changed on the way to the store is refused and not kept', async () => {
  const change = (chunk: Buffer): Buffer => {
    const other = Buffer.from(chunk);
    // Heads are small; a byte of the body is turned.
    if (other.length > 10_000) other[other.length - 1] = (other[other.length - 1] as number) ^ 1;
    return other;
  };
  gate.rules = { change };
  await gate.cut();
  await expect(engine.put(...body(3_000_000))).rejects.toThrow('other bytes');
  await expect(engine.put(...body(200_000))).rejects.toBeInstanceOf(EngineUnavailable);
  gate.rules = {};
  await gate.cut();
  expect(await kept()).toEqual([]);
});

describe('what earlier runs left', () => {
  it('is ended where it is unfinished, and left alone where it is ours or somebody else’s', async () => {
    const begin = (key: string) =>
      client.send(new CreateMultipartUploadCommand({ Bucket: rgw.bucket, Key: `${options.prefix}${key}` }));
    await begin(`blobs/s${'a'.repeat(32)}`);
    await begin('blobs/not-ours');
    const sender = new PassThrough();
    const putting = engine.put(sender, putOptions());
    sender.write(randomBytes(6_000_000));
    const unfinished = async () => {
      const page = await client.send(
        new ListMultipartUploadsCommand({ Bucket: rgw.bucket, Prefix: `${options.prefix}blobs/` }),
      );
      return (page.Uploads ?? []).map(({ Key }) => Key?.slice(options.prefix.length));
    };
    for (let i = 0; i < 100 && (await unfinished()).length < 3; i++) await sleep(20);
    expect(await collect(engine.listEarlier())).toEqual([]);
    const left = await unfinished();
    expect(left).toHaveLength(2);
    expect(left).toContain('blobs/not-ours');
    sender.end();
    expect((await putting).size).toBe(6_000_000);
  });

  it('is listed whole, beyond a page of the store', { timeout: 120_000 }, async () => {
    const blobs: string[] = [];
    const work = async (): Promise<void> => {
      while (blobs.length < 1_030) blobs.push((await engine.put(...body(1))).blob);
    };
    await Promise.all(Array.from({ length: 16 }, work));
    const next = await openS3Engine({ ...options, first: false });
    expect((await collect(next.listEarlier())).sort()).toEqual([...blobs].sort());
  });
});

describe('at the start', () => {
  const line = async (change: Partial<S3EngineOptions> & { first?: boolean }): Promise<string> => {
    const error = await openS3Engine({ ...options, ...change }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StoreUnusable);
    const { message } = error as Error;
    expect(message).not.toContain('\n');
    for (const secret of [rgw.keys.secretAccessKey, 'wrong secret']) expect(message).not.toContain(secret);
    return message;
  };

  it('says what is wrong with the settings', async () => {
    expect(await line({ bucket: 'nobody-made-it' })).toMatch(/nobody-made-it .*404 NoSuchBucket.*make the bucket/);
    expect(await line({ keys: { accessKeyId: 'nobody', secretAccessKey: 'wrong secret' } })).toMatch(
      /403 InvalidAccessKeyId.*SLUICE_S3_ACCESS_KEY_ID/,
    );
    expect(await line({ keys: { ...rgw.keys, secretAccessKey: 'wrong secret' } })).toMatch(
      /403 SignatureDoesNotMatch.*SLUICE_S3_SECRET_ACCESS_KEY/,
    );
    expect(await line({ endpoint: 'http://127.0.0.1:1' })).toMatch(
      /ECONNREFUSED 127\.0\.0\.1:1; check SLUICE_S3_ENDPOINT/,
    );
    expect(await line({ endpoint: 'http://no-such-host.invalid' })).toMatch(/ENOTFOUND|EAI_AGAIN/);
  });

  it('finds that the bucket or the prefix is not that of the catalog', async () => {
    expect(await line({ prefix: `${options.prefix}other/`, first: false })).toMatch(
      /holds nothing of this installation/,
    );
    await openS3Engine({ ...options, first: false });
  });
});

it('reads across runs', async () => {
  const whole = randomBytes(1_000_000);
  const { blob } = await engine.put(streamOf(whole), putOptions({ length: whole.length }));
  const next = await openS3Engine({ ...options, first: false });
  expect((await readBytes(next, blob, 10, 999_999)).equals(whole.subarray(10))).toBe(true);
});
