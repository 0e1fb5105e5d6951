import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { compileCrc64, crc64Kernel, crc64Layout, crc64WasmKernel } from '@sluice/wire/crc64-wasm';
import { ASK_SUMS, FORGET, type HashReply, type HashRequest, type HashThreadData, hashThread } from './hash-thread.js';
import type { Slabs } from './slabs.js';

/** A thread ended in the middle of a body. The body can be sent again: the next one gets a new thread. */
export class HashThreadLost extends Error {
  override readonly name = 'HashThreadLost';
}

/** MD5 and CRC64 of one body, taken on another thread. */
export interface ThreadedHash {
  /** Resolves when these bytes of the slabs have been read. Those of one body are hashed in the order of the calls. */
  update(at: number, bytes: number): Promise<void>;
  /** Ends the hash; call once. */
  sums(): Promise<{ readonly md5: string; readonly crc64: bigint }>;
  /** Frees what the thread holds; call when the sums are not wanted. */
  close(): void;
}

/** More would wait for the one thread that receives. */
const MOST_THREADS = 8;
/** A thread holds some hashes and no objects of weight; the defaults would let it grow by what nobody needs. */
const THREAD_LIMITS = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 32 };

/**
 * MD5 is the wall of one core (740 MB/s where `node:http` takes in 1 200), so bodies are hashed beside the thread that receives
 * them. A body stays with one thread. Threads start when they are first needed, and do not keep the process alive.
 */
export class HashThreads {
  readonly #slabs: Slabs;
  readonly #module = compileCrc64();
  readonly #threads: (Thread | undefined)[];
  #lastBody = 0;

  constructor(slabs: Slabs, threads: number = Math.min(availableParallelism(), MOST_THREADS)) {
    this.#slabs = slabs;
    this.#threads = Array.from({ length: threads }, () => undefined);
  }

  open(): ThreadedHash {
    const thread = this.#idlest();
    const id = ++this.#lastBody;
    thread.begin(id);
    return {
      update: async (at, bytes) => void (await thread.ask([id, at, bytes])),
      async sums() {
        const [, md5 = '', low = 0, high = 0] = await thread.ask([id, 0, ASK_SUMS]);
        thread.end(id);
        return { md5: md5.toUpperCase(), crc64: (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0) };
      },
      close() {
        const end = () => thread.end(id);
        thread.ask([id, 0, FORGET]).then(end, end);
      },
    };
  }

  #idlest(): Thread {
    let best: { index: number; bodies: number } | undefined;
    for (const [index, thread] of this.#threads.entries()) {
      const bodies = thread === undefined || thread.lost ? 0 : thread.bodies;
      if (best === undefined || bodies < best.bodies) best = { index, bodies };
    }
    const index = best?.index ?? 0;
    let thread = this.#threads[index];
    if (thread === undefined || thread.lost) {
      thread = new Thread({ slabs: this.#slabs.memory, module: this.#module, layout: crc64Layout });
      this.#threads[index] = thread;
    }
    return thread;
  }
}

interface Waiting {
  resolve(reply: HashReply): void;
  reject(error: Error): void;
}

class Thread {
  readonly #worker: Worker;
  /** Questions of each body, in order: a thread answers in order. */
  readonly #bodies = new Map<number, Waiting[]>();
  #loss: HashThreadLost | undefined;

  constructor(data: HashThreadData) {
    const source = `(${hashThread})(require('node:crypto'),require('node:worker_threads'),${crc64WasmKernel},${crc64Kernel})`;
    this.#worker = new Worker(source, { eval: true, workerData: data, resourceLimits: THREAD_LIMITS });
    this.#worker.unref();
    this.#worker.on('message', (reply: HashReply) => this.#bodies.get(reply[0])?.shift()?.resolve(reply));
    this.#worker.on('error', (error) => this.#lose(error));
    this.#worker.on('exit', () => this.#lose(undefined));
  }

  get lost(): boolean {
    return this.#loss !== undefined;
  }

  get bodies(): number {
    return this.#bodies.size;
  }

  begin(body: number): void {
    this.#bodies.set(body, []);
    // While somebody waits for it, it has to keep the process alive.
    if (this.#bodies.size === 1) this.#worker.ref();
  }

  end(body: number): void {
    if (this.#bodies.delete(body) && this.#bodies.size === 0) this.#worker.unref();
  }

  ask(request: HashRequest): Promise<HashReply> {
    return new Promise<HashReply>((resolve, reject) => {
      const waiting = this.#bodies.get(request[0]);
      if (this.#loss || !waiting) return reject(this.#loss ?? new TypeError('the hash is closed'));
      waiting.push({ resolve, reject });
      this.#worker.postMessage(request);
    });
  }

  #lose(cause: Error | undefined): void {
    if (this.#loss) return;
    const loss = new HashThreadLost('a hashing thread ended', { cause });
    this.#loss = loss;
    for (const waiting of this.#bodies.values()) for (const { reject } of waiting.splice(0)) reject(loss);
  }
}
