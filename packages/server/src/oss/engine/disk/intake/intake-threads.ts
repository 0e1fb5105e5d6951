import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { compileCrc64, crc64Kernel, crc64Layout, crc64WasmKernel } from '@sluice/wire/crc64-wasm';
import {
  FORGET,
  type IntakeFailure,
  type IntakeReply,
  type IntakeRequest,
  type IntakeThreadData,
  intakeThread,
  LAST_PIECE,
  PIECE,
} from './intake-thread.js';
import type { Slabs } from './slabs.js';

/** A thread ended in the middle of a body. The body can be sent again: the next one gets a new thread. */
export class IntakeThreadLost extends Error {
  override readonly name = 'IntakeThreadLost';
}

export interface ContentSums {
  /** Upper-case hexadecimal. */
  readonly md5: string;
  readonly crc64: bigint;
}

/** One body that another thread hashes and writes. */
export interface ThreadedIntake {
  /** Descriptor of its file once the first piece was taken. It is the caller's to sync and to close. */
  readonly file: number | undefined;
  /**
   * Resolves when these bytes of the slabs have been hashed and written; rejects as the file system does. Pieces are taken in
   * the order of the calls.
   */
  take(at: number, bytes: number): Promise<void>;
  /** The same for the last piece, which may be empty. */
  takeLast(at: number, bytes: number): Promise<ContentSums>;
  /** Resolves when nothing of it is hashed or written any more; for a body that is not wanted. */
  forget(): Promise<void>;
}

/** More would wait for the one thread that receives. */
const MOST_THREADS = 8;
/** A thread holds some hashes and no objects of weight; the defaults would let it grow by what nobody needs. */
const THREAD_LIMITS = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 32 };

/**
 * MD5 is the wall of one core (740 MB/s where `node:http` takes in 1 200), so bodies are hashed, and written, beside the thread
 * that receives them. A body stays with one thread. Threads start when they are first needed, and do not keep the process alive.
 */
export class IntakeThreads {
  readonly #slabs: Slabs;
  readonly #module = compileCrc64();
  readonly #threads: (Thread | undefined)[];
  #lastBody = 0;

  constructor(slabs: Slabs, threads: number = Math.min(availableParallelism(), MOST_THREADS)) {
    this.#slabs = slabs;
    this.#threads = Array.from({ length: threads }, () => undefined);
  }

  /** @param path of the file, made with the first piece; it must not be there */
  open(path: string): ThreadedIntake {
    const thread = this.#idlest();
    const id = ++this.#lastBody;
    let file: number | undefined;
    thread.begin(id);
    const ask = async (what: typeof PIECE | typeof LAST_PIECE, at: number, bytes: number): Promise<IntakeReply> => {
      const reply = await thread.ask([id, what, at, bytes, file === undefined ? path : '']);
      if (reply[1] >= 0) file = reply[1];
      if (reply[2]) throw asError(reply[2]);
      return reply;
    };
    return {
      get file() {
        return file;
      },
      take: async (at, bytes) => void (await ask(PIECE, at, bytes)),
      async takeLast(at, bytes) {
        const [, , , md5 = '', low = 0, high = 0] = await ask(LAST_PIECE, at, bytes);
        thread.end(id);
        return { md5: md5.toUpperCase(), crc64: (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0) };
      },
      async forget() {
        if (!thread.knows(id)) return;
        const reply = await thread.ask([id, FORGET, 0, 0, '']).catch(() => undefined);
        if (reply && reply[1] >= 0) file = reply[1];
        thread.end(id);
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

const asError = ({ message, code, syscall }: IntakeFailure): Error =>
  Object.assign(new Error(message), code === undefined ? {} : { code }, syscall === undefined ? {} : { syscall });

interface Waiting {
  resolve(reply: IntakeReply): void;
  reject(error: Error): void;
}

class Thread {
  readonly #worker: Worker;
  /** Questions of each body, in order: a thread answers in order. */
  readonly #bodies = new Map<number, Waiting[]>();
  #loss: IntakeThreadLost | undefined;

  constructor(data: IntakeThreadData) {
    const modules = ['node:crypto', 'node:fs', 'node:worker_threads'].map((name) => `require('${name}')`);
    const source = `(${intakeThread})(${modules},${crc64WasmKernel},${crc64Kernel})`;
    this.#worker = new Worker(source, {
      eval: true,
      workerData: data,
      resourceLimits: THREAD_LIMITS,
      // Descriptors are closed by the thread that was told of them; one that ends must not close numbers given out again.
      trackUnmanagedFds: false,
    });
    this.#worker.unref();
    this.#worker.on('message', (reply: IntakeReply) => this.#bodies.get(reply[0])?.shift()?.resolve(reply));
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

  knows(body: number): boolean {
    return this.#bodies.has(body);
  }

  end(body: number): void {
    if (this.#bodies.delete(body) && this.#bodies.size === 0) this.#worker.unref();
  }

  ask(request: IntakeRequest): Promise<IntakeReply> {
    return new Promise<IntakeReply>((resolve, reject) => {
      const waiting = this.#bodies.get(request[0]);
      if (this.#loss || !waiting) return reject(this.#loss ?? new TypeError('the body was ended'));
      waiting.push({ resolve, reject });
      this.#worker.postMessage(request);
    });
  }

  #lose(cause: Error | undefined): void {
    if (this.#loss) return;
    const loss = new IntakeThreadLost('an intake thread ended', { cause });
    this.#loss = loss;
    for (const waiting of this.#bodies.values()) for (const { reject } of waiting.splice(0)) reject(loss);
  }
}
