import { type Crc64Kernel, joinCrc64, splitCrc64 } from './crc64-kernel.js';
import { crc64Module, MEMORY } from './crc64-module.js';

export { type Crc64Kernel, crc64Kernel, joinCrc64 } from './crc64-kernel.js';

/** CRC-64/XZ by WebAssembly. */
export interface Crc64Engine {
  /** CRC of what had the CRC `state` (0 for nothing) and `chunk` after it. Copies the chunk, 128 KiB at a time. */
  update(state: bigint, chunk: Uint8Array): bigint;
  /** May be handed to workers: {@link createCrc64Wasm} takes it there. */
  readonly module: WebAssembly.Module;
}

/** Where the kernel finds its data in the memory of the module. */
export type Crc64Layout = typeof MEMORY;
export { MEMORY as crc64Layout };

/**
 * An engine with a memory of its own (192 KiB), more than ten times as fast as the JavaScript of `crc64`.
 *
 * @param module that of another engine; by default it is made anew, which takes under a millisecond
 * @returns `undefined` where there is no WebAssembly or no SIMD in it, or where a Content-Security-Policy without
 *   `'wasm-unsafe-eval'` forbids it
 */
export function createCrc64Wasm(module: WebAssembly.Module | undefined = compileCrc64()): Crc64Engine | undefined {
  if (!module) return undefined;
  try {
    const kernel = crc64WasmKernel(module, MEMORY);
    const halves = new Int32Array(2);
    return {
      module,
      update(state, chunk) {
        splitCrc64(state, halves);
        kernel(halves, chunk);
        return joinCrc64(halves);
      },
    };
  } catch {
    return undefined;
  }
}

/** The module alone; `undefined` for the same reasons. */
export function compileCrc64(): WebAssembly.Module | undefined {
  // The memory of WebAssembly is little-endian; a machine that is not goes without.
  if (new Uint8Array(Int32Array.of(1).buffer)[0] !== 1) return undefined;
  try {
    return new WebAssembly.Module(crc64Module());
  } catch {
    return undefined;
  }
}

/** The module as a kernel. It refers to nothing outside itself: its source text is also handed to workers. */
export function crc64WasmKernel(module: WebAssembly.Module, layout: Crc64Layout): Crc64Kernel {
  const { memory, run } = new WebAssembly.Instance(module).exports as {
    memory: WebAssembly.Memory;
    run(length: number): void;
  };
  const bytes = new Uint8Array(memory.buffer);
  const value = new Int32Array(memory.buffer, layout.state, 2);
  return (state, data) => {
    value.set(state);
    for (let at = 0; at < data.length; at += layout.bufferSize) {
      const piece = data.subarray(at, at + layout.bufferSize);
      bytes.set(piece, layout.buffer);
      run(piece.length);
    }
    state.set(value);
  };
}
