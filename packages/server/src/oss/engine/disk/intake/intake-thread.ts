import type * as crypto from 'node:crypto';
import type * as fs from 'node:fs';
import type * as workers from 'node:worker_threads';
import type { Crc64Kernel, Crc64Layout, compileCrc64 } from '@sluice/wire/crc64-wasm';

type Module = NonNullable<ReturnType<typeof compileCrc64>>;

/** What a thread is given when it starts. */
export interface IntakeThreadData {
  readonly slabs: SharedArrayBuffer;
  readonly module: Module | undefined;
  readonly layout: Crc64Layout;
}

export const PIECE = 0;
export const LAST_PIECE = 1;
export const FORGET = 2;

/**
 * The next bytes of a body lie in the slabs, to be hashed and appended to its file, which the first request makes; or the body
 * is forgotten. Each request is answered, in order. One message a piece: on a loaded machine what costs is to wake a thread.
 */
export type IntakeRequest = readonly [
  body: number,
  what: typeof PIECE | typeof LAST_PIECE | typeof FORGET,
  at: number,
  bytes: number,
  path: string,
];

export interface IntakeFailure {
  readonly message: string;
  readonly code: string | undefined;
  readonly syscall: string | undefined;
}

/** With the sums after the last piece. `file` is the descriptor, -1 before there is one. */
export type IntakeReply = readonly [
  body: number,
  file: number,
  failure?: IntakeFailure | undefined,
  md5?: string,
  crc64Low?: number,
  crc64High?: number,
];

/**
 * The program of a thread. It refers to nothing outside itself: its source text is what the thread is started with, so no second
 * file has to be found, whether the server runs from its sources, compiled or bundled.
 */
export function intakeThread(
  { createHash }: typeof crypto,
  { openSync, writeSync }: typeof fs,
  { parentPort, workerData }: typeof workers,
  wasmKernel: (module: Module, layout: Crc64Layout) => Crc64Kernel,
  plainKernel: () => Crc64Kernel,
): void {
  // ext4 takes a single piece of the page cache for what one call writes, and for pieces of 1 MiB the kernel needs two to
  // three times the processor time of 256 KiB.
  const mostAtOnce = 256 * 1024;
  const { slabs, module, layout } = workerData as IntakeThreadData;
  const addCrc64 = module ? wasmKernel(module, layout) : plainKernel();
  const bodies = new Map<number, { md5: crypto.Hash; crc64: Int32Array; file: number; size: number }>();
  parentPort?.on('message', ([id, what, at, bytes, path]: IntakeRequest) => {
    let body = bodies.get(id);
    if (!body) {
      body = { md5: createHash('md5'), crc64: new Int32Array(2), file: -1, size: 0 };
      bodies.set(id, body);
    }
    if (what === 2) {
      bodies.delete(id);
      parentPort?.postMessage([id, body.file]);
      return;
    }
    try {
      if (body.file < 0) body.file = openSync(path, 'wx', 0o600);
      const piece = new Uint8Array(slabs, at, bytes);
      body.md5.update(piece);
      addCrc64(body.crc64, piece);
      for (let done = 0; done < bytes; ) {
        const written = writeSync(body.file, piece, done, Math.min(bytes - done, mostAtOnce), body.size + done);
        if (written === 0) throw new Error('nothing could be written');
        done += written;
      }
      body.size += bytes;
    } catch (error) {
      const { message, code, syscall } = error as NodeJS.ErrnoException;
      parentPort?.postMessage([id, body.file, { message, code, syscall }]);
      return;
    }
    if (what === 0) {
      parentPort?.postMessage([id, body.file]);
      return;
    }
    bodies.delete(id);
    const [low, high] = body.crc64;
    parentPort?.postMessage([id, body.file, undefined, body.md5.digest('hex'), low, high]);
  });
}
