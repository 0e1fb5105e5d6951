/** What `getCheckpoint` shows: the record of the core in the members of the documented SDK. Reference: vod 1.11. */
import type { Checkpoint, CheckpointStore } from '../ports.js';
import { fileName } from './create-info.js';
import type { VodCheckpoint } from './upload-info.js';

export function vodCheckpoint(record: Checkpoint, state: VodCheckpoint['state']): VodCheckpoint {
  const { bucket, endpoint, key, lastModified, parts, size, unit: partSize, uploadId, videoId } = record;
  const doneParts = parts.map(([number, , etag]) => ({ number, etag }));
  const done = parts.reduce((sum, [, bytes]) => sum + bytes, 0);
  return {
    fileName: record.fileName,
    lastModified,
    size,
    object: key,
    videoId,
    bucket,
    endpoint,
    loaded: size === 0 ? 0 : done / size,
    state,
    checkpoint: { uploadId, name: key, fileSize: size, partSize, doneParts },
  };
}

/** `getCheckpoint` answers at once, the store does not: what it holds is known here a moment after it changed. */
export class KnownCheckpoints {
  readonly #store: CheckpointStore | undefined;
  #records: readonly Checkpoint[] = [];

  constructor(store: CheckpointStore | undefined) {
    this.#store = store;
    void this.refresh();
  }

  async refresh(): Promise<void> {
    // A store that cannot be read remembers nothing; the upload itself tells about it.
    this.#records = (await this.#store?.list().catch(() => [])) ?? [];
  }

  /** By name, size and time of change, as the documented SDK tells files apart. */
  of(file: Blob): Checkpoint | undefined {
    const time = 'lastModified' in file ? file.lastModified : 0;
    return this.#records.find(
      (record) => record.fileName === fileName(file) && record.size === file.size && record.lastModified === time,
    );
  }
}
