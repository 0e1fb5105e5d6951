import { EngineFull, type StorageEngine } from './engine.js';

/** The disk is asked again after so many bytes or blobs, because others write to it too. */
const LOOK_AGAIN_BYTES = 64 * 1024 ** 2;
const LOOK_AGAIN_BLOBS = 100;

/**
 * Keeps some space free for the index: on a disk that is full to the last byte nothing could be deleted any more, because
 * that takes a record too. New bodies are refused before they are read; one that is already coming may still run into the
 * end of the disk.
 */
export function withReserve(engine: StorageEngine, reserveBytes: number): StorageEngine {
  let free: Promise<number> | undefined;
  let bytes = 0;
  let blobs = 0;

  async function room(): Promise<void> {
    if (free === undefined || bytes >= LOOK_AGAIN_BYTES || blobs >= LOOK_AGAIN_BLOBS) {
      bytes = 0;
      blobs = 0;
      free = engine.freeBytes();
    }
    const left = await free.catch((error: unknown) => {
      free = undefined;
      throw error;
    });
    if (left - bytes >= reserveBytes) return;
    // Nothing is remembered of a full disk: space that comes back is used at once.
    free = undefined;
    if ((await engine.freeBytes()) < reserveBytes) throw new EngineFull('the last free space is kept for the index');
  }

  return {
    ...engine,
    async put(body, options) {
      await room();
      const blob = await engine.put(body, options);
      bytes += blob.size;
      blobs++;
      return blob;
    },
  };
}
