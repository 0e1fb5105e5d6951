import { localError } from '../core/upload-error.js';
import type { FilePart, FileSource, PartHasher, SourceOverrides } from '../ports.js';

/** Milliseconds until a file that could not be read is tried once more. */
const PAUSE_MS = 500;

/** A `Blob` or `File`. Slices are handed on as they are and hashed from a second read; nothing is held in memory. */
export function blobSource(
  blob: Blob,
  hasher: PartHasher,
  overrides: SourceOverrides = {},
  handle?: unknown,
): FileSource {
  const { size } = blob;
  const lastModified = timeOf(blob);
  const check = async () => {
    if (blob.size !== size || timeOf(blob) !== lastModified) {
      throw localError('FileChanged', 'The file changed while it was uploaded.');
    }
  };
  const crc64 = async (start: number, end: number) => {
    const read = () => hasher.crc64(blob.slice(start, end));
    try {
      return await read().catch(async () => {
        // A page that is being left can read nothing, and may be shown again as it is (WebKit).
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
        return await read();
      });
    } catch (cause) {
      throw localError('FileUnreadable', 'The file could not be read.', cause);
    }
  };
  return {
    name: overrides.fileName ?? ('name' in blob && typeof blob.name === 'string' && blob.name ? blob.name : 'upload'),
    size,
    lastModified,
    type: overrides.contentType ?? blob.type,
    handle,
    check,
    crc64,
    slice: async (start, end): Promise<FilePart> => ({ body: blob.slice(start, end), crc64: crc64(start, end) }),
  };
}

function timeOf(blob: Blob): number {
  return 'lastModified' in blob && typeof blob.lastModified === 'number' ? blob.lastModified : 0;
}
