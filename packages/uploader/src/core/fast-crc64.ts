import { crc64 } from '@sluice/wire';
import { createCrc64Wasm } from '@sluice/wire/crc64-wasm';
import { hashInChunks, type UpdateCrc64 } from './chunked-hasher.js';

let update: UpdateCrc64 | undefined;

/** By WebAssembly where there is one. */
export const updateCrc64: UpdateCrc64 = (state, chunk) => {
  update ??= createCrc64Wasm()?.update ?? ((from, data) => crc64(data, from));
  return update(state, chunk);
};

export const fastHasher = hashInChunks(updateCrc64);
