import { crc64 } from '@sluice/wire';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Emitter } from '../core/emitter.js';
import { LateBatch } from '../core/late-batch.js';
import { loaded } from '../core/load.js';

const offline = () => {
  throw new TypeError('Failed to fetch dynamically imported module');
};

describe('a chunk that cannot be loaded', () => {
  beforeEach(() => vi.resetModules());
  afterEach(() => {
    vi.doUnmock('./chunks/hasher.js');
    vi.doUnmock('../core/advice.js');
  });

  it('of the worker: the calling thread hashes', async () => {
    vi.doMock('./chunks/hasher.js', offline);
    const { browserHasher } = await import('./browser-hasher.js');
    const bytes = new Uint8Array(600_000).map((_, i) => i * 13);
    const hasher = browserHasher();
    expect(await hasher.crc64(new Blob([bytes]))).toBe(crc64(bytes));
    hasher.close();
  });

  it('of the advice: errors go without, until a later file has it', async () => {
    vi.doMock('../core/advice.js', offline);
    const { lateAdvice } = await import('./late-advice.js');
    const { advice, prepare } = lateAdvice();
    await prepare();
    expect(advice('Canceled')).toBeUndefined();
    vi.doUnmock('../core/advice.js');
    await prepare();
    expect(advice('Canceled')).toMatch(/./);
  });

  it('of what few uploads need: an error that says so and may be tried again', async () => {
    const failing = loaded(async () => offline());
    await expect(failing).rejects.toMatchObject({
      code: 'NetworkError',
      retryable: true,
      cause: expect.any(TypeError),
    });
  });

  it('of a batch: it fails, and what was asked of it ends', async () => {
    const batch = new LateBatch(new Emitter(() => {}), loaded(async () => offline()) as Promise<never>);
    batch.pause();
    expect([batch.tasks, batch.progress.files]).toEqual([[], 0]);
    await batch.cancel();
    await expect(batch).rejects.toMatchObject({ code: 'NetworkError' });
  });
});
