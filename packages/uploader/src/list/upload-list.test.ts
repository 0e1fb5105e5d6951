import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { isStored, PART, type TestFile, testFile, world } from '../testing/bench.js';
import { UploadList, type UploadListOptions } from './upload-list.js';
import type { ListUploader } from './uploader-port.js';

const describeFile = ({ name, bytes, type }: TestFile) => ({ name, size: bytes.length, type });

function listOn(uploader: ListUploader<TestFile>, options: UploadListOptions<TestFile> = {}): UploadList<TestFile> {
  return new UploadList<TestFile>(uploader, { describe: describeFile, ...options });
}

/** Waits until the list has told of what happened; nothing is left to tell after its longest delay. */
const told = (list: UploadList<TestFile>): Promise<void> =>
  new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      stop();
      resolve();
    };
    const timer = setTimeout(end, 250);
    const stop = list.subscribe(end);
  });

/** Lets time pass until nothing is busy any more. */
async function drain(clock: ReturnType<typeof world>['clock'], list: UploadList<TestFile>): Promise<void> {
  for (let i = 0; i < 500; i++) {
    await clock.advance(100);
    const { items } = list.getSnapshot();
    const busy = items.map(({ id }) => list.get(id)?.state);
    if (!busy.some((state) => state === 'queued' || state === 'preparing' || state === 'uploading')) {
      await told(list);
      return;
    }
    await sleep(1);
  }
  throw new Error('the list never came to rest');
}

const states = (list: UploadList<TestFile>, ids: readonly string[]) => ids.map((id) => list.get(id)?.state);

describe('an upload list', () => {
  it('uploads what is added, hands few files over at a time, and holds nothing of those that ended', async () => {
    const { clock, cloud, uploader } = world();
    const core = uploader();
    const list = listOn(core, { ahead: 4 });
    const files = Array.from({ length: 20 }, (_, i) => testFile(PART + i, `clip-${i}.mp4`));
    let most = 0;
    const succeeded: string[] = [];
    list.on('success', ({ id, task }) => {
      succeeded.push(id);
      expect(task).toBeUndefined();
    });
    const { added } = list.add(files);
    expect(states(list, added).every((state) => state === 'queued')).toBe(true);
    await told(list);
    for (let i = 0; i < 200 && succeeded.length < 20; i++) {
      most = Math.max(most, core.tasks.length);
      await clock.advance(50);
    }
    await told(list);
    expect(most).toBe(4);
    expect(new Set(succeeded)).toEqual(new Set(added));
    const { items, totals } = list.getSnapshot();
    const bytes = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
    expect(totals).toMatchObject({ items: 20, loaded: bytes, total: bytes, fraction: 1, bytesPerSecond: 0 });
    expect(totals.count.success).toBe(20);
    expect(items.every(({ result, progress }) => result?.videoId !== undefined && progress.fraction === 1)).toBe(true);
    const last = items[19]?.result?.key ?? '';
    expect(isStored(cloud, last, files[19] as TestFile)).toBe(true);
  });

  it('keeps snapshots, their ids and unchanged items the same objects', async () => {
    const { clock, uploader } = world();
    const list = listOn(uploader(), { ahead: 1 });
    list.add([testFile(40 * PART, 'a.mp4'), testFile(PART, 'b.mp4')]);
    const before = list.getSnapshot();
    expect(before.ids).toEqual([]);
    await told(list);
    const first = list.getSnapshot();
    expect(list.getSnapshot()).toBe(first);
    expect(first.items).toBe(first.items);
    const next = told(list);
    await clock.advance(150);
    await next;
    const second = list.getSnapshot();
    expect(second).not.toBe(first);
    expect(second.ids).toBe(first.ids);
    expect(second.items[1]).toBe(first.items[1]);
    expect(second.items[0]).not.toBe(first.items[0]);
    list.close();
  });

  it('tells of many events in one notification, and one row only of its own', async () => {
    const { clock, uploader } = world();
    const list = listOn(uploader());
    const { added } = list.add(Array.from({ length: 8 }, (_, i) => testFile(20 * PART, `clip-${i}.mp4`)));
    await told(list);
    const [whole, row, other] = [vi.fn(), vi.fn(), vi.fn()];
    list.subscribe(whole);
    list.subscribeItem(added[0] as string, row);
    list.subscribeItem(added[7] as string, other);
    let events = 0;
    for (const id of added) list.get(id)?.task?.on('progress', () => events++);
    await clock.advance(150);
    await told(list);
    expect(events).toBeGreaterThan(3);
    expect(whole.mock.calls.length).toBeLessThan(events);
    expect(row).toHaveBeenCalled();
    // The uploader has three files in flight: the eighth has not moved.
    expect(other).not.toHaveBeenCalled();
    list.close();
  });

  it('stays cheap with 30 000 files: nothing is handed over ahead of its turn, no sum is counted anew', async () => {
    const begun: string[] = [];
    const { uploader } = world();
    const core = uploader();
    const list = listOn({
      tasks: [],
      upload: (file) => {
        begun.push(file.name);
        return core.upload(file);
      },
    });
    const file = testFile(PART);
    const { added } = list.add(Array.from({ length: 30_000 }, (_, i) => ({ ...file, name: `${i}.mp4` })));
    expect(begun.length).toBe(16);
    await told(list);
    expect(list.getSnapshot().totals).toMatchObject({ items: 30_000, total: 30_000 * PART });
    list.pauseAll();
    await told(list);
    expect(list.getSnapshot().totals.count.paused).toBe(30_000);
    await list.cancel(added[29_999] as string);
    list.clearFinished();
    await told(list);
    expect(list.getSnapshot().ids.length).toBe(29_999);
    expect(begun.length).toBe(16);
    core.close();
  });

  it('refuses files outside its limits, each with its reason, and takes the others', async () => {
    const { uploader } = world();
    const list = listOn(uploader(), { accept: '.mp4, image/*', maxSize: 2 * PART, maxFiles: 2, autostart: false });
    const heard: unknown[] = [];
    list.on('refused', ({ fileName, refusal, error }) => heard.push([fileName, refusal, error?.code]));
    const png = { ...testFile(10, 'cover'), type: 'image/png' };
    const { added, refused } = list.add([
      testFile(PART, 'A.MP4'),
      testFile(10, 'notes.txt'),
      testFile(3 * PART, 'big.mp4'),
      png,
      testFile(PART, 'third.mp4'),
    ]);
    expect(added.length).toBe(2);
    expect(states(list, refused)).toEqual(['refused', 'refused', 'refused']);
    expect(heard).toEqual([
      ['notes.txt', { reason: 'type', limit: '.mp4, image/*' }, 'TypeNotAccepted'],
      ['big.mp4', { reason: 'size', limit: 2 * PART }, 'SizeNotAccepted'],
      ['third.mp4', { reason: 'count', limit: 2 }, 'TooManyFiles'],
    ]);
    list.remove(added[0] as string);
    expect(list.add([testFile(PART, 'third.mp4')]).refused).toEqual([]);
  });

  it('waits for start where autostart is off, and begins a single item at a press', async () => {
    const { clock, uploader } = world();
    const core = uploader();
    const list = listOn(core, { autostart: false });
    const { added } = list.add([testFile(PART, 'a.mp4'), testFile(PART, 'b.mp4'), testFile(PART, 'c.mp4')]);
    expect(core.tasks.length).toBe(0);
    list.resume(added[1] as string);
    expect(core.tasks.length).toBe(1);
    list.start();
    expect(core.tasks.length).toBe(3);
    await drain(clock, list);
    expect(states(list, added)).toEqual(['success', 'success', 'success']);
    const later = list.add([testFile(PART, 'd.mp4')]);
    expect(states(list, later.added)).toEqual(['queued']);
    expect(core.tasks.length).toBe(0);
  });

  it('pauses and resumes items with and without a turn, one and all', async () => {
    const { clock, uploader } = world();
    const list = listOn(uploader(), { ahead: 2 });
    const { added } = list.add(['a', 'b', 'c', 'd'].map((name) => testFile(30 * PART, `${name}.mp4`)));
    await clock.advance(100);
    list.pause(added[0] as string);
    list.pause(added[3] as string);
    expect(states(list, added).map((state) => state === 'paused')).toEqual([true, false, false, true]);
    list.pauseAll();
    expect(states(list, added)).toEqual(['paused', 'paused', 'paused', 'paused']);
    list.resume(added[3] as string);
    expect(list.get(added[3] as string)?.state).toBe('queued');
    list.resumeAll();
    await drain(clock, list);
    expect(states(list, added)).toEqual(['success', 'success', 'success', 'success']);
  });

  it('tells why an upload failed, and retries it', async () => {
    const { clock, uploader } = world();
    const list = listOn(uploader());
    const file = testFile(3 * PART, 'a.mp4');
    file.unreadable = true;
    const errors: string[] = [];
    list.on('error', ({ error }) => errors.push(error?.code ?? ''));
    const { added } = list.add([file]);
    await drain(clock, list);
    const id = added[0] as string;
    expect(list.get(id)).toMatchObject({ state: 'failed', error: { code: 'FileUnreadable' } });
    expect(errors).toEqual(['FileUnreadable']);
    file.unreadable = false;
    list.retryAll();
    expect(list.get(id)).toMatchObject({ state: 'queued', error: undefined });
    await drain(clock, list);
    expect(list.get(id)?.state).toBe('success');
  });

  it('cancels: the server forgets it, the bytes leave the sums, and removing leaves no trace', async () => {
    const { clock, cloud, uploader } = world();
    const list = listOn(uploader());
    const { added } = list.add([testFile(30 * PART, 'a.mp4'), testFile(PART, 'b.mp4')]);
    const [a, b] = added as [string, string];
    await clock.advance(150);
    await clock.resolve(list.cancel(a));
    expect(list.get(a)).toMatchObject({ state: 'canceled', task: undefined });
    expect(cloud.uploads.size).toBe(0);
    await drain(clock, list);
    expect(list.getSnapshot().totals).toMatchObject({ items: 2, total: PART, loaded: PART });
    list.remove(a);
    list.remove(b);
    await told(list);
    expect(list.getSnapshot()).toMatchObject({ ids: [], items: [], totals: { items: 0, total: 0, loaded: 0 } });
  });

  it('shows uploads that were begun without it', async () => {
    const { clock, uploader } = world();
    const core = uploader();
    const early = core.upload(testFile(PART));
    const list = listOn(core);
    expect(list.getSnapshot().ids.length).toBe(1);
    const late = list.track(core.upload(testFile(PART, 'late.mp4')));
    await clock.resolve(early.done);
    await drain(clock, list);
    expect(list.get(late)?.state).toBe('success');
  });

  it('does not hang when the uploader is closed', async () => {
    const { uploader } = world();
    const core = uploader();
    core.close();
    const list = listOn(core);
    const { added } = list.add([testFile(PART)]);
    expect(states(list, added)).toEqual(['canceled']);
  });
});

describe('uploads of an earlier session', () => {
  /** An uploader that finds an upload which another session began and did not finish. */
  async function secondSession(file: TestFile, reopenable = false) {
    const w = world();
    const { open } = w.platform;
    const handle = reopenable ? 'a handle' : undefined;
    Object.assign(w.platform, {
      open: async (...of: Parameters<typeof open>) => ({ ...(await open(...of)), handle }),
      reopen: async () => file,
    });
    const first = w.uploader({ parallel: 1 });
    const task = first.upload(file);
    const begun = new Promise<void>((resolve) => task.on('partuploaded', () => resolve()));
    await w.clock.resolve(begun);
    first.close();
    await w.clock.settle(task.done);
    const list = listOn(w.uploader());
    const find = async () => {
      await w.clock.resolve(list.loadUnfinished());
      await told(list);
    };
    await find();
    return { ...w, list, find, id: list.getSnapshot().ids[0] as string };
  }
  const another = (file: TestFile): TestFile => ({ ...file, bytes: file.bytes.map((byte) => byte ^ 1) });

  it('are shown once, and resumed without picking where the file can be opened again', async () => {
    const { clock, cloud, list, find, id } = await secondSession(testFile(30 * PART), true);
    await find();
    expect(list.getSnapshot().items.length).toBe(1);
    const { total, count } = list.getSnapshot().totals;
    expect([total, count.unfinished]).toEqual([0, 1]);
    expect(list.get(id)).toMatchObject({ state: 'unfinished', needsFile: false, progress: { total: 30 * PART } });
    expect(list.get(id)?.progress.loaded).toBeGreaterThan(0);
    expect(list.resume(id)).toBe(true);
    await drain(clock, list);
    expect(list.get(id)?.state).toBe('success');
    expect([...cloud.acknowledged().values()].every((times) => times === 1)).toBe(true);
  });

  it('ask for the file where it cannot be opened, and refuse another one with the reason', async () => {
    const file = testFile(30 * PART);
    const { clock, list, id } = await secondSession(file);
    expect(list.get(id)?.needsFile).toBe(true);
    expect(list.resume(id)).toBe(false);
    expect(list.resume(id, another(file))).toBe(true);
    await drain(clock, list);
    expect(list.get(id)).toMatchObject({ state: 'unfinished', error: { code: 'FileChanged' } });
    list.resume(id, file);
    await drain(clock, list);
    expect(list.get(id)).toMatchObject({ state: 'success', error: undefined });
  });

  it('go on by themselves when the same file is added; another file of that name and size is uploaded beside', async () => {
    const file = testFile(30 * PART);
    const { clock, cloud, list, id } = await secondSession(file);
    expect(list.add([another(file)]).added).toEqual([id]);
    await drain(clock, list);
    const { items } = list.getSnapshot();
    expect(items.map(({ state }) => state)).toEqual(['success', 'unfinished']);
    expect(list.add([file]).added).toEqual([items[1]?.id]);
    await drain(clock, list);
    expect(states(list, list.getSnapshot().ids)).toEqual(['success', 'success']);
    expect([...cloud.acknowledged().values()].every((times) => times === 1)).toBe(true);
  });

  it('are discarded by cancel, on the server too, and only hidden by remove', async () => {
    const { clock, cloud, list, find, id } = await secondSession(testFile(30 * PART));
    list.remove(id);
    await told(list);
    expect([list.getSnapshot().ids.length, cloud.uploads.size]).toEqual([0, 1]);
    await find();
    await clock.resolve(list.cancel(list.getSnapshot().ids[0] as string));
    await told(list);
    expect([list.getSnapshot().ids.length, cloud.uploads.size]).toEqual([0, 0]);
  });
});
