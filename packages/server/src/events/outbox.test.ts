import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DatabaseUnavailable } from '../db/database-errors.js';
import { giveLateDurability } from '../db/late-durability.js';
import type { Database, OutboxTable } from '../db/schema.js';
import { transact } from '../db/transact.js';
import type { Clock } from '../runtime.js';
import { systemClock } from '../runtime-system.js';
import { MINUTE, movableClock, recordedLog, START, someRandom } from '../testing/fixed-parts.js';
import { openTestDatabase } from '../testing/test-database.js';
import { httpCallback } from './http-callback.js';
import { type Outbox, outbox } from './outbox.js';

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly at: number;
}

let server: Server;
let url: string;
let received: Received[];
/** What the receiver answers; the last one for all that follow. */
let answers: ((response: ServerResponse) => void)[];
let directory: string;
let db: Database;
const opened: Outbox[] = [];

const answering =
  (status: number, headers: Record<string, string> = {}) =>
  (response: ServerResponse) =>
    void response.writeHead(status, headers).end('ignored');

beforeEach(async () => {
  received = [];
  answers = [answering(200)];
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method, headers } = request;
    received.push({ method, url: request.url, headers, body: Buffer.concat(chunks).toString(), at: Date.now() });
    (answers.length > 1 ? answers.shift() : answers[0])?.(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?tenant=7`;
  directory = await mkdtemp(join(tmpdir(), 'sluice-events-'));
  db = await openTestDatabase(directory);
});
afterEach(async () => {
  for (const one of opened.splice(0)) await one.stop();
  await db.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(directory, { recursive: true });
});

function open(callback: string | undefined = url, authKey?: string, clock: Clock = systemClock): Outbox {
  const made = outbox(db, callback, httpCallback(authKey, clock), clock, someRandom, recordedLog());
  opened.push(made);
  return made;
}
const event = (n: number) => ({
  type: 'FileUploadComplete',
  body: { EventType: 'FileUploadComplete', VideoId: String(n) },
});
const rows = () => db.selectFrom('outbox').selectAll().execute();
const ids = () => received.map(({ body }) => Number((JSON.parse(body) as { VideoId: string }).VideoId));
const until = (expectation: () => void | Promise<void>) => vi.waitFor(expectation, { timeout: 10_000, interval: 20 });

describe('an event', () => {
  test('is sent as a POST of JSON to the configured URL, once', async () => {
    const events = open();
    await events.add(db, event(1));
    events.wake();
    await until(async () => expect(await rows()).toEqual([]));
    expect(received).toMatchObject([
      { method: 'POST', url: '/hook?tenant=7', body: '{"EventType":"FileUploadComplete","VideoId":"1"}' },
    ]);
    expect(received[0]?.headers['content-type']).toBe('application/json;charset=utf-8');
    expect(received[0]?.headers).not.toHaveProperty('x-vod-signature');
    events.wake();
    await events.stop();
    expect(received).toHaveLength(1);
  });

  test('goes with its transaction or not at all', async () => {
    const events = open();
    const undone = transact(db, async (transaction) => {
      await events.add(transaction, event(1));
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect(await rows()).toEqual([]);
  });

  test('is sent only when it is on disk what it tells of', async () => {
    const happened: string[] = [];
    let onDisk = (): void => undefined;
    const settle = (): Promise<void> => {
      happened.push('asked');
      return new Promise((resolve) => {
        onDisk = resolve;
      });
    };
    giveLateDurability(db, { deferNext: () => undefined, settle });
    const deliver = async (): Promise<undefined> => void happened.push('sent');
    const events = outbox(db, url, deliver, systemClock, someRandom, recordedLog());
    opened.push(events);
    await events.add(db, event(1));
    events.wake();
    await until(() => expect(happened).not.toEqual([]));
    expect(happened).toEqual(['asked']);
    onDisk();
    await until(async () => expect((await rows())[0]?.delivered_at).not.toBeNull());
    expect(happened).toEqual(['asked', 'sent']);
  });

  test('is not sent when what it tells of may never get to disk', async () => {
    const settle = () =>
      Promise.reject(new DatabaseUnavailable('the log of the database could not be written to disk'));
    giveLateDurability(db, { deferNext: () => undefined, settle });
    const log = recordedLog();
    const sent: string[] = [];
    const deliver = async (_: string, body: string): Promise<undefined> => void sent.push(body);
    const events = outbox(db, url, deliver, systemClock, someRandom, log);
    opened.push(events);
    await events.add(db, event(1));
    events.wake();
    await until(() => expect(log.text()).toContain('event delivery failed, trying again'));
    expect(sent).toEqual([]);
  });

  test('is not kept when nobody wants it', async () => {
    const events = open(undefined);
    const silent = outbox(db, undefined, httpCallback(undefined, systemClock), systemClock, someRandom, recordedLog());
    await silent.add(db, event(1));
    silent.wake();
    await silent.stop();
    await events.stop();
    expect(await rows()).toEqual([]);
  });

  test.each([201, 302, 500])('answered with %i is tried again: only 200 counts', async (status) => {
    answers = [answering(status), answering(200)];
    const events = open();
    await events.add(db, event(1));
    events.wake();
    await until(async () => expect(await rows()).toEqual([]));
    expect(received).toHaveLength(2);
    expect((received[1]?.at ?? 0) - (received[0]?.at ?? 0)).toBeGreaterThanOrEqual(900);
  });

  test('is given up after three attempts, and the reason is kept', async () => {
    answers = [answering(503)];
    const events = open();
    await events.add(db, event(1));
    events.wake();
    await until(async () => expect((await rows())[0]?.abandoned_at).not.toBeNull());
    expect(received).toHaveLength(3);
    expect((await rows())[0]).toMatchObject({
      attempts: 3,
      delivered_at: null,
      last_error: 'the receiver answered 503',
    });
  });

  test('does not follow a redirect', async () => {
    answers = [answering(307, { location: '/elsewhere' }), answering(200)];
    const events = open();
    await events.add(db, event(1));
    events.wake();
    await until(async () => expect(await rows()).toEqual([]));
    expect(received.map((one) => one.url)).toEqual(['/hook?tenant=7', '/hook?tenant=7']);
  });

  test('is delivered although the connection broke the first time', async () => {
    answers = [(response) => void response.destroy(), answering(200)];
    const events = open();
    await events.add(db, event(1));
    events.wake();
    await until(async () => expect(await rows()).toEqual([]));
    expect(received).toHaveLength(2);
  });

  test('does not wait until a clock that was set back is there again', async () => {
    const clock = movableClock();
    const events = outbox(db, url, httpCallback(undefined, clock), clock, someRandom, recordedLog());
    opened.push(events);
    await events.add(db, event(1));
    await events.add(db, event(2));
    clock.advance(-60 * MINUTE);
    events.wake();
    await until(() => expect(ids().sort()).toEqual([1, 2]));
  });

  test('survives a stop before it was sent', async () => {
    const before = open();
    await before.add(db, event(1));
    await before.stop();
    before.wake();
    await db.destroy();
    db = await openTestDatabase(directory);
    expect(received).toEqual([]);
    open().wake();
    await until(() => expect(ids()).toEqual([1]));
  });
});

describe('what is over', () => {
  const HOUR = 3600_000;
  const row = (id: string, over: Partial<OutboxTable>): OutboxTable => ({
    event_id: id,
    event_type: 'FileUploadComplete',
    url,
    body: '{}',
    attempts: 3,
    next_attempt_at: START,
    created_at: START,
    delivered_at: null,
    abandoned_at: null,
    last_error: null,
    ...over,
  });

  test('does not stay: delivered events leave at once, abandoned ones after seven days', async () => {
    const clock = movableClock(START);
    await db
      .insertInto('outbox')
      .values([
        row('delivered-by-an-older-release', { delivered_at: START }),
        row('abandoned-long-ago', { abandoned_at: START - 7 * 24 * HOUR - 1 }),
        row('abandoned-lately', { abandoned_at: START - 6 * 24 * HOUR }),
      ])
      .execute();
    const events = open(url, undefined, clock);
    events.wake();
    await until(async () => expect((await rows()).map((one) => one.event_id)).toEqual(['abandoned-lately']));
    clock.advance(25 * HOUR);
    events.wake();
    await until(async () => expect(await rows()).toEqual([]));
    expect(received).toEqual([]);
  });
});

describe('many events', () => {
  /** Answers late, so that deliveries meet; tells what was under way together. */
  function slowReceiver() {
    const flying: string[] = [];
    const begun: string[] = [];
    let most = 0;
    const deliver = async (_: string, body: string): Promise<undefined> => {
      const { VideoId } = JSON.parse(body) as { VideoId: string };
      expect(flying).not.toContain(VideoId);
      begun.push(body);
      flying.push(VideoId);
      most = Math.max(most, flying.length);
      await new Promise((resolve) => setTimeout(resolve, 20));
      flying.splice(flying.indexOf(VideoId), 1);
    };
    const events = outbox(db, url, deliver, systemClock, someRandom, recordedLog());
    opened.push(events);
    return { events, begun, most: () => most };
  }

  test('go out side by side, begun in the order they were added', async () => {
    const { events, begun, most } = slowReceiver();
    const all = Array.from({ length: 250 }, (_, n) => event(n));
    await transact(db, async (transaction) => {
      for (const one of all) await events.add(transaction, one);
    });
    events.wake();
    await until(async () => expect(await rows()).toEqual([]));
    expect(begun).toEqual(all.map(({ body }) => JSON.stringify(body)));
    expect(most()).toBe(16);
  });

  test('of one media go one after the other, in order', async () => {
    const { events, begun, most } = slowReceiver();
    const told = (n: number) => ({ type: 'FileUploadComplete', body: { VideoId: String(n % 3), n } });
    for (let n = 0; n < 12; n++) await events.add(db, told(n));
    events.wake();
    await until(async () => expect(await rows()).toEqual([]));
    const numbers = begun.map((body) => (JSON.parse(body) as { n: number }).n);
    for (const media of [0, 1, 2]) {
      expect(numbers.filter((n) => n % 3 === media)).toEqual([media, media + 3, media + 6, media + 9]);
    }
    expect(most()).toBe(3);
  });

  test('those under way when it stops are ended, and no other is begun', async () => {
    const { events, begun } = slowReceiver();
    for (let n = 0; n < 40; n++) await events.add(db, event(n));
    events.wake();
    await until(() => expect(begun.length).toBeGreaterThan(0));
    await events.stop();
    const sent = begun.length;
    expect(sent).toBeLessThan(40);
    expect(await rows()).toHaveLength(40 - sent);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(begun).toHaveLength(sent);
  });

  test('added while others are on their way are not forgotten', async () => {
    const events = open();
    for (let n = 0; n < 20; n++) {
      await events.add(db, event(n));
      events.wake();
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    await until(() => expect(received).toHaveLength(20));
  });

  test('are not held up by one that gets no answer, nor by those behind it', async () => {
    const sent: string[] = [];
    let giveUp = (): void => undefined;
    const silence = new Promise<string>((resolve) => {
      giveUp = () => resolve('no answer');
    });
    const deliver = async (_: string, body: string): Promise<string | undefined> => {
      sent.push((JSON.parse(body) as { VideoId: string }).VideoId);
      return sent.length === 1 ? silence : undefined;
    };
    const events = outbox(db, url, deliver, systemClock, someRandom, recordedLog());
    opened.push(events);
    await events.add(db, event(1));
    events.wake();
    await until(() => expect(sent).toEqual(['1']));
    await transact(db, async (transaction) => {
      for (let n = 0; n < 230; n++) await events.add(transaction, event(1));
      for (let n = 2; n < 40; n++) await events.add(transaction, event(n));
    });
    events.wake();
    await until(async () => expect(await rows()).toHaveLength(231));
    expect(sent).toEqual(Array.from({ length: 39 }, (_, n) => String(n + 1)));
    giveUp();
    await until(async () => expect(await rows()).toEqual([]));
    expect(sent).toHaveLength(39 + 230 + 1);
  });

  test('are not held up by one that is waiting for its next attempt', async () => {
    answers = [answering(500), answering(200)];
    const events = open();
    await events.add(db, event(1));
    await events.add(db, event(2));
    events.wake();
    await until(() => expect(received).toHaveLength(3));
    expect(ids().sort()).toEqual(ids()[2] === 1 ? [1, 1, 2] : [1, 2, 2]);
    expect(new Set(ids().slice(0, 2)).size).toBe(2);
  });
});

describe('httpCallback', () => {
  test('signs as the documents say: MD5 of URL, timestamp and key', async () => {
    const failure = await httpCallback('Key123', movableClock(START + 999))(url, '{}');
    const timestamp = String(START / 1000);
    expect(failure).toBeUndefined();
    expect(received[0]?.headers).toMatchObject({
      'x-vod-timestamp': timestamp,
      'x-vod-signature': createHash('md5').update(`${url}|${timestamp}|Key123`).digest('hex'),
    });
  });

  test('takes 200 for 200, even when the body never ends', async () => {
    answers = [(response) => void response.writeHead(200).write('and so on')];
    expect(await httpCallback(undefined, systemClock)(url, '{}')).toBeUndefined();
  }, 15_000);

  test('gives a silent receiver five seconds', async () => {
    answers = [() => undefined];
    const started = Date.now();
    expect(await httpCallback(undefined, systemClock)(url, '{}')).toMatch(/^the receiver could not be reached/);
    expect(Date.now() - started).toBeGreaterThan(4_500);
    expect(Date.now() - started).toBeLessThan(9_000);
  }, 15_000);

  test('says what is wrong when nobody listens', async () => {
    expect(await httpCallback(undefined, systemClock)('http://127.0.0.1:1/', '{}')).toMatch(/ECONNREFUSED/);
  });
});
