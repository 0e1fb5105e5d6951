import { localError } from '../core/upload-error.js';
import type { FilePart, FileSource, SourceOverrides } from '../ports.js';

/** A `Blob` or `File`. Slices are handed on as they are; nothing is read into memory here. */
export function blobSource(blob: Blob, overrides: SourceOverrides = {}): FileSource {
  const { size } = blob;
  const lastModified = timeOf(blob);
  const check = async () => {
    if (blob.size !== size || timeOf(blob) !== lastModified) {
      throw localError('FileChanged', 'The file changed while it was uploaded.');
    }
  };
  return {
    name: overrides.fileName ?? ('name' in blob && typeof blob.name === 'string' && blob.name ? blob.name : 'upload'),
    size,
    lastModified,
    type: overrides.contentType ?? blob.type,
    check,
    slice: async (start, end): Promise<FilePart> => ({ body: blob.slice(start, end) }),
  };
}

function timeOf(blob: Blob): number {
  return 'lastModified' in blob && typeof blob.lastModified === 'number' ? blob.lastModified : 0;
}
