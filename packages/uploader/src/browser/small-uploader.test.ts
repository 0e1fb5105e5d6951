import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createUploader, type SmallOptions, UploadError } from '../core.js';
import { testFile } from '../testing/bench.js';
import { DomParserOnNode, memoryStorage, type SeenRequest, xhrOn } from '../testing/fake-page.js';
import { MiniCloud } from '../testing/mini-cloud.js';

const PART = 102_400;
const content = testFile(5 * PART + 7);
const bytes = content.bytes as Uint8Array<ArrayBuffer>;
const file = new File([bytes], 'talk.mp4', { type: 'video/mp4', lastModified: content.lastModified });

let cloud: MiniCloud;
let seen: SeenRequest[];

beforeEach(() => {
  cloud = new MiniCloud({ now: () => Date.now(), ossEndpoint: 'http://oss.test' });
  seen = [];
  vi.stubGlobal('XMLHttpRequest', xhrOn(cloud.handle.bind(cloud), seen));
  vi.stubGlobal('DOMParser', DomParserOnNode);
  vi.stubGlobal('localStorage', memoryStorage());
});
afterEach(() => vi.unstubAllGlobals());

const uploader = (options: Partial<SmallOptions> = {}) =>
  createUploader({
    endpoint: 'http://vod.test',
    partSize: PART,
    credentials: async () => cloud.issueToken(),
    ...options,
  });

const partsSent = () =>
  seen.filter(({ listens }) => listens).map(({ url }) => new URL(url).searchParams.get('partNumber'));

describe('createUploader of the small entry', () => {
  it('uploads in parts, tells how it goes, and remembers nothing afterwards', async () => {
    const task = uploader().upload(file, { title: 'Talk' });
    const states: string[] = [];
    const loaded: number[] = [];
    task.on('state', (state) => states.push(state));
    task.on('progress', (progress) => loaded.push(progress.loaded));
    const { key, videoId, crc64 } = await task;
    expect(Buffer.from(bytes).equals(cloud.objects.get(key)?.body ?? Buffer.alloc(0))).toBe(true);
    expect([videoId, crc64]).toEqual([expect.stringMatching(/./), expect.stringMatching(/^\d+$/)]);
    expect(states).toEqual(['preparing', 'uploading', 'success']);
    expect(loaded.at(-1)).toBe(file.size);
    expect(partsSent().sort()).toEqual(['1', '2', '3', '4', '5', '6']);
    expect(localStorage.length).toBe(0);
  });

  it('goes on after a reload: no acknowledged part is sent again', async () => {
    const first = uploader({ parallel: 1 });
    const cut = first.upload(file);
    await new Promise<void>((resolve) => {
      cut.on('partuploaded', ({ number }) => {
        if (number === 3) resolve();
      });
    });
    first.close();
    await expect(cut.done).rejects.toMatchObject({ code: 'Closed' });
    // The last state is written when the work of the task has ended.
    await vi.waitFor(() => expect(localStorage.length).toBe(1));
    const before = partsSent();
    seen.length = 0;
    const { key } = await uploader().upload(file);
    expect(Buffer.from(bytes).equals(cloud.objects.get(key)?.body ?? Buffer.alloc(0))).toBe(true);
    expect(before.slice(0, 3)).toEqual(['1', '2', '3']);
    expect(partsSent().filter((part) => Number(part) <= 3)).toEqual([]);
  });

  it('fails with the errors of the whole uploader, without advice', async () => {
    const task = uploader({ credentials: async () => ({ ...cloud.issueToken(), accessKeySecret: 'wrong' }) }).upload(
      file,
    );
    const error = await task.done.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UploadError);
    expect(error).toMatchObject({ code: 'SignatureDoesNotMatch', advice: undefined });
  });

  it('works where nothing may be stored', async () => {
    vi.stubGlobal('localStorage', undefined);
    await expect(uploader().upload(file)).resolves.toMatchObject({ size: file.size });
  });
});
