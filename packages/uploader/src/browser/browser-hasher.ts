import { chunkedHasher } from '../core/chunked-hasher.js';
import type { PartHasher } from '../ports.js';

/** Bytes; smaller bodies are not worth the way to a worker. */
export const SMALL = 256 * 1024;

/** Hashes in a worker, which is loaded with the first big body; on the calling thread while it cannot be. */
export function browserHasher(): Required<PartHasher> {
  let loading: Promise<PartHasher> | undefined;
  const load = () => {
    loading ??= import('./chunks/hasher.js').then(
      ({ createWorkerHasher }) => createWorkerHasher(),
      () => {
        loading = undefined;
        return chunkedHasher;
      },
    );
    return loading;
  };
  return {
    async crc64(body) {
      const big = body instanceof Blob && body.size > SMALL;
      return (big ? await load() : chunkedHasher).crc64(body);
    },
    close() {
      void loading?.then((hasher) => hasher.close?.());
    },
  };
}
