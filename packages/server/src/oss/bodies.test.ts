import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findRgw } from '../testing/rgw.js';
import { EngineFull, EngineUnavailable, type StorageEngine } from './engine/engine.js';
import { get, initiate, put, raw, readReply, send, signed, uploadPart } from './testing/client.js';
import { startPlane, type TestPlane } from './testing/data-plane.js';
import { sendHalf } from './testing/slow-client.js';

let plane: TestPlane;
let fault: (() => void) | undefined;
const faulty = (engine: StorageEngine): StorageEngine => ({
  ...engine,
  put: (body, options) =>
    engine.put(body, {
      ...options,
      verify: (sums) => {
        fault?.();
        options.verify?.(sums);
      },
    }),
});
beforeEach(async () => {
  fault = undefined;
  plane = await startPlane({
    wrapEngine: faulty,
    limits: { idleMs: 200, maxBodyBytes: 4 * 1024 * 1024, lingerBytes: 8 * 1024 * 1024, lingerMs: 500 },
  });
});
afterEach(() => plane.close());

/** Speaks to the socket directly; resolves with all that came when the server closed the connection. */
function speak(script: (write: (text: string | Buffer) => void, end: () => void) => void): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port: plane.port, host: '127.0.0.1', allowHalfOpen: true });
    let heard = '';
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(heard));
    socket.on('end', () => socket.destroy());
    script(
      (text) => void socket.write(text),
      () => void socket.end(),
    );
  });
}

function head(ask: { method: string; path: string; headers: Record<string, string> }, extra: string[] = []): string {
  const lines = Object.entries(ask.headers).map(([name, value]) => `${name}: ${value}`);
  return [`${ask.method} ${ask.path} HTTP/1.1`, ...lines, ...extra, '', ''].join('\r\n');
}

const eventually = async (check: () => Promise<boolean>): Promise<void> => {
  for (let i = 0; i < 200 && !(await check()); i++) await sleep(10);
  expect(await check()).toBe(true);
};

describe('a body that a GET announces', () => {
  it('and does not send is not taken from the next request: the connection ends', async () => {
    await put(plane, 'k', 'x');
    const get = head(signed(plane, { key: 'k' }), ['content-length: 9']);
    const heard = await speak((write) => write(get));
    expect(heard).toMatch(/^HTTP\/1\.1 200 .*\r\nconnection: close\r\n.*\r\n\r\nx$/is);
  });

  it('and sends does no harm', async () => {
    await put(plane, 'k', 'x');
    const { path, headers } = signed(plane, { key: 'k' });
    const reply = await raw(plane, { method: 'GET', path, headers, body: 'nine char' });
    expect([reply.status, reply.body.toString()]).toEqual([200, 'x']);
  });
});

describe('a sender that goes away', () => {
  it('in the middle of a part leaves no file and no row', async () => {
    const uploadId = await initiate(plane, 'k');
    const query = [
      ['partNumber', '1'],
      ['uploadId', uploadId],
    ] as const;
    const half = await sendHalf(plane, { method: 'PUT', key: 'k', query }, randomBytes(2 * 1024 * 1024));
    half.abort();
    await eventually(async () => plane.putsUnderWay() === 0 && (await plane.files()).length === 0);
    expect(await plane.db.selectFrom('parts').selectAll().execute()).toEqual([]);
    expect((await uploadPart(plane, 'k', uploadId, 1, 'again')).status).toBe(200);
  });

  it('after the request was refused is no trouble', async () => {
    const ask = signed(plane, { method: 'PUT', key: 'k', secret: 'wrong' });
    const req = request({
      port: plane.port,
      host: '127.0.0.1',
      ...ask,
      headers: { ...ask.headers, 'content-length': '9' },
    });
    req.on('error', () => {});
    req.write('half');
    await sleep(30);
    req.destroy();
    expect((await put(plane, 'k', 'x')).status).toBe(200);
  });
});

describe('a body of the wrong length', () => {
  it('that ends early is 400 IncompleteBody, and nothing is stored', async () => {
    const ask = signed(plane, { method: 'PUT', key: 'k' });
    const heard = await speak((write, end) => {
      write(head(ask, ['Content-Length: 100']));
      write('too short');
      setTimeout(end, 50);
    });
    expect(heard).toMatch(/^HTTP\/1\.1 400 /);
    expect(heard).toContain('<Code>IncompleteBody</Code>');
    expect(heard.toLowerCase()).toContain('connection: close');
    expect(await plane.files()).toEqual([]);
  });

  it('with more behind it is stored without that, and the connection is closed', async () => {
    for (const [key, body] of [
      ['k', 'as promised'],
      ['empty', ''],
    ] as const) {
      const ask = signed(plane, { method: 'PUT', key });
      const heard = await speak((write) => write(`${head(ask, [`Content-Length: ${body.length}`])}${body} and more`));
      expect(heard).toMatch(/^HTTP\/1\.1 200 /);
      expect(heard.toLowerCase()).toContain('connection: close');
      expect((await get(plane, key)).body.toString()).toBe(body);
    }
  });

  it('that stops coming is 400 RequestTimeout, and the connection is closed', async () => {
    const ask = signed(plane, { method: 'PUT', key: 'k' });
    const heard = await speak((write) => {
      write(head(ask, ['Content-Length: 100']));
      write('silence follows');
    });
    expect(heard).toMatch(/^HTTP\/1\.1 400 /);
    expect(heard).toContain('<Code>RequestTimeout</Code>');
    expect(await plane.files()).toEqual([]);
  });

  it('without length and not chunked is 411', async () => {
    const ask = signed(plane, { method: 'PUT', key: 'k' });
    const heard = await speak((write) => write(head(ask, ['Connection: close'])));
    expect(heard).toMatch(/^HTTP\/1\.1 411 /);
    expect(heard).toContain('<Code>MissingContentLength</Code>');
  });

  it('of no length at all is an empty object', async () => {
    expect((await put(plane, 'k', '')).status).toBe(200);
  });

  it('beyond the largest size is refused before it is read', async () => {
    const ask = signed(plane, { method: 'PUT', key: 'k' });
    const heard = await speak((write) => write(head(ask, ['Content-Length: 6000000000', 'Expect: 100-continue'])));
    expect(heard).toMatch(/^HTTP\/1\.1 400 /);
    expect(heard).toContain('<Code>InvalidArgument</Code>');
  });

  it('beyond the largest size in chunks is refused when it gets there', async () => {
    const ask = signed(plane, { method: 'PUT', key: 'k' });
    const reply = await new Promise<number>((resolve, reject) => {
      const req = request({ port: plane.port, host: '127.0.0.1', ...ask }, (res) => {
        res.resume();
        resolve(res.statusCode ?? 0);
      });
      req.on('error', reject);
      Readable.from(
        (function* () {
          for (let i = 0; i < 80; i++) yield Buffer.alloc(64 * 1024);
        })(),
      ).pipe(req);
    });
    expect(reply).toBe(400);
    expect(await plane.files()).toEqual([]);
  });

  it('framed by something other than chunks is refused', async () => {
    const ask = signed(plane, { method: 'PUT', key: 'k' });
    const heard = await speak((write) => write(head(ask, ['Transfer-Encoding: gzip, chunked', 'Connection: close'])));
    expect(heard).toMatch(/^HTTP\/1\.1 400 /);
    expect(await plane.files()).toEqual([]);
  });
});

describe('Expect: 100-continue', () => {
  const withExpect = (ask: ReturnType<typeof signed>, body: Buffer) =>
    new Promise<{ status: number; continued: boolean; code: string | undefined }>((resolve, reject) => {
      const headers = { ...ask.headers, expect: '100-continue', 'content-length': String(body.length) };
      const req = request({ port: plane.port, host: '127.0.0.1', ...ask, headers });
      let continued = false;
      req.on('continue', () => {
        continued = true;
        req.end(body);
      });
      req.on('response', (res) =>
        readReply(res).then((reply) => resolve({ status: reply.status, continued, code: reply.xml('Code') }), reject),
      );
      req.on('error', reject);
      req.flushHeaders();
    });

  it('is answered for a request that may go on', async () => {
    const body = randomBytes(100_000);
    expect(await withExpect(signed(plane, { method: 'PUT', key: 'k' }), body)).toMatchObject({
      status: 200,
      continued: true,
    });
    expect((await get(plane, 'k')).body.equals(body)).toBe(true);
  });

  it.each([
    ['a wrong signature', { secret: 'wrong' }, 403, 'SignatureDoesNotMatch'],
    ['a bucket that is not there', { bucket: 'nobodys' }, 404, 'NoSuchBucket'],
  ])('is not sent for %s', async (_, change, status, code) => {
    const reply = await withExpect(signed(plane, { method: 'PUT', key: 'k', ...change }), Buffer.alloc(10));
    expect(reply).toEqual({ status, continued: false, code });
  });

  it('is not sent to a principal that may not write', async () => {
    plane.decide = async () => ({ allowed: false, verdicts: { identity: { outcome: 'ImplicitDeny' } } });
    const reply = await withExpect(signed(plane, { method: 'PUT', key: 'k' }), Buffer.alloc(10));
    expect(reply).toEqual({ status: 403, continued: false, code: 'AccessDenied' });
  });
});

describe('a refused request with a body on the way', () => {
  it('lets the sender read the answer, and the connection serves on', async () => {
    const ask = signed(plane, { method: 'PUT', key: 'k', secret: 'wrong' });
    const reply = await raw(plane, { ...ask, body: randomBytes(4 * 1024 * 1024) });
    expect([reply.status, reply.xml('Code')]).toEqual([403, 'SignatureDoesNotMatch']);
  });

  it('does not read for ever', async () => {
    const ask = signed(plane, { method: 'PUT', key: 'k', secret: 'wrong' });
    const started = Date.now();
    const heard = await speak((write) => {
      write(head(ask, ['Content-Length: 1000']));
      write('and then nothing');
    });
    expect(heard).toContain('SignatureDoesNotMatch');
    expect(Date.now() - started).toBeLessThan(5000);
  });
});

describe('a reader that takes nothing', () => {
  it('is cut off, so that it does not hold on to the bytes for ever', async () => {
    await plane.close();
    plane = await startPlane({ limits: { idleMs: 200 } });
    await put(plane, 'film', randomBytes(32 * 1024 * 1024));
    const ask = signed(plane, { key: 'film' });
    const socket = connect(plane.port, '127.0.0.1').pause();
    socket.on('error', () => {});
    socket.write(head(ask));
    await eventually(async () =>
      plane.log.some(({ fields, message }) => message === 'request' && fields.operation === 'GetObject'),
    );
    await send(plane, { method: 'DELETE', key: 'film' });
    await plane.oss.start();
    expect(await plane.files()).toEqual([]);
    socket.destroy();
  });
});

describe('storage that is away', () => {
  it('answers 503 and when to come back, never 403, and says to the operator alone why', async () => {
    fault = () => {
      throw new EngineUnavailable('PutObject: the store answered 403 AccessDenied', { retryAfter: 3 });
    };
    const reply = await put(plane, 'k', 'x');
    expect([reply.status, reply.xml('Code'), reply.headers['retry-after']]).toEqual([503, 'ServiceUnavailable', '3']);
    expect(reply.xml('Message')).toMatch(/send the request again/i);
    expect(reply.body.toString()).not.toContain('AccessDenied');
    expect(plane.log.some(({ fields }) => fields.err instanceof EngineUnavailable)).toBe(true);
    expect(await plane.files()).toEqual([]);
    fault = undefined;
    expect((await put(plane, 'k', 'x')).status).toBe(200);
  });
});

// The engine for S3 has tests of its own for this.
describe.skipIf(findRgw())('a disk that fails', () => {
  it('for want of space answers 503, keeps nothing, and recovers', async () => {
    fault = () => {
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    };
    const reply = await put(plane, 'k', 'x');
    expect([reply.status, reply.xml('Code')]).toEqual([503, 'ServiceUnavailable']);
    expect(reply.xml('Message')).toContain('no space left');
    expect(await plane.files()).toEqual([]);
    expect(plane.log.some(({ fields }) => fields.err instanceof EngineFull)).toBe(true);
    fault = undefined;
    expect((await put(plane, 'k', 'x')).status).toBe(200);
  });

  it('in any other way answers 500 without telling why, and keeps nothing', async () => {
    fault = () => {
      throw Object.assign(new Error('EIO: secret path'), { code: 'EIO' });
    };
    const reply = await put(plane, 'k', 'x');
    expect([reply.status, reply.xml('Code')]).toEqual([500, 'InternalError']);
    expect(reply.body.toString()).not.toContain('secret path');
    expect(await plane.files()).toEqual([]);
  });
});

describe('what is no HTTP', () => {
  it('is 400 with a request id', async () => {
    const heard = await speak((write) => write('this is not a request\r\n\r\n'));
    expect(heard).toMatch(/^HTTP\/1\.1 400 /);
    expect(heard).toMatch(/x-oss-request-id: [0-9A-F]{24}/);
    expect(heard).toContain('<Code>BadRequest</Code>');
  });

  it('headers beyond the limit are 431', async () => {
    const heard = await speak((write) => write(`GET /k HTTP/1.1\r\nx: ${'x'.repeat(40_000)}\r\n\r\n`));
    expect(heard).toMatch(/^HTTP\/1\.1 431 /);
  });
});

describe('memory', () => {
  it('stays bounded while 200 MB pass', { timeout: 60_000 }, async () => {
    await plane.close();
    plane = await startPlane();
    const chunk = randomBytes(1024 * 1024);
    const ask = signed(plane, { method: 'PUT', key: 'big' });
    const before = process.memoryUsage().rss;
    let peak = before;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().rss);
    }, 10);
    const headers = { ...ask.headers, 'content-length': String(200 * chunk.length) };
    const status = await new Promise<number>((resolve, reject) => {
      const req = request({ port: plane.port, host: '127.0.0.1', ...ask, headers }, (res) => {
        res.resume();
        resolve(res.statusCode ?? 0);
      });
      req.on('error', reject);
      Readable.from(
        (function* () {
          for (let i = 0; i < 200; i++) yield chunk;
        })(),
        { objectMode: true, highWaterMark: 1 },
      ).pipe(req);
    });
    clearInterval(watch);
    expect(status).toBe(200);
    expect((peak - before) / 1e6).toBeLessThan(100);
    expect((await send(plane, { method: 'HEAD', key: 'big' })).headers['content-length']).toBe('209715200');
  });
});
