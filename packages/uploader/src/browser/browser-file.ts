/** What browsers upload. */
import { type Extras, loaded } from '../core/load.js';
import { localError } from '../core/upload-error.js';
import type { FileSource, PartHasher, SourceOverrides } from '../ports.js';
import { blobSource } from './blob-source.js';

/**
 * A `File` or `Blob`; a handle of the File System Access API, which can be remembered, so that an upload goes on after a
 * restart without the user picking the file again; bytes; or a stream of unknown length, which cannot be taken up again.
 */
export type BrowserFile = Blob | FileSystemFileHandle | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;

export async function openBrowserFile(
  file: BrowserFile,
  overrides: SourceOverrides,
  hasher: PartHasher,
  extras?: () => Promise<Extras>,
): Promise<FileSource> {
  if (isHandle(file)) return blobSource(await file.getFile(), hasher, overrides, file);
  if (file instanceof Blob) return blobSource(file, hasher, overrides);
  if (file instanceof Uint8Array) return blobSource(new Blob([file]), hasher, overrides);
  const { streamSource } = await loaded(extras);
  return streamSource(file as ReadableStream<Uint8Array>, overrides);
}

export const sizeOfBrowserFile = (file: BrowserFile): number | undefined =>
  file instanceof Blob ? file.size : file instanceof Uint8Array ? file.length : undefined;

/** Asks the user for permission where the browser wants it: to be called in a click. */
export async function reopenBrowserFile(handle: unknown): Promise<BrowserFile> {
  if (!isHandle(handle)) throw localError('FileUnreadable', 'The file has to be chosen again.');
  const state = await handle.requestPermission?.({ mode: 'read' });
  if (state !== undefined && state !== 'granted') throw localError('FileUnreadable', 'The file may not be read.');
  return handle;
}

interface PermittedHandle extends FileSystemFileHandle {
  requestPermission?(options: { mode: 'read' }): Promise<PermissionState>;
}

const isHandle = (file: unknown): file is PermittedHandle =>
  typeof file === 'object' && file !== null && 'getFile' in file;
