import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Checkpoint } from '../ports.js';
import { device } from '../testing/native-world.js';
import { nativeXhr, type SentByXhr } from '../testing/native-xhr.js';
import { KeyValueCheckpoints } from './key-value-checkpoints.js';
import { type NetInfoState, netInfoNetwork } from './net-info-network.js';
import { reactNativePlatform } from './platform.js';
import { reportToReactNative } from './report-error.js';
import { NativeXhrHttpStack } from './xhr-http-stack.js';

afterEach(() => vi.unstubAllGlobals());

async function withEcho(run: (url: string) => Promise<void>): Promise<void> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    response.writeHead(201, { ETag: '"abc"', 'x-type': request.headers['content-type'] ?? 'none' });
    response.end(Buffer.concat(chunks).toString('hex'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const request = {
  method: 'PUT',
  onActivity: () => {},
  headers: [['content-type', 'application/octet-stream']] as const,
};

describe('NativeXhrHttpStack', () => {
  it('sends bytes and text, tells progress, reads headers by lower-case name, sends no cookies', async () => {
    const seen: SentByXhr[] = [];
    vi.stubGlobal('XMLHttpRequest', nativeXhr(seen));
    await withEcho(async (url) => {
      const { signal } = new AbortController();
      const sent: number[] = [];
      const whole = new Uint8Array([9, 0, 255, 128, 7]);
      const answer = await new NativeXhrHttpStack().send({
        ...request,
        url,
        signal,
        body: whole.subarray(1, 4),
        onUploadProgress: (bytes) => sent.push(bytes),
      });
      expect([answer.status, answer.header('etag'), answer.body]).toEqual([201, '"abc"', '00ff80']);
      expect(answer.header('x-none')).toBeUndefined();
      expect(sent).toEqual([3]);
      expect((await new NativeXhrHttpStack().send({ ...request, url, signal, body: 'ä' })).body).toBe('c3a4');
    });
    expect(seen).toEqual(seen.map(() => ({ withCredentials: false, incremental: false })));
  });

  it('rejects where the system gives up, when it is aborted, and what it cannot send', async () => {
    vi.stubGlobal('XMLHttpRequest', nativeXhr());
    const controller = new AbortController();
    const { signal } = controller;
    const stack = new NativeXhrHttpStack();
    await expect(stack.send({ ...request, url: 'http://127.0.0.1/timeout', signal })).rejects.toThrow('gave up');
    await expect(stack.send({ ...request, url: 'http://127.0.0.1:1/', signal })).rejects.toThrow('Network error');
    await expect(stack.send({ ...request, url: 'http://a/', signal, body: new Blob(['a']) })).rejects.toThrow('only');
    const pending = stack.send({ ...request, url: 'http://127.0.0.1:9/', signal });
    controller.abort();
    await expect(pending).rejects.toThrow();
    await expect(stack.send({ ...request, url: 'http://127.0.0.1:9/', signal })).rejects.toThrow('Aborted');
  });
});

describe('netInfoNetwork', () => {
  it('tells when the connection comes and goes, to everybody who listens', () => {
    const handlers = new Set<(state: NetInfoState) => void>();
    const network = netInfoNetwork({
      addEventListener: (handler) => {
        handlers.add(handler);
        return () => handlers.delete(handler);
      },
    });
    const say = (isConnected: boolean | null) => {
      for (const handler of handlers) handler({ isConnected });
    };
    const heard: string[] = [];
    expect(network.online()).toBe(true);
    expect(handlers.size).toBe(0);
    const stopFirst = network.onChange(() => heard.push(`first ${network.online()}`));
    const stopSecond = network.onChange(() => heard.push(`second ${network.online()}`));
    expect(handlers.size).toBe(1);
    say(null);
    say(true);
    say(false);
    say(false);
    stopFirst();
    say(true);
    expect(heard).toEqual(['first false', 'second false', 'second true']);
    stopSecond();
    expect(handlers.size).toBe(0);
  });
});

describe('KeyValueCheckpoints', () => {
  const record = {
    version: 2,
    fingerprint: 'abc',
    sample: 's',
    account: '',
    fileName: 'talk.mp4',
    size: 10,
    lastModified: 0,
    unit: 102_400,
    videoId: 'v',
    bucket: 'b',
    key: 'k',
    endpoint: 'https://oss',
    uploadId: 'u',
    parts: [],
    createdAt: 1,
  } as const satisfies Checkpoint;

  it('keeps the URI, but nothing that is not text', async () => {
    const { store } = device();
    const checkpoints = new KeyValueCheckpoints(store);
    await checkpoints.set({ ...record, handle: 'file:///talk.mp4' });
    expect(JSON.parse(store.items.get('sluice.upload.abc') ?? '{}')).toMatchObject({ handle: 'file:///talk.mp4' });
    await checkpoints.set({ ...record, handle: { native: true } });
    expect(JSON.parse(store.items.get('sluice.upload.abc') ?? '{}')).not.toHaveProperty('handle');
    await checkpoints.delete('abc');
    expect(store.items.size).toBe(0);
  });

  it('leaves keys of others alone and reads broken records as none', async () => {
    const { store } = device();
    store.items.set('theirs', '1');
    store.items.set('sluice.upload.bad', '{');
    const checkpoints = new KeyValueCheckpoints(store);
    expect(await checkpoints.list()).toEqual([]);
    expect(await checkpoints.get('bad')).toBeUndefined();
    expect(store.items.get('theirs')).toBe('1');
  });
});

describe('reactNativePlatform', () => {
  it('can be made where nothing of React Native is', () => {
    const platform = reactNativePlatform({ files: device().port });
    expect(platform.checkpoints()).toBeUndefined();
    expect(platform.readXml('<a><b>1</b></a>')?.child('b')).toBe('1');
  });

  it("hands exceptions to React Native's reporter, and is never fatal without it", () => {
    const reported: unknown[] = [];
    vi.stubGlobal('ErrorUtils', { reportError: (error: unknown) => reported.push(error) });
    const error = new Error('of a listener');
    reportToReactNative(error);
    expect(reported).toEqual([error]);
    vi.stubGlobal('ErrorUtils', undefined);
    const shown = vi.spyOn(console, 'error').mockImplementation(() => {});
    reportToReactNative(error);
    expect(shown).toHaveBeenCalledWith(error);
    shown.mockRestore();
  });
});
