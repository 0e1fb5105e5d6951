import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { blobPath } from './blob-names.js';

/** Every blob under the root, one directory at a time. Files of another form are not ours and are passed over. */
export async function* listBlobs(root: string): AsyncIterable<string> {
  for (const outer of await names(root)) {
    for (const shelf of await names(join(root, outer))) {
      for (const rest of await names(join(root, outer, shelf))) {
        const blob = `${outer}${shelf}${rest}`;
        if (blobPath(root, blob)) yield blob;
      }
    }
  }
}

async function names(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).sort();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}
