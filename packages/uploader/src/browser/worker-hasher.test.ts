import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { crc64 } from '@sluice/wire';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { chunkedHasher } from '../core/chunked-hasher.js';
import type { PartHasher } from '../ports.js';
import { ThreadWorker } from '../testing/thread-worker.js';
import { createWorkerHasher, type WorkerHasherOptions } from './worker-hasher.js';

const MIB = 1024 * 1024;

function noise(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = i * 31 + (i >> 8) * 7 + (i >> 16);
  return bytes;
}

/** The fallback, and how often it had to help. */
function watched(): PartHasher & { calls: number } {
  return {
    calls: 0,
    crc64(body) {
      this.calls++;
      return chunkedHasher.crc64(body);
    },
  };
}

const open: { close?(): void }[] = [];
function hasher(options: WorkerHasherOptions) {
  const made = createWorkerHasher(options);
  open.push(made);
  return made;
}

beforeEach(() => {
  ThreadWorker.started = 0;
  ThreadWorker.running = 0;
  vi.stubGlobal('Worker', ThreadWorker);
});
afterEach(() => {
  for (const made of open.splice(0)) made.close?.();
  vi.unstubAllGlobals();
});

describe('in a worker', () => {
  it('hashes Blobs of any length, several at once, in one worker', async () => {
    const fallback = watched();
    const { crc64: hash } = hasher({ fallback });
    const bodies = [256 * 1024 + 1, MIB, 3 * MIB + 17, 5 * MIB].map(noise);
    const sums = await Promise.all(bodies.map((bytes) => hash(new Blob([bytes]))));
    expect(sums).toEqual(bodies.map((bytes) => crc64(bytes)));
    expect(fallback.calls).toBe(0);
    expect(ThreadWorker.started).toBe(1);
  });

  it('reads a slice', async () => {
    const fallback = watched();
    const slice = new Blob([noise(3 * MIB)]).slice(MIB - 5, 2 * MIB);
    expect(await hasher({ fallback }).crc64(slice)).toBe(crc64(noise(3 * MIB).subarray(MIB - 5, 2 * MIB)));
    expect(fallback.calls).toBe(0);
  });

  it('starts none for small bodies and bytes in memory', async () => {
    const { crc64: hash } = hasher({});
    expect(await hash(new Blob([noise(1000)]))).toBe(crc64(noise(1000)));
    expect(await hash(noise(2 * MIB))).toBe(crc64(noise(2 * MIB)));
    expect(ThreadWorker.started).toBe(0);
  });

  it('uses JavaScript where WebAssembly is missing', async () => {
    vi.stubGlobal('WebAssembly', undefined);
    const fallback = watched();
    expect(await hasher({ fallback }).crc64(new Blob([noise(MIB)]))).toBe(crc64(noise(MIB)));
    expect(fallback.calls).toBe(0);
  });

  it('ends a worker without work, and starts another one', async () => {
    const fallback = watched();
    const { crc64: hash } = hasher({ fallback, idle: 20 });
    const body = new Blob([noise(MIB)]);
    await hash(body);
    await vi.waitFor(() => expect(ThreadWorker.running).toBe(0));
    expect(await hash(body)).toBe(crc64(noise(MIB)));
    expect([ThreadWorker.started, fallback.calls]).toEqual([2, 0]);
  });

  it('close() ends it, rejects what was under way, and a later Blob starts another one', async () => {
    const made = hasher({});
    const body = new Blob([noise(MIB)]);
    const pending = made.crc64(body);
    made.close?.();
    await expect(pending).rejects.toMatchObject({ code: 'Closed' });
    expect(ThreadWorker.running).toBe(0);
    expect(await made.crc64(body)).toBe(crc64(noise(MIB)));
  });
});

describe('minified', () => {
  it.each([
    { target: 'es2020' },
    { target: 'es2022' },
    { target: 'es2020', keepNames: true },
    { target: 'es2022', format: 'iife' as const },
  ])('by esbuild with $target $keepNames $format, it still runs in the worker', async (options) => {
    const directory = await mkdtemp(join(tmpdir(), 'hasher-'));
    const outfile = join(directory, 'bundle.mjs');
    const source = fileURLToPath(new URL('./worker-hasher.ts', import.meta.url));
    await build({
      stdin: {
        contents: `import { createWorkerHasher } from ${JSON.stringify(source)}; globalThis.made = createWorkerHasher;`,
        resolveDir: fileURLToPath(new URL('.', import.meta.url)),
      },
      bundle: true,
      minify: true,
      format: 'esm',
      conditions: ['sluice-source'],
      ...options,
      outfile,
    });
    vi.stubGlobal('made', undefined);
    await import(/* @vite-ignore */ pathToFileURL(outfile).href);
    const create = (globalThis as unknown as { made: typeof createWorkerHasher }).made;
    const fallback = watched();
    const minified = create({ fallback });
    open.push(minified);
    expect(await minified.crc64(new Blob([noise(MIB + 3)]))).toBe(crc64(noise(MIB + 3)));
    expect([ThreadWorker.started, fallback.calls]).toEqual([1, 0]);
    await rm(directory, { recursive: true });
  });
});

describe('without a worker nothing is lost', () => {
  const body = new Blob([noise(2 * MIB)]);
  const sum = crc64(noise(2 * MIB));

  it.each<[string, unknown]>([
    ['there is none', undefined],
    [
      'its construction is refused',
      class {
        constructor() {
          throw new DOMException('Refused by the Content-Security-Policy', 'SecurityError');
        }
      },
    ],
    [
      'its script does not run',
      class extends ThreadWorker {
        protected override source = () => 'throw new Error("no")';
      },
    ],
    [
      'it never answers',
      class extends ThreadWorker {
        protected override source = () => 'self.onmessage = () => {}';
      },
    ],
  ])('when %s', async (_, worker) => {
    vi.stubGlobal('Worker', worker);
    const fallback = watched();
    const { crc64: hash } = hasher({ fallback, startPatience: 300 });
    expect(await Promise.all([hash(body), hash(body)])).toEqual([sum, sum]);
    expect(await hash(body)).toBe(sum);
    expect(fallback.calls).toBe(3);
    expect(ThreadWorker.started).toBeLessThanOrEqual(1);
    expect(ThreadWorker.running).toBe(0);
  });

  it.each([
    ['dies', 'setTimeout(() => { throw new Error("out of memory"); }, 50)'],
    ['falls silent', ''],
  ])('when it %s on the way; a third time is the last', async (_, end) => {
    class Mortal extends ThreadWorker {
      // The first message is answered; a Blob is its end.
      protected override source = (text: string) => `
        const on = parentPort.on.bind(parentPort);
        parentPort.on = (name, run) => on(name, (data) => { if (data[1] instanceof Blob) { ${end} } else run(data); });
        ${text}`;
    }
    vi.stubGlobal('Worker', Mortal);
    const fallback = watched();
    const { crc64: hash } = hasher({ fallback, patience: 200 });
    for (let i = 0; i < 5; i++) expect(await hash(body)).toBe(sum);
    expect([fallback.calls, ThreadWorker.started, ThreadWorker.running]).toEqual([5, 3, 0]);
  });

  it('when it cannot read the Blob: the fallback tries, and says why', async () => {
    class Blind extends ThreadWorker {
      protected override source = (text: string) =>
        `Blob.prototype.stream = () => new ReadableStream({ pull() { throw new Error('NotReadableError'); } });${text}`;
    }
    vi.stubGlobal('Worker', Blind);
    const fallback = watched();
    const { crc64: hash } = hasher({ fallback });
    expect(await hash(body)).toBe(sum);
    expect(await hash(body)).toBe(sum);
    expect([fallback.calls, ThreadWorker.started, ThreadWorker.running]).toEqual([2, 1, 1]);
  });
});
