import { describe, expect, it } from 'vitest';
import type { Tabs } from '../ports.js';
import { PART, testFile, type World, world } from '../testing/bench.js';
import { MemoryTabs } from '../testing/memory-tabs.js';

/** Covers are blobs; the platform of these tests opens its own files only. */
const coversToo =
  ({ open }: World['platform']): World['platform']['open'] =>
  (file, overrides, hasher) =>
    open(file instanceof Blob ? testFile(file.size, overrides.fileName) : file, overrides, hasher);

describe('a task', () => {
  it('can be awaited', async () => {
    const { clock, uploader } = world();
    const task = uploader().upload(testFile(2 * PART));
    const result = await clock.resolve((async () => await task)());
    expect(result.videoId).toBe('video2');
  });

  it('gives its progress to a loop, which ends with the upload', async () => {
    const { clock, uploader } = world();
    const task = uploader({ parallel: 1 }).upload(testFile(4 * PART));
    const fractions: number[] = [];
    const loop = (async () => {
      for await (const { fraction } of task) fractions.push(fraction);
    })();
    await clock.resolve(loop);
    expect(fractions.at(-1)).toBe(1);
    expect(fractions.length).toBeGreaterThan(3);
    expect([...fractions].sort((a, b) => a - b)).toEqual(fractions);
  });

  it('throws its error out of the loop, and lets a loop be left', async () => {
    const { clock, http, uploader } = world();
    const left = uploader().upload(testFile(3 * PART));
    const once = (async () => {
      for await (const _ of left) break;
    })();
    await clock.resolve(once);
    await clock.resolve(left.done);
    http.fault = () => 'lost-request';
    const failing = uploader({ retryCount: 0 }).upload(testFile(3 * PART, 'other.mp4'));
    const loop = (async () => {
      for await (const _ of failing);
    })();
    expect(await clock.settle(loop)).toMatchObject({ reason: { code: 'NetworkError' } });
  });

  it('refuses options that do not exist', () => {
    const { uploader } = world();
    expect(() => uploader({ partsize: 5 } as object)).toThrow('There is no option partsize.');
  });

  it('tells what to do in its message, and apart', async () => {
    const { clock, http, uploader } = world();
    http.fault = () => 'lost-request';
    const outcome = await clock.settle(uploader({ retryCount: 0 }).upload(testFile(PART)).done);
    const advice = expect.stringContaining('CORS');
    expect(outcome).toMatchObject({ reason: { advice, message: advice } });
  });

  it('sends the cover first, and its URL with the video', async () => {
    const { clock, cloud, platform, uploader } = world();
    cloud.intercept = ({ operation }) => {
      if (operation !== 'CreateUploadImage') return undefined;
      const answer = { ...cloud.grant('image', 'c.jpg'), ImageURL: 'http://cdn/c.jpg' };
      return { status: 200, headers: {}, body: JSON.stringify(answer) };
    };
    const task = uploader({}, {}, { open: coversToo(platform) }).upload(testFile(2 * PART), {
      cover: new Blob(['cover']),
    });
    await clock.resolve(task.done);
    const operations = cloud.calls.map(({ operation }) => operation);
    expect(operations.slice(0, 3)).toEqual(['CreateUploadImage', 'PutObject', 'CreateUploadVideo']);
    expect(cloud.calls.find(({ operation }) => operation === 'CreateUploadVideo')?.params.get('CoverURL')).toBe(
      'http://cdn/c.jpg',
    );
  });

  it('many videos may have the same cover', async () => {
    const { clock, cloud, platform, uploader } = world();
    const up = uploader({}, {}, { open: coversToo(platform) });
    const cover = new Blob(['cover']);
    const tasks = ['a.mp4', 'b.mp4'].map((name) => up.upload(testFile(2 * PART, name), { cover }));
    const warnings: unknown[] = [];
    for (const task of tasks) task.on('warning', (warning) => warnings.push(warning));
    await clock.resolve(Promise.all(tasks.map(({ done }) => done)));
    expect(warnings).toEqual([]);
    expect(cloud.count('CreateUploadImage')).toBe(2);
  });

  it('a cover that cannot be sent does not hold the video up', async () => {
    const { clock, cloud, uploader } = world();
    cloud.intercept = ({ operation }) =>
      operation === 'CreateUploadImage' ? { status: 400, headers: {}, body: '{"Code":"InvalidImage"}' } : undefined;
    const task = uploader().upload(testFile(2 * PART), { cover: new Blob(['cover']) });
    const warnings: string[] = [];
    task.on('warning', ({ code }) => warnings.push(code));
    await clock.resolve(task.done);
    expect(warnings.length).toBe(1);
  });
});

describe('a task that is paused in the moment', () => {
  it('in which the answer to its creation is read stays paused, and can go on', async () => {
    const { clock, cloud, http, uploader } = world();
    const { send } = http;
    let paused = false;
    const task = uploader().upload(testFile(3 * PART));
    http.send = async (request) => {
      const answer = await send.call(http, request);
      if (!paused) queueMicrotask(() => task.pause());
      paused = true;
      return answer;
    };
    await clock.advance(60_000);
    expect(task.state).toBe('paused');
    task.resume();
    await clock.resolve(task.done);
    expect(cloud.count('CreateUploadVideo')).toBe(1);
  });

  it('in which it learns that another tab has the file stays paused, and can go on', async () => {
    const { clock, uploader } = world();
    const tab = new MemoryTabs().tab();
    let told = () => {};
    const exclusive: Tabs['exclusive'] = async (name, signal, waiting, work) => {
      await new Promise<void>((resolve) => {
        told = resolve;
      });
      waiting();
      return tab.exclusive(name, signal, waiting, work);
    };
    const task = uploader({}, {}, { tabs: { ...tab, exclusive } }).upload(testFile(3 * PART));
    await clock.advance(10);
    task.pause();
    told();
    await clock.advance(60_000);
    expect(task.state).toBe('paused');
    task.resume();
    await clock.advance(10);
    told();
    await clock.resolve(task.done);
  });
});

describe('a task whose listener', () => {
  it('pauses it when it is queued again stays paused', async () => {
    const { clock, cloud, uploader } = world();
    const task = uploader().upload(testFile(3 * PART));
    task.pause();
    const stop = task.on('state', (state) => {
      if (state === 'queued') task.pause();
    });
    task.resume();
    await clock.advance(60_000);
    expect(task.state).toBe('paused');
    expect(cloud.calls).toEqual([]);
    stop();
    task.resume();
    await clock.resolve(task.done);
  });

  it('pauses and resumes it when it is queued again runs once, and can be paused', async () => {
    const { clock, uploader } = world();
    const task = uploader({ parallel: 1 }).upload(testFile(6 * PART));
    task.pause();
    const stop = task.on('state', () => {
      stop();
      task.pause();
      task.resume();
    });
    task.resume();
    const pause = task.on('partuploaded', () => {
      pause();
      task.pause();
    });
    await clock.advance(60_000);
    expect(task.state).toBe('paused');
    task.resume();
    await clock.resolve(task.done);
  });
});

describe('a task that is retried by the listener that hears of its failure', () => {
  it.each(['state', 'error'] as const)('(%s) rejects what was awaited, and goes on', async (name) => {
    const { clock, http, uploader } = world();
    http.fault = () => 'lost-request';
    const task = uploader({ retryCount: 0 }).upload(testFile(3 * PART));
    const first = task.done;
    const retry = () => {
      if (task.state !== 'failed') return;
      http.fault = () => undefined;
      task.retry();
    };
    task.on(name, retry);
    expect(await clock.settle(first)).toMatchObject({ reason: { code: 'NetworkError' } });
    expect(await clock.resolve(task.done)).toMatchObject({ size: 3 * PART });
  });
});

describe('two tabs', () => {
  it('hear nothing more of a cover that failed', async () => {
    const w = world();
    const tab = new MemoryTabs().tab();
    let heard = 0;
    const listen: Tabs['listen'] = (name, run) => {
      heard++;
      const stop = tab.listen(name, run);
      return () => {
        heard--;
        stop();
      };
    };
    w.cloud.intercept = ({ operation }) =>
      operation === 'CreateUploadImage' ? { status: 400, headers: {}, body: '{"Code":"InvalidImage"}' } : undefined;
    const up = w.uploader({}, {}, { open: coversToo(w.platform), tabs: { ...tab, listen } });
    await w.clock.resolve(up.upload(testFile(2 * PART), { cover: new Blob(['cover']) }).done);
    expect(heard).toBe(0);
  });

  it('never upload the same file twice: the second waits, and gets the outcome of the first', async () => {
    const w = world();
    const browser = new MemoryTabs();
    const file = testFile(6 * PART);
    const first = w.uploader({}, {}, { tabs: browser.tab() }).upload(file);
    const second = w.uploader({}, {}, { tabs: browser.tab() }).upload(file);
    const states: string[] = [];
    second.on('state', (state) => states.push(state));
    const [a, b] = await w.clock.resolve(Promise.all([first.done, second.done]));
    expect(b).toEqual(a);
    expect(states).toEqual(['preparing', 'elsewhere', 'success']);
    expect(w.cloud.count('CreateUploadVideo')).toBe(1);
    expect(w.cloud.count('UploadPart')).toBe(6);
  });

  it('the second takes over where the first stopped', async () => {
    const w = world();
    const browser = new MemoryTabs();
    const file = testFile(10 * PART);
    const closing = w.uploader({ parallel: 1 }, {}, { tabs: browser.tab() });
    const first = closing.upload(file);
    const second = w.uploader({ parallel: 1 }, {}, { tabs: browser.tab() }).upload(file);
    await w.clock.advance(140);
    expect(second.state).toBe('elsewhere');
    closing.close();
    await w.clock.resolve(second.done);
    expect(first.state).toBe('canceled');
    expect(w.cloud.count('CreateUploadVideo')).toBe(1);
    expect([...w.cloud.acknowledged().values()].every((times) => times === 1)).toBe(true);
  });

  it('have one outcome also when both came to work at it: the page of one was left, and lost its lock (WebKit)', async () => {
    const w = world();
    const browser = new MemoryTabs();
    const file = testFile(10 * PART);
    w.http.latency = () => 100;
    const begin = () => {
      const tabs: Tabs = { ...browser.tab(), exclusive: async (_name, _signal, _waiting, work) => work() };
      return w.uploader({ parallel: 1 }, {}, { tabs }).upload(file);
    };
    const first = begin();
    await w.clock.advance(600);
    const second = begin();
    const [a, b] = await w.clock.resolve(Promise.all([first.done, second.done]));
    expect(b.videoId).toBe(a.videoId);
    expect(w.cloud.count('CreateUploadVideo')).toBe(1);
  });

  it('share one token of an account, and none without one', async () => {
    const w = world();
    const browser = new MemoryTabs();
    const upload = (account: string | undefined, name: string) =>
      w.clock.resolve(w.uploader({ account }, {}, { tabs: browser.tab() }).upload(testFile(PART, name)).done);
    await upload('ann', 'a.mp4');
    await upload('ann', 'b.mp4');
    expect(w.reasons.length).toBe(1);
    await upload('bob', 'c.mp4');
    await upload(undefined, 'd.mp4');
    await upload(undefined, 'e.mp4');
    expect(w.reasons.length).toBe(4);
  });

  it('a token that was refused is not taken from another tab again', async () => {
    const w = world();
    const browser = new MemoryTabs();
    const [a, b] = [1, 2].map(() => w.uploader({ account: 'ann' }, {}, { tabs: browser.tab() }));
    await w.clock.resolve(a?.upload(testFile(PART, 'a.mp4')).done as Promise<unknown>);
    await w.clock.resolve(b?.upload(testFile(PART, 'b.mp4')).done as Promise<unknown>);
    w.cloud.revokeAll();
    await w.clock.resolve(b?.upload(testFile(PART, 'c.mp4')).done as Promise<unknown>);
    await w.clock.resolve(a?.upload(testFile(PART, 'd.mp4')).done as Promise<unknown>);
    expect(w.reasons).toEqual(['initial', 'refused']);
  });
});
