import { describe, expect, it } from 'vitest';
import { isStored, PART, testFile, world } from '../testing/bench.js';
import { MemoryTabs } from '../testing/memory-tabs.js';
import { ossError, rpcError } from '../testing/mini-cloud.js';

/** Every part acknowledged exactly once, and all of them. */
function expectEachPartOnce(cloud: ReturnType<typeof world>['cloud'], parts: number): void {
  expect(cloud.acknowledged().size).toBe(parts);
  expect([...cloud.acknowledged().values()].every((times) => times === 1)).toBe(true);
}

describe('credentials that end at any moment', () => {
  it.each([
    [2000, 2000, 100],
    [2000, 3000, 400],
    [3000, 2000, 700],
    [4000, 4000, 1000],
  ])(
    'token life %d ms, upload life %d ms, parts of %d ms: no acknowledged part is sent twice',
    async (tokenLife, authLife, ms) => {
      const { clock, cloud, http, uploader } = world({ tokenLife, authLife });
      let n = 0;
      http.latency = ({ method }) => (method === 'PUT' ? ms * (0.5 + (n++ % 5) / 5) : 30);
      const file = testFile(60 * PART);
      const task = uploader().upload(file);
      const result = await clock.resolve(task.done);
      expectEachPartOnce(cloud, 60);
      expect(cloud.count('Initiate')).toBe(1);
      expect(isStored(cloud, result.key, file)).toBe(true);
    },
  );

  it('works when the end is never told: every renewal follows a refusal, and costs no retry', async () => {
    const { clock, cloud, http, uploader } = world({ authLife: 2000 });
    http.latency = ({ method }) => (method === 'PUT' ? 600 : 10);
    const auth = async ({ kind, videoId }: { kind: string; videoId?: string | undefined }) => {
      const grant = kind === 'refresh-video' ? cloud.refresh(videoId ?? '') : cloud.grant('video', 'talk.mp4');
      const { ExpireUTCTime: _, ...rest } = JSON.parse(atob(grant.UploadAuth ?? '')) as Record<string, string>;
      return { ...grant, UploadAuth: btoa(JSON.stringify({ ...rest, Expiration: '3000' })) };
    };
    const task = uploader({ auth, retryCount: 0 }).upload(testFile(40 * PART));
    const retries: unknown[] = [];
    task.on('retry', (retry) => retries.push(retry));
    await clock.resolve(task.done);
    expectEachPartOnce(cloud, 40);
    expect(retries).toEqual([]);
    expect(cloud.calls.filter((call) => call.code === 'SecurityTokenExpired').length).toBeGreaterThan(0);
  });

  it('null, as the JSON of a token endpoint has it, is no end', async () => {
    const { clock, cloud, uploader, reasons } = world();
    const credentials = async ({ reason }: { reason: string }) => {
      reasons.push(reason);
      return { ...cloud.issueToken(), expiration: null };
    };
    await clock.resolve(uploader({ credentials }).upload(testFile(10 * PART)).done);
    expect(reasons).toEqual(['initial']);
  });

  it('asks once however many parts wait', async () => {
    const { clock, cloud, http, uploader, reasons } = world();
    http.latency = ({ method }) => (method === 'PUT' ? 200 : 50);
    const task = uploader({ parallel: 5 }).upload(testFile(20 * PART));
    let revoked = false;
    task.on('partuploaded', ({ number }) => {
      if (number === 7 && !revoked) {
        revoked = true;
        cloud.revokeAll();
      }
    });
    await clock.resolve(task.done);
    expect(cloud.count('RefreshUploadVideo')).toBe(1);
    expect(reasons).toEqual(['initial', 'refused']);
    expectEachPartOnce(cloud, 20);
  });

  it('renews ahead of the end while parts in flight go on', async () => {
    const { clock, cloud, http, uploader } = world({ authLife: 2_000_000 });
    http.latency = ({ method }) => (method === 'PUT' ? 100_000 : 10);
    const task = uploader({ parallel: 1, timeout: 500_000 }).upload(testFile(30 * PART));
    const renewals: string[] = [];
    task.on('credentials', ({ layer, reason }) => layer === 'upload' && renewals.push(reason));
    await clock.resolve(task.done);
    expect(new Set(renewals)).toEqual(new Set(['ahead']));
    // A life of 2000 s is renewed 400 s before its end: parts of 100 s see that twice in 3000 s at most.
    expect(renewals.length).toBe(1);
    expect(cloud.calls.filter((call) => call.status === 403)).toEqual([]);
  });

  it('shares one token among all files', async () => {
    const { clock, uploader, reasons } = world();
    const one = uploader();
    const tasks = ['a.mp4', 'b.mp4', 'c.mp4'].map((name) => one.upload(testFile(2 * PART, name)));
    await clock.resolve(Promise.all(tasks.map((task) => task.done)));
    expect(reasons).toEqual(['initial']);
  });

  it('a failing credentials() is tried again with backoff while the old ones are good', async () => {
    const { clock, cloud, http, uploader } = world({ tokenLife: 60_000, authLife: 4000 });
    http.latency = ({ method }) => (method === 'PUT' ? 1000 : 10);
    let calls = 0;
    const credentials = async () => {
      calls++;
      if (calls > 1 && calls < 12) throw new Error('back end down');
      return cloud.issueToken();
    };
    const task = uploader({ credentials, retryCount: 2, parallel: 1 }).upload(testFile(60 * PART));
    let told = 0;
    task.on('retry', ({ scope }) => {
      if (scope === 'credentials') told++;
    });
    await clock.resolve(task.done);
    expect(told).toBeGreaterThan(3);
    expectEachPartOnce(cloud, 60);
  });

  it('a credentials() that keeps failing when nothing valid is left is an error', async () => {
    const { clock, uploader } = world();
    const credentials = async () => Promise.reject(new Error('back end down'));
    const outcome = await clock.settle(uploader({ credentials }).upload(testFile(PART)).done);
    expect(outcome).toMatchObject({ reason: { code: 'CredentialsFailed', message: expect.stringContaining('down') } });
  });

  it('a back end and servers that are gone for good, when token and credential ended, end the upload once all was tried once', async () => {
    const { clock, cloud, http, uploader } = world({ authLife: 3000, tokenLife: 3000 });
    http.latency = () => 200;
    let gone = false;
    let asked = 0;
    const credentials = async () => {
      if (!gone) return cloud.issueToken();
      asked++;
      throw new TypeError('fetch failed');
    };
    const task = uploader({ credentials }).upload(testFile(300 * PART));
    await clock.advance(2000);
    expect(task.state).toBe('uploading');
    gone = true;
    http.fault = () => 'lost-request';
    expect(await clock.settle(task.done)).toMatchObject({ reason: { code: 'CredentialsFailed' } });
    expect(asked).toBeGreaterThan(8);
    expect(asked).toBeLessThan(20);
  });

  it('a credentials() that never answers is an error, not a stall', async () => {
    const { clock, uploader } = world();
    const credentials = () => new Promise<never>(() => {});
    const outcome = await clock.settle(uploader({ credentials, retryCount: 1 }).upload(testFile(PART)).done);
    expect(outcome).toMatchObject({ reason: { code: 'Timeout' } });
  });

  it('fresh credentials refused five times in a row end the upload', async () => {
    const { clock, cloud, uploader } = world();
    cloud.intercept = ({ operation }) => (operation === 'UploadPart' ? ossError(403, 'InvalidAccessKeyId') : undefined);
    const outcome = await clock.settle(uploader({ parallel: 1 }).upload(testFile(3 * PART)).done);
    expect(outcome).toMatchObject({ reason: { code: 'CredentialsRefused' } });
    expect(cloud.calls.filter((call) => call.operation === 'UploadPart').length).toBe(5);
  });

  it('a token refused by VOD is replaced, five times at most', async () => {
    const { clock, cloud, uploader, reasons } = world();
    cloud.intercept = ({ operation }) =>
      operation === 'CreateUploadVideo' ? rpcError(404, 'InvalidAccessKeyId.NotFound') : undefined;
    const outcome = await clock.settle(uploader().upload(testFile(3 * PART)).done);
    expect(outcome).toMatchObject({ reason: { code: 'CredentialsRefused' } });
    expect(reasons).toEqual(['initial', 'refused', 'refused', 'refused', 'refused']);
  });

  it('SignatureDoesNotMatch is not expiry: it fails at once and says what is wrong', async () => {
    const { clock, cloud, uploader } = world();
    cloud.intercept = ({ operation }) =>
      operation === 'UploadPart' ? ossError(403, 'SignatureDoesNotMatch') : undefined;
    const outcome = await clock.settle(uploader({ parallel: 1 }).upload(testFile(3 * PART)).done);
    expect(outcome).toMatchObject({
      reason: {
        code: 'SignatureDoesNotMatch',
        status: 403,
        retryable: false,
        message: expect.stringContaining('secret'),
      },
    });
    expect(cloud.calls.filter((call) => call.operation === 'UploadPart').length).toBe(1);
  });

  it('the credential of an image cannot be renewed: a new image is made, and the old one never mixed in', async () => {
    const { clock, cloud, http, uploader } = world({ authLife: 2000 });
    const slow = () => cloud.count('CreateUploadImage') < 2;
    http.latency = ({ method }) => (method === 'PUT' && slow() ? 900 : 10);
    const file = testFile(4 * PART, 'big.png');
    const task = uploader({ parallel: 1 }).upload(file);
    const result = await clock.resolve(task.done);
    expect(cloud.count('CreateUploadImage')).toBe(2);
    expect(cloud.count('RefreshUploadVideo')).toBe(0);
    expect(isStored(cloud, result.key, file)).toBe(true);
  });
});

describe('a function for credentials that never answers', () => {
  it('is asked again when it made the media', async () => {
    const { clock, cloud, uploader } = world();
    let asked = 0;
    const auth = () => (++asked === 1 ? new Promise<never>(() => {}) : Promise.resolve(cloud.grant('video', 'a.mp4')));
    const task = uploader({ auth: auth as never }).upload(testFile(3 * PART));
    const retries: unknown[] = [];
    task.on('retry', ({ error }) => retries.push(error));
    await clock.resolve(task.done);
    expect(retries).toMatchObject([{ code: 'Timeout' }]);
  });

  it('is asked again, and keeps no other tab from its turn', async () => {
    const { clock, cloud, uploader } = world();
    const browser = new MemoryTabs();
    let asked = 0;
    const credentials = async () => (++asked === 1 ? new Promise<never>(() => {}) : cloud.issueToken());
    const [first, second] = ['a.mp4', 'b.mp4'].map((name) =>
      uploader({ account: 'ann', credentials }, {}, { tabs: browser.tab() }).upload(testFile(2 * PART, name)),
    );
    await clock.resolve(Promise.all([first?.done, second?.done]));
    expect(asked).toBe(2);
  });
});

describe('a clock that is off', () => {
  it.each([3_600_000, -3_600_000])('by %d ms is corrected from the answers', async (skew) => {
    const { clock, cloud, uploader } = world({ skew, tokenLife: 1_000_000, authLife: 1_000_000 });
    const task = uploader().upload(testFile(6 * PART));
    await clock.resolve(task.done);
    expect(cloud.calls.filter((call) => call.status >= 400).map((call) => call.code)).toEqual([
      'InvalidTimeStamp.Expired',
    ]);
    expectEachPartOnce(cloud, 6);
  });

  it('is corrected from the body of RequestTimeTooSkewed when CORS hides the Date header', async () => {
    const { clock, cloud, http, uploader } = world({ skew: 3_600_000 });
    const send = http.send.bind(http);
    http.send = async (request) => {
      const response = await send(request);
      return { ...response, header: (name) => (name === 'date' ? undefined : response.header(name)) };
    };
    const auth = async () => cloud.grant('video', 'talk.mp4') as never;
    await clock.resolve(uploader({ auth, parallel: 1 }).upload(testFile(3 * PART)).done);
    expect(cloud.calls.filter((call) => call.code === 'RequestTimeTooSkewed').length).toBe(1);
  });

  it('that cannot be corrected is an error after one more try', async () => {
    const { clock, cloud, uploader } = world();
    cloud.intercept = () => rpcError(400, 'InvalidTimeStamp.Expired');
    const outcome = await clock.settle(uploader().upload(testFile(PART)).done);
    expect(outcome).toMatchObject({ reason: { code: 'InvalidTimeStamp.Expired' } });
    expect(cloud.calls.length).toBe(2);
  });
});
