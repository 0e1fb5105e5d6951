import { crc64 } from '@sluice/wire';
import { createCrc64Wasm } from '@sluice/wire/crc64-wasm';

/** CRC-64 of bodies that pass through this thread: one small WebAssembly memory serves all of them (ADR 5). */
export class Crc64Pool {
  readonly #engine = createCrc64Wasm();

  /** CRC of what had the CRC `state` (0 for nothing) and `chunk` after it. */
  update(state: bigint, chunk: Uint8Array): bigint {
    return this.#engine ? this.#engine.update(state, chunk) : crc64(chunk, state);
  }
}
