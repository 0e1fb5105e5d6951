import { describe, expect, it } from 'vitest';
import { isStored, PART, testFile, world } from '../testing/bench.js';
import { ossError } from '../testing/mini-cloud.js';

describe('a bad line', () => {
  it('is survived with bounded, jittered, visible retries', async () => {
    const { clock, cloud, http, uploader } = world();
    let n = 0;
    http.fault = ({ method }) => (method === 'PUT' && n++ % 3 === 0 ? 'lost-request' : undefined);
    const task = uploader({ retryDelay: 1000 }).upload(testFile(12 * PART));
    const delays: number[] = [];
    task.on('retry', ({ scope, delay, part }) => {
      expect(scope).toBe('part');
      expect(part).toBeGreaterThan(0);
      delays.push(delay);
    });
    await clock.resolve(task.done);
    expect(delays.length).toBeGreaterThan(3);
    expect(delays[0]).toBe(500);
    expect([...cloud.acknowledged().values()].every((times) => times === 1)).toBe(true);
  });

  it('fails when the budget of a part is spent', async () => {
    const { clock, http, uploader } = world();
    http.fault = ({ method }) => (method === 'PUT' ? 'lost-request' : undefined);
    const task = uploader({ retryCount: 2, parallel: 1 }).upload(testFile(3 * PART));
    const delays: number[] = [];
    task.on('retry', ({ delay }) => delays.push(delay));
    const outcome = await clock.settle(task.done);
    expect(outcome).toMatchObject({ reason: { code: 'NetworkError', retryable: true } });
    expect(delays).toEqual([500, 1000]);
    expect(task.state).toBe('failed');
  });

  it('progress of other parts gives the budget back', async () => {
    const { clock, http, uploader } = world();
    let failures = 0;
    http.latency = () => 400;
    http.fault = ({ url }) =>
      url.searchParams.get('partNumber') === '1' && failures++ < 8 ? 'lost-request' : undefined;
    const task = uploader({ retryCount: 2, parallel: 2, retryDelay: 200 }).upload(testFile(40 * PART));
    await clock.resolve(task.done);
    expect(failures).toBeGreaterThan(8);
  });

  it('nothing moving for `timeout` ends the request, which is sent again', async () => {
    const { clock, cloud, http, uploader } = world();
    let stalled = false;
    http.fault = ({ url }) => {
      if (url.searchParams.get('partNumber') !== '2' || stalled) return undefined;
      stalled = true;
      return 'stall';
    };
    const task = uploader({ timeout: 5000 }).upload(testFile(3 * PART));
    const codes: string[] = [];
    task.on('retry', ({ error }) => codes.push((error as { code: string }).code));
    await clock.resolve(task.done);
    expect(codes).toEqual(['Timeout']);
    expect(cloud.count('UploadPart')).toBe(3);
  });

  it.each([
    [500, 'InternalError'],
    [503, 'ServiceUnavailable'],
    [429, 'Throttling.User'],
    [400, 'RequestTimeout'],
  ])('HTTP %d %s is tried again', async (status, code) => {
    const { clock, cloud, uploader } = world();
    let refused = 0;
    cloud.intercept = ({ operation }) =>
      operation === 'UploadPart' && refused++ < 2 ? ossError(status, code) : undefined;
    await clock.resolve(uploader().upload(testFile(3 * PART)).done);
    expect(refused).toBe(5);
  });

  it.each([
    [403, 'AccessDenied'],
    [400, 'InvalidArgument'],
    [409, 'FileImmutable'],
  ])('HTTP %d %s fails at once', async (status, code) => {
    const { clock, cloud, uploader } = world();
    let refused = 0;
    cloud.intercept = ({ operation }) =>
      operation === 'Initiate' && refused++ < 9 ? ossError(status, code) : undefined;
    const outcome = await clock.settle(uploader().upload(testFile(3 * PART)).done);
    expect(outcome).toMatchObject({ reason: { code, status, requestId: 'REQUEST', retryable: false } });
    expect(refused).toBe(1);
  });

  it('honours Retry-After', async () => {
    const { clock, cloud, uploader } = world();
    let first = true;
    cloud.intercept = ({ operation }) => {
      if (operation !== 'UploadPart' || !first) return undefined;
      first = false;
      return { ...ossError(503, 'ServiceUnavailable'), headers: { 'retry-after': '7' } };
    };
    const task = uploader().upload(testFile(2 * PART));
    const delays: number[] = [];
    task.on('retry', ({ delay }) => delays.push(delay));
    await clock.resolve(task.done);
    expect(delays).toEqual([7000]);
  });

  it('an error answer of unknown shape is shown as it is', async () => {
    const { clock, cloud, uploader } = world();
    const body = `<html>${'blocked by the proxy '.repeat(30)}</html>`;
    cloud.intercept = () => ({ status: 418, headers: {}, body: body.replace('<html>', '') });
    const outcome = await clock.settle(uploader().upload(testFile(PART)).done);
    expect(outcome).toMatchObject({
      reason: { code: 'Http418', message: expect.stringContaining('blocked by the proxy') },
    });
    expect((outcome as PromiseRejectedResult).reason.message.length).toBeLessThan(300);
  });
});

describe('checksums', () => {
  it('a part that arrives changed is sent again', async () => {
    const { clock, cloud, uploader } = world();
    let broken = 0;
    cloud.corrupt = ({ part }, body) => (part === 2 && broken++ < 2 ? body.map((b, i) => (i === 9 ? b ^ 1 : b)) : body);
    const file = testFile(3 * PART);
    const result = await clock.resolve(uploader().upload(file).done);
    expect(isStored(cloud, result.key, file)).toBe(true);
    expect(broken).toBe(3);
  });

  it('a part that arrives changed three times is an error', async () => {
    const { clock, cloud, uploader } = world();
    let sent = 0;
    cloud.corrupt = ({ part }, body) => (part === 2 && sent++ < 99 ? body.map((b) => b ^ 1) : body);
    const outcome = await clock.settle(uploader().upload(testFile(3 * PART)).done);
    expect(outcome).toMatchObject({ reason: { code: 'ChecksumMismatch' } });
    expect(sent).toBe(3);
  });

  it('a completed object with another checksum is an error that says so', async () => {
    const { clock, cloud, uploader, checkpoints } = world();
    cloud.intercept = ({ operation }) =>
      operation === 'Complete'
        ? { status: 200, headers: { 'x-oss-hash-crc64ecma': '42' }, body: '<CompleteMultipartUploadResult/>' }
        : undefined;
    const outcome = await clock.settle(uploader().upload(testFile(3 * PART)).done);
    expect(outcome).toMatchObject({ reason: { code: 'ChecksumMismatch', message: expect.stringContaining('whole') } });
    expect(checkpoints.records.size).toBe(0);
  });

  it('an answer without an ETag (CORS) says what to configure', async () => {
    const { clock, cloud, uploader } = world();
    cloud.intercept = ({ operation }) =>
      operation === 'UploadPart' ? { status: 200, headers: {}, body: '' } : undefined;
    const outcome = await clock.settle(uploader().upload(testFile(3 * PART)).done);
    expect(outcome).toMatchObject({ reason: { code: 'MissingETag', message: expect.stringContaining('expose') } });
  });
});

describe('a lost answer of Complete', () => {
  it('is asked again, and NoSuchUpload then counts as done', async () => {
    const { clock, cloud, http, uploader } = world();
    let lost = 0;
    http.fault = ({ method, url }) =>
      method === 'POST' && url.searchParams.has('uploadId') && lost++ === 0 ? 'lost-answer' : undefined;
    const file = testFile(3 * PART);
    const result = await clock.resolve(uploader().upload(file).done);
    expect(result.etag).toBeUndefined();
    expect(cloud.objects.get(result.key)?.body.length).toBe(file.bytes.length);
    expect(cloud.calls.at(-1)).toMatchObject({ operation: 'Complete', code: 'NoSuchUpload' });
  });

  it('a pause before Complete was sent leaves nothing unknown: an upload that vanished begins anew', async () => {
    const { clock, cloud, uploader } = world();
    const file = testFile(3 * PART);
    const task = uploader({ parallel: 1 }).upload(file);
    const stop = task.on('partuploaded', ({ number }) => {
      if (number !== 3) return;
      stop();
      task.pause();
    });
    await clock.advance(5000);
    expect(task.state).toBe('paused');
    cloud.uploads.clear();
    task.resume();
    const result = await clock.resolve(task.done);
    expect(isStored(cloud, result.key, file)).toBe(true);
    expect(cloud.count('CreateUploadVideo')).toBe(2);
  });

  it('a pause while Complete is on its way: it is sent again, and NoSuchUpload then counts as done', async () => {
    const { clock, cloud, http, uploader } = world();
    http.latency = ({ method, url }) => (method === 'POST' && url.searchParams.has('uploadId') ? 1000 : 10);
    const task = uploader().upload(testFile(3 * PART));
    await clock.advance(800);
    task.pause();
    await clock.advance(100);
    task.resume();
    const result = await clock.resolve(task.done);
    expect(cloud.objects.has(result.key)).toBe(true);
    expect(cloud.count('CreateUploadVideo')).toBe(1);
  });

  it('NoSuchUpload on the first Complete is an error', async () => {
    const { clock, cloud, uploader } = world();
    cloud.intercept = ({ operation }) => (operation === 'Complete' ? ossError(404, 'NoSuchUpload') : undefined);
    expect(await clock.settle(uploader().upload(testFile(3 * PART)).done)).toMatchObject({
      reason: { code: 'NoSuchUpload' },
    });
  });
});

describe('a page that a network answers with, as before its login', () => {
  it.each(['PutObject', 'Initiate', 'UploadPart', 'Complete'])(
    'in place of %s: is no answer, and asked again',
    async (operation) => {
      const { clock, cloud, uploader } = world();
      let pages = 0;
      cloud.intercept = (call) =>
        call.operation === operation && pages++ === 0
          ? { status: 200, headers: {}, body: '<!DOCTYPE html><title>Welcome</title>' }
          : undefined;
      const file = testFile(operation === 'PutObject' ? 5000 : 2 * PART);
      const result = await clock.resolve(uploader().upload(file).done);
      expect(pages).toBeGreaterThan(1);
      expect(isStored(cloud, result.key, file)).toBe(true);
    },
  );
});

describe('a file that does not stand still', () => {
  it('small, and written to while it is read: refused', async () => {
    const { clock, platform, uploader } = world();
    const file = testFile(5000);
    const open: typeof platform.open = async (...given) => {
      const source = await platform.open(...given);
      const slice = async (start: number, end: number) => {
        file.bytes = testFile(9000).bytes.map((byte) => byte ^ 5);
        file.lastModified++;
        return source.slice(start, end);
      };
      return { ...source, slice };
    };
    const task = uploader({}, {}, { open }).upload(file);
    expect(await clock.settle(task.done)).toMatchObject({ reason: { code: 'FileChanged' } });
  });

  it('refused once, is uploaded as it is now when it is tried again', async () => {
    const { clock, cloud, http, uploader } = world();
    http.latency = () => 100;
    const file = testFile(4 * PART);
    const task = uploader({ parallel: 1 }).upload(file);
    task.on('partuploaded', ({ number }) => {
      if (number === 2 && file.bytes[0] !== 7) file.bytes.fill(7);
    });
    expect(await clock.settle(task.done)).toMatchObject({ reason: { code: 'FileChanged' } });
    task.retry();
    const result = await clock.resolve(task.done);
    expect(isStored(cloud, result.key, file)).toBe(true);
  });

  it('changed while it is uploaded: refused, never spliced', async () => {
    const { clock, http, uploader, checkpoints, cloud } = world();
    http.latency = () => 100;
    const file = testFile(10 * PART);
    const task = uploader({ parallel: 1 }).upload(file);
    task.on('partuploaded', ({ number }) => {
      if (number === 4) file.lastModified++;
    });
    expect(await clock.settle(task.done)).toMatchObject({ reason: { code: 'FileChanged', retryable: false } });
    expect(cloud.objects.size).toBe(0);
    expect(checkpoints.records.size).toBe(0);
  });

  it('written over by a program that leaves no trace the browser tells (Firefox): refused, too', async () => {
    const { clock, http, uploader, checkpoints, cloud } = world();
    http.latency = () => 100;
    const file = testFile(10 * PART);
    const task = uploader({ parallel: 1 }).upload(file);
    task.on('partuploaded', ({ number }) => {
      if (number === 4) file.bytes.fill(7);
    });
    expect(await clock.settle(task.done)).toMatchObject({ reason: { code: 'FileChanged', retryable: false } });
    expect(cloud.objects.size).toBe(0);
    expect(checkpoints.records.size).toBe(0);
  });

  it('that can no longer be read', async () => {
    const { clock, http, uploader } = world();
    http.latency = () => 100;
    const file = testFile(10 * PART);
    const task = uploader({ parallel: 1 }).upload(file);
    task.on('partuploaded', () => {
      file.unreadable = true;
    });
    expect(await clock.settle(task.done)).toMatchObject({ reason: { code: 'FileUnreadable' } });
  });

  it.each([5000, 3 * PART])(
    'changed under its requests, %d bytes: is told, and not taken for a bad line',
    async (size) => {
      const { clock, http, uploader } = world();
      let changed = false;
      const hasher = {
        crc64: async () => {
          if (changed) throw new DOMException('changed', 'NotReadableError');
          return 0n;
        },
      };
      http.fault = ({ method }) => (method === 'PUT' ? 'lost-request' : undefined);
      const task = uploader({ hasher }).upload(testFile(size));
      const retries: unknown[] = [];
      task.on('retry', (retry) => {
        // All of it was hashed when it was sent.
        changed = true;
        retries.push(retry);
      });
      expect(await clock.settle(task.done)).toMatchObject({ reason: { code: 'FileUnreadable' } });
      const told = retries.length;
      await clock.advance(600_000);
      expect(retries.length).toBe(told);
      expect(clock.waiting).toBe(0);
    },
  );

  it('small and unreadable: nothing is tried again after the error was told', async () => {
    const { clock, http, uploader } = world();
    let reads = 0;
    const hasher = {
      crc64: async () => {
        if (reads++ > 0) throw new DOMException('gone', 'NotReadableError');
        return 0n;
      },
    };
    http.fault = ({ method }) => (method === 'PUT' ? 'lost-request' : undefined);
    const task = uploader({ hasher }).upload(testFile(5000));
    const retries: unknown[] = [];
    task.on('retry', (retry) => retries.push(retry));
    expect(await clock.settle(task.done)).toMatchObject({ reason: { code: 'FileUnreadable' } });
    await clock.advance(600_000);
    expect(retries).toEqual([]);
    expect(clock.waiting).toBe(0);
  });

  it('whose bytes cannot be read for the checksum: the part does not wait for the line', async () => {
    const { clock, uploader, platform } = world();
    let reads = 0;
    const hasher = {
      crc64: (body: Uint8Array | Blob) =>
        reads++ < 2 ? platform.hasher.crc64(body) : Promise.reject(new DOMException('gone', 'NotReadableError')),
    };
    const outcome = await clock.settle(uploader({ hasher }).upload(testFile(3 * PART)).done);
    expect(outcome).toMatchObject({ reason: { code: 'FileUnreadable', message: expect.stringContaining('gone') } });
  });
});
