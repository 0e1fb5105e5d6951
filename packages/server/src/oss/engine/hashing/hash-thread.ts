import type * as crypto from 'node:crypto';
import type * as workers from 'node:worker_threads';
import type { Crc64Kernel, Crc64Layout, compileCrc64 } from '@sluice/wire/crc64-wasm';

type Module = NonNullable<ReturnType<typeof compileCrc64>>;

/** What a thread is given when it starts. */
export interface HashThreadData {
  readonly slabs: SharedArrayBuffer;
  readonly module: Module | undefined;
  readonly layout: Crc64Layout;
}

/**
 * The next bytes of a body lie in the slabs; without bytes its sums are asked for; with less than none it is forgotten. Each
 * request is answered, in order.
 */
export type HashRequest = readonly [body: number, at: number, bytes: number];

/** With the sums when they were asked for. */
export type HashReply = readonly [body: number, md5?: string, crc64Low?: number, crc64High?: number];

export const ASK_SUMS = 0;
export const FORGET = -1;

/**
 * The program of a hashing thread. It refers to nothing outside itself: its source text is what the thread is started with,
 * so no second file has to be found, whether the server runs from its sources, compiled or bundled.
 */
export function hashThread(
  { createHash }: typeof crypto,
  { parentPort, workerData }: typeof workers,
  wasmKernel: (module: Module, layout: Crc64Layout) => Crc64Kernel,
  plainKernel: () => Crc64Kernel,
): void {
  const { slabs, module, layout } = workerData as HashThreadData;
  const addCrc64 = module ? wasmKernel(module, layout) : plainKernel();
  const bodies = new Map<number, { md5: crypto.Hash; crc64: Int32Array }>();
  parentPort?.on('message', ([id, at, bytes]: HashRequest) => {
    let body = bodies.get(id);
    if (!body) {
      body = { md5: createHash('md5'), crc64: new Int32Array(2) };
      bodies.set(id, body);
    }
    if (bytes > 0) {
      const chunk = new Uint8Array(slabs, at, bytes);
      body.md5.update(chunk);
      addCrc64(body.crc64, chunk);
      parentPort?.postMessage([id]);
      return;
    }
    bodies.delete(id);
    const [low, high] = body.crc64;
    parentPort?.postMessage(bytes < 0 ? [id] : [id, body.md5.digest('hex'), low, high]);
  });
}
