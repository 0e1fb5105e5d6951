import { compileCrc64, crc64Kernel, crc64Layout, crc64WasmKernel, joinCrc64 } from '@sluice/wire/crc64-wasm';
import { fastHasher } from '../core/fast-crc64.js';
import { localError } from '../core/upload-error.js';
import type { PartHasher } from '../ports.js';
import { SMALL } from './browser-hasher.js';
import { type Answer, hashInWorker, type Order, type Setup } from './hash-in-worker.js';

export interface WorkerHasherOptions {
  /** Hashes what the worker cannot; default: the calling thread, piece by piece. */
  readonly fallback?: PartHasher | undefined;
  /** Milliseconds a worker may take to begin, default 5 000. */
  readonly startPatience?: number | undefined;
  /** Milliseconds a worker may take for a megabyte, default 15 000. */
  readonly patience?: number | undefined;
  /** Milliseconds without work after which the worker is ended, default 30 000. It is started again when needed. */
  readonly idle?: number | undefined;
}

/** Workers that may break down before no other is tried. */
const MAX_FAILURES = 3;

interface Job {
  readonly body: Blob;
  readonly resolve: (crc: bigint | Promise<bigint>) => void;
  readonly reject: (error: unknown) => void;
  timer?: ReturnType<typeof setTimeout>;
}

/**
 * CRC-64 in a worker, started with the first Blob above 256 KiB. The worker is given the Blob (a reference, not a copy)
 * and reads it as a stream, so that memory stays flat; several Blobs take turns.
 *
 * Where there are no workers, where a Content-Security-Policy forbids those of `blob:` URLs, and when the worker breaks
 * down or falls silent, the fallback hashes what was begun, from its beginning. A Blob that cannot be read rejects with
 * what the fallback says of it. `close()` ends the worker: what it was hashing rejects with `Closed`.
 */
export function createWorkerHasher(options: WorkerHasherOptions = {}): Required<PartHasher> {
  const { fallback = fastHasher, startPatience = 5000, patience = 15_000, idle = 30_000 } = options;
  const jobs = new Map<number, Job>();
  let worker: Worker | undefined;
  let url = '';
  let ready = false;
  let failures = 0;
  let lastId = 0;
  /** Until the worker is ready: of its start; then of its idleness. */
  let timer: ReturnType<typeof setTimeout> | undefined;

  function start(): void {
    const source = `(${hashInWorker})(${crc64Kernel},${crc64WasmKernel})`;
    url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
    const started = new Worker(url);
    worker = started;
    started.onmessage = ({ data }: MessageEvent<Answer>) => {
      if (started === worker) hear(data);
    };
    const broken = (event: Event) => {
      event.preventDefault();
      if (started === worker) giveUp();
    };
    started.onerror = broken;
    started.onmessageerror = broken;
    started.postMessage([compileCrc64(), crc64Layout] satisfies Setup);
    timer = setTimeout(giveUp, startPatience);
  }

  function hear([id, crc]: Answer): void {
    if (id === undefined) {
      ready = true;
      clearTimeout(timer);
      URL.revokeObjectURL(url);
      for (const job of jobs.values()) watch(job);
    } else if (crc === undefined) {
      watch(jobs.get(id));
    } else {
      const job = take(id);
      job?.resolve(crc ? joinCrc64(crc) : fallback.crc64(job.body));
      if (jobs.size === 0) timer = setTimeout(stop, idle);
    }
  }

  function watch(job: Job | undefined): void {
    clearTimeout(job?.timer);
    if (job) job.timer = setTimeout(giveUp, patience);
  }

  function take(id: number): Job | undefined {
    const job = jobs.get(id);
    clearTimeout(job?.timer);
    jobs.delete(id);
    return job;
  }

  function stop(): void {
    clearTimeout(timer);
    worker?.terminate();
    URL.revokeObjectURL(url);
    worker = undefined;
    ready = false;
  }

  // A worker that never began tells that none can; one that had begun may have met a Blob that does not answer.
  function giveUp(): void {
    failures = ready ? failures + 1 : MAX_FAILURES;
    stop();
    for (const id of [...jobs.keys()]) {
      const job = take(id);
      job?.resolve(fallback.crc64(job.body));
    }
  }

  return {
    crc64(body) {
      if (body instanceof Uint8Array || body.size <= SMALL || failures >= MAX_FAILURES) return fallback.crc64(body);
      return new Promise((resolve, reject) => {
        const id = ++lastId;
        const job: Job = { body, resolve, reject };
        jobs.set(id, job);
        try {
          if (ready) clearTimeout(timer);
          if (!worker) start();
          worker?.postMessage([id, body] satisfies Order);
          if (ready) watch(job);
        } catch {
          giveUp();
        }
      });
    },
    close() {
      stop();
      for (const id of [...jobs.keys()]) take(id)?.reject(localError('Closed', 'The hasher was closed.'));
      fallback.close?.();
    },
  };
}
