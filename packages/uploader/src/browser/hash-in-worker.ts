import type { Crc64Kernel, Crc64Layout } from '@sluice/wire/crc64-wasm';

/** First message to the worker. */
export type Setup = readonly [module: WebAssembly.Module | undefined, layout: Crc64Layout];
/** Every further one. */
export type Order = readonly [id: number, body: Blob];
/** Nothing: ready. An id: another megabyte was hashed. With the CRC as [low, high], or `null` when the Blob could not be read: done. */
export type Answer = readonly [] | readonly [id: number] | readonly [id: number, crc: Int32Array | null];

/**
 * What a worker does. Its source text is put together with those of the two kernels, so it refers to nothing outside
 * itself. That is also why it has no `async` (older build targets put a helper from outside in its place) and no function
 * with a name of its own but methods (which `keepNames` of esbuild leaves alone).
 */
export function hashInWorker(
  plain: () => Crc64Kernel,
  wasm: (module: WebAssembly.Module, layout: Crc64Layout) => Crc64Kernel,
): void {
  let kernel: Crc64Kernel | undefined;
  const steps = {
    answer(message: Answer) {
      self.postMessage(message);
    },
    prepare([module, layout]: Setup) {
      try {
        kernel = module && wasm(module, layout);
      } catch {
        // Forbidden here: without it then.
      }
      kernel ??= plain();
      steps.answer([]);
    },
    read(reader: ReadableStreamDefaultReader<Uint8Array>, [id, body]: Order, crc: Int32Array, length: number) {
      reader
        .read()
        .then(({ done, value }) => {
          if (done) {
            steps.answer([id, length === body.size ? crc : null]);
            return;
          }
          kernel?.(crc, value);
          const now = length + value.length;
          if (now >> 20 !== length >> 20) steps.answer([id]);
          steps.read(reader, [id, body], crc, now);
        })
        .catch(() => steps.answer([id, null]));
    },
  };
  self.onmessage = ({ data }: MessageEvent<Setup | Order>) => {
    if (kernel) steps.read((data as Order)[1].stream().getReader(), data as Order, new Int32Array(2), 0);
    else steps.prepare(data as Setup);
  };
}
