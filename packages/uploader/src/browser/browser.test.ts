import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { chunkedHasher } from '../core/chunked-hasher.js';
import type { Clock, Tabs } from '../ports.js';
import { testFile } from '../testing/bench.js';
import { checkpointRecord } from '../testing/checkpoint-record.js';
import { DomParserOnNode, memoryStorage, type SeenRequest, xhrOn } from '../testing/fake-page.js';
import { MiniCloud } from '../testing/mini-cloud.js';
import { blobSource } from './blob-source.js';
import { browserNetwork } from './browser-network.js';
import { browserTabs } from './browser-tabs.js';
import { createUploader } from './create-uploader.js';
import { readDomXml } from './dom-xml.js';
import { LocalStorageCheckpoints } from './local-storage-checkpoints.js';
import { XhrHttpStack } from './xhr-http-stack.js';

afterEach(() => vi.unstubAllGlobals());

describe('createUploader of the browser', () => {
  it('sends Blob slices, never buffers, and listens to uploads only where a preflight happens anyway', async () => {
    const cloud = new MiniCloud({ now: () => Date.now(), ossEndpoint: 'http://oss.test' });
    const seen: SeenRequest[] = [];
    vi.stubGlobal('XMLHttpRequest', xhrOn(cloud.handle.bind(cloud), seen));
    vi.stubGlobal('DOMParser', DomParserOnNode);
    vi.stubGlobal('localStorage', memoryStorage());
    const { bytes } = testFile(3 * 102_400 + 7);
    const file = new File([bytes as Uint8Array<ArrayBuffer>], 'talk.mp4', { type: 'video/mp4' });
    const uploader = createUploader({
      endpoint: 'http://vod.test',
      partSize: 102_400,
      credentials: async () => cloud.issueToken(),
    });
    const { key } = await uploader.upload(file).done;
    expect(Buffer.from(bytes).equals(cloud.objects.get(key)?.body ?? Buffer.alloc(0))).toBe(true);
    const parts = seen.filter(({ listens }) => listens);
    expect(parts.length).toBe(4);
    expect(parts.every(({ body }) => body instanceof Blob)).toBe(true);
    // What is not a part: CreateUploadVideo, Initiate, Complete.
    expect(seen.filter(({ listens }) => !listens).map(({ body }) => typeof body)).toEqual([
      'string',
      'object',
      'string',
    ]);
    expect(seen.flatMap(({ headers }) => headers)).not.toContain('content-length');
    expect(localStorage.length).toBe(0);
  });

  it('can be created where there is no browser', () => {
    const uploader = createUploader({ endpoint: 'http://vod.test', credentials: () => new Promise(() => {}) });
    expect(uploader.tasks).toEqual([]);
    uploader.close();
  });
});

describe('XhrHttpStack', () => {
  it('rejects when there is no answer, and when it is aborted', async () => {
    const handle = () => ({ status: 200, headers: {}, body: '' });
    vi.stubGlobal('XMLHttpRequest', xhrOn(handle, []));
    const request = { method: 'GET', headers: [], onActivity: () => {}, signal: new AbortController().signal };
    await expect(new XhrHttpStack().send({ ...request, url: 'http://unreachable/' })).rejects.toThrow('Network error');
    const controller = new AbortController();
    const sent = new XhrHttpStack().send({ ...request, url: 'http://a/', signal: controller.signal });
    controller.abort();
    await expect(sent).rejects.toThrow('Aborted');
  });
});

describe('blobSource', () => {
  it('names a Blob without a name, and takes what is given instead', () => {
    expect(blobSource(new Blob(['x'], { type: 'video/mp4' }), chunkedHasher)).toMatchObject({
      name: 'upload',
      size: 1,
      type: 'video/mp4',
    });
    const source = blobSource(new File(['x'], 'a.mp4', { lastModified: 5 }), chunkedHasher, {
      fileName: 'b.mov',
      contentType: 'video/x',
    });
    expect(source).toMatchObject({ name: 'b.mov', lastModified: 5, type: 'video/x' });
  });

  it('notices a file that changed', async () => {
    const file = { size: 3, lastModified: 1, type: '', slice: () => new Blob() };
    const source = blobSource(file as unknown as Blob, chunkedHasher);
    await source.check();
    file.lastModified = 2;
    await expect(source.check()).rejects.toMatchObject({ code: 'FileChanged' });
  });

  it('reads once more what a page that was being left could not read', async () => {
    let reads = 0;
    const hasher = (good: number) => ({
      crc64: async () => {
        if (++reads < good) throw new Error('The I/O read operation failed.');
        return 7n;
      },
    });
    expect(await blobSource(new Blob(['x']), hasher(2)).crc64(0, 1)).toBe(7n);
    reads = 0;
    await expect(blobSource(new Blob(['x']), hasher(3)).crc64(0, 1)).rejects.toMatchObject({ code: 'FileUnreadable' });
    expect(reads).toBe(2);
  });
});

describe('browserNetwork', () => {
  it('takes a timer that comes late for sleep, but not that of a hidden page, which comes once a minute', () => {
    let now = 0;
    let run = () => {};
    const clock: Clock = {
      now: () => now,
      setTimeout: (next) => {
        run = next;
        return () => {};
      },
    };
    const late = (ms: number, before: boolean, after = before) => {
      const page = { hidden: before };
      vi.stubGlobal('document', page);
      vi.stubGlobal('addEventListener', () => {});
      vi.stubGlobal('removeEventListener', () => {});
      let told = 0;
      const stop = browserNetwork(clock)?.onChange(() => told++);
      page.hidden = after;
      now += 5000 + ms;
      run();
      stop?.();
      return told === 1;
    };
    expect(late(1000, false)).toBe(false);
    expect(late(6000, false)).toBe(true);
    expect(late(55_000, true)).toBe(false);
    expect(late(55_000, true, false)).toBe(false);
    expect(late(70_000, true)).toBe(true);
  });
});

describe('browserTabs', () => {
  it('asks anew for a lock that a page keeps which was left (Chromium), until it is given up', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    vi.stubGlobal('BroadcastChannel', class {});
    let requests = 0;
    const request = async (
      _name: string,
      options: { signal?: AbortSignal },
      held: (lock: object | null) => Promise<void>,
    ) => {
      if (++requests === 3) return held({});
      if (!options.signal) return held(null);
      return new Promise((_, reject) => {
        options.signal?.addEventListener('abort', () => reject(new DOMException('', 'AbortError')));
      });
    };
    vi.stubGlobal('navigator', { locks: { request } });
    const waiting = vi.fn();
    const done = browserTabs()?.exclusive('a', new AbortController().signal, waiting, async () => 1);
    await vi.advanceTimersByTimeAsync(5000);
    expect(await done).toBe(1);
    expect(waiting).toHaveBeenCalledOnce();
    requests = 0;
    const stop = new AbortController();
    const stopped = browserTabs()?.exclusive('a', stop.signal, waiting, async () => 1);
    await vi.advanceTimersByTimeAsync(1000);
    stop.abort();
    await expect(stopped).rejects.toMatchObject({ code: 'Canceled' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is alone where the browser refuses locks and channels with all storage', async () => {
    const refuse = () => {
      throw new DOMException('The operation is insecure.', 'SecurityError');
    };
    vi.stubGlobal('BroadcastChannel', refuse);
    vi.stubGlobal('navigator', { locks: { request: async () => refuse() } });
    const tabs = browserTabs() as Tabs;
    const stop = tabs.listen('a', () => {});
    tabs.tell('a', 'b');
    expect(
      await tabs.exclusive(
        'a',
        new AbortController().signal,
        () => {},
        async () => 1,
      ),
    ).toBe(1);
    stop();
  });
});

describe('readDomXml', () => {
  it('answers nothing for a text that is not XML', () => {
    vi.stubGlobal('DOMParser', DomParserOnNode);
    expect(readDomXml('<a><b>')).toBeUndefined();
    expect(readDomXml(' <a><b>1</b><b>2</b></a>\n')?.children('b').length).toBe(2);
    expect(readDomXml('<a><b>1</b></a>')?.child('c')).toBeUndefined();
  });

  it('reads what the browser has read where no text may be parsed (Trusted Types)', () => {
    const document = new DomParserOnNode().parseFromString('<a><b>1</b></a>');
    vi.stubGlobal(
      'DOMParser',
      class {
        parseFromString() {
          throw new TypeError("This document requires 'TrustedHTML' assignment.");
        }
      },
    );
    expect(readDomXml('<a><b>1</b></a>', document)?.child('b')).toBe('1');
    expect(readDomXml('<html><body>bad <br> gateway', null)).toBeUndefined();
  });
});

describe('LocalStorageCheckpoints', () => {
  it('keeps records, lists only its own, and ignores what is broken', async () => {
    const storage = memoryStorage();
    const store = new LocalStorageCheckpoints(() => storage);
    const record = checkpointRecord;
    await store.set(record);
    storage.setItem('sluice.upload.broken', '{"version":2');
    storage.setItem('other', '1');
    expect(await store.get('f')).toEqual(record);
    expect(await store.get('broken')).toBeUndefined();
    expect(await store.list()).toEqual([record]);
    await store.delete('f');
    expect(await store.get('f')).toBeUndefined();
  });
});
