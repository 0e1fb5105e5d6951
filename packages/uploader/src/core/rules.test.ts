/** The small rules an upload is made of. */
import { describe, expect, it } from 'vitest';
import { readParsedXml } from '../node/parsed-xml.js';
import { checkpointRecord } from '../testing/checkpoint-record.js';
import { ManualClock } from '../testing/manual-clock.js';
import { backoff, parseRetryAfter, RetryBudget } from './backoff.js';
import { readCheckpoint } from './checkpoint.js';
import { mediaExtension, mediaKind } from './media-kind.js';
import { readListedParts, sameETag } from './oss-answers.js';
import { ossUrl } from './oss-target.js';
import { ProgressMeter } from './progress-meter.js';
import { readServiceError } from './read-error.js';
import { ServerClock } from './server-clock.js';

describe('addressing', () => {
  const target = (endpoint: string) => ({ endpoint, bucket: 'b', key: 'sv/ü (1).mp4' });
  it.each([
    ['http://oss.localhost:8401', false, 'http://b.oss.localhost:8401/sv/%C3%BC%20%281%29.mp4?uploads'],
    ['oss-cn-shanghai.aliyuncs.com', false, 'https://b.oss-cn-shanghai.aliyuncs.com/sv/%C3%BC%20%281%29.mp4?uploads'],
    ['http://127.0.0.1:8401', false, 'http://127.0.0.1:8401/b/sv/%C3%BC%20%281%29.mp4?uploads'],
    ['http://[::1]:8401', false, 'http://[::1]:8401/b/sv/%C3%BC%20%281%29.mp4?uploads'],
    ['https://media.example.com', true, 'https://media.example.com/sv/%C3%BC%20%281%29.mp4?uploads'],
  ])('%s (own domain: %s)', (endpoint, cname, url) => {
    expect(ossUrl(target(endpoint), [['uploads', '']], cname)).toBe(url);
  });

  it('an endpoint that is no URL is an error', () => {
    expect(() => ossUrl(target('http://'), [], false)).toThrow(expect.objectContaining({ code: 'MalformedAnswer' }));
  });
});

describe('the server clock', () => {
  it('does not move while answers agree with it, and moves no further than needed when they do not', () => {
    const clock = new ServerClock(new ManualClock(1_000_000));
    clock.observe(1_000_000, 999_900, 1_000_100);
    expect(clock.now()).toBe(1_000_000);
    clock.observe(1_060_000, 999_900, 1_000_000);
    expect(clock.now()).toBe(1_060_000);
    clock.observe(940_000, 1_000_000, 1_000_100);
    expect(clock.now()).toBe(940_999);
  });

  it('is that of the clock as it is now when this device set it right while an answer was on its way', () => {
    const clock = new ServerClock(new ManualClock(1_000_000));
    clock.observe(1_000_000, 2_800_000, 1_000_100);
    expect(Math.abs(clock.now() - 1_000_000)).toBeLessThan(1000);
  });
});

describe('backoff', () => {
  it('is exponential with full jitter, bounded, and not shorter than the server asked', () => {
    expect([0, 1, 2, 3].map((n) => backoff(() => 0.5, 1000, n))).toEqual([500, 1000, 2000, 4000]);
    expect(backoff(() => 0, 1000, 5)).toBe(0);
    expect(backoff(() => 0.999, 1000, 60)).toBeLessThan(30_000);
    expect(backoff(() => 0.5, 1000, 0, 9000)).toBe(9000);
  });

  it('reads Retry-After in seconds and as a date', () => {
    expect(parseRetryAfter('3', 0)).toBe(3000);
    expect(parseRetryAfter('Thu, 01 Jan 1970 00:00:09 GMT', 4000)).toBe(5000);
    expect(parseRetryAfter('soon', 0)).toBeUndefined();
    expect(parseRetryAfter(undefined, 0)).toBeUndefined();
    expect(parseRetryAfter('999999999', 0)).toBe(3_600_000);
  });

  it('a budget is given back by progress', () => {
    let progress = 0;
    const budget = new RetryBudget(2, () => progress);
    expect([budget.take(), budget.take(), budget.take()]).toEqual([0, 1, undefined]);
    progress++;
    expect(budget.take()).toBe(0);
  });
});

describe('media kinds', () => {
  it.each([
    ['a.MP4', '', 'video', 'mp4'],
    ['apng_talk.mp4', '', 'video', 'mp4'],
    ['my-png-video', 'video/quicktime', 'video', 'mov'],
    ['photo', 'image/jpeg', 'image', 'jpg'],
    ['voice', 'audio/mpeg', 'video', 'mp3'],
    ['x.png', 'application/octet-stream', 'image', 'png'],
    ['movie.mp4', 'image/png', 'video', 'mp4'],
    ['C:\\v\\.hidden', '', 'video', ''],
    ['a.b/c', '', 'video', ''],
  ])('%s %s is %s %s', (name, type, kind, extension) => {
    expect(mediaKind(name, type)).toBe(kind);
    expect(mediaExtension(name, type)).toBe(extension);
  });
});

describe('answers', () => {
  const response = (status: number, body: string, headers: Record<string, string> = {}) => ({
    status,
    body,
    header: (name: string) => headers[name],
  });

  it('errors of both services, and of neither', () => {
    expect(
      readServiceError(
        readParsedXml,
        response(403, '<?xml version="1.0"?><Error><Code>A</Code><Message>m</Message></Error>'),
        0,
      ),
    ).toMatchObject({ code: 'A', status: 403 });
    expect(
      readServiceError(readParsedXml, response(400, '{"Code":"B","Message":"m","RequestId":"r"}'), 0),
    ).toMatchObject({
      code: 'B',
      requestId: 'r',
    });
    expect(readServiceError(readParsedXml, response(502, '<html><body>bad <br> gateway'), 0)).toMatchObject({
      code: 'Http502',
      retryable: true,
      message: expect.stringContaining('gateway'),
    });
    expect(readServiceError(readParsedXml, response(404, ''), 0).message).toContain('no reason');
  });

  it('a list of parts, with and without a next page', () => {
    const part =
      '<Part><PartNumber>2</PartNumber><ETag>"E"</ETag><Size>5</Size><HashCrc64ecma>18446744073709551615</HashCrc64ecma></Part>';
    const page = (tail: string) => response(200, `<ListPartsResult>${tail}${part}</ListPartsResult>`);
    expect(readListedParts(readParsedXml, page('<IsTruncated>true</IsTruncated>'))).toEqual({
      parts: [{ number: 2, etag: '"E"', size: 5, crc64: 18446744073709551615n }],
      next: 2,
    });
    expect(readListedParts(readParsedXml, page('<IsTruncated>false</IsTruncated>')).next).toBeUndefined();
    expect(() => readListedParts(readParsedXml, response(200, '<Other/>'))).toThrow(
      expect.objectContaining({ code: 'MalformedAnswer' }),
    );
    expect(sameETag('"abc"', 'ABC')).toBe(true);
  });
});

describe('a checkpoint read from a store', () => {
  const good = checkpointRecord;
  it('is taken only when every member is what it should be', () => {
    expect(readCheckpoint(good)).toBe(good);
    for (const bad of [
      null,
      7,
      { ...good, version: 1 },
      { ...good, videoId: '' },
      { ...good, unit: 0 },
      { ...good, parts: [[1, 1, 'e', 'x']] },
      { ...good, size: '1' },
    ]) {
      expect(readCheckpoint(bad)).toBeUndefined();
    }
  });
});

describe('progress', () => {
  it('gives bytes back when a part is lost, and tells the speed of the last 3 seconds', async () => {
    const clock = new ManualClock();
    const meter = new ProgressMeter(clock, () => {});
    meter.begin(10_000);
    for (let part = 1; part <= 6; part++) {
      meter.flying(part, 0);
      await clock.advance(1000);
      meter.flying(part, 500);
      meter.acknowledged(part, 1000);
    }
    expect(meter.progress).toMatchObject({
      loaded: 6000,
      fraction: 0.6,
      bytesPerSecond: 1000,
      secondsLeft: 4,
      partsDone: 6,
    });
    meter.flying(7, 800);
    expect(meter.progress.loaded).toBe(6800);
    meter.lost(7);
    expect(meter.progress.loaded).toBe(6000);
  });

  it('goes on when the clock of the device is set back', async () => {
    const clock = new ManualClock();
    let back = 0;
    let told = 0;
    const set = { now: () => clock.now() - back, setTimeout: clock.setTimeout.bind(clock) };
    const meter = new ProgressMeter(set, () => told++);
    meter.begin(100_000);
    for (let second = 1; second <= 6; second++) {
      if (second === 3) back = 3_600_000;
      meter.flying(1, second * 1000);
      await clock.advance(1000);
    }
    expect(told).toBe(6);
    expect(meter.progress.bytesPerSecond).toBeGreaterThan(500);
  });
});
