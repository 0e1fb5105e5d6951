import type { Body, Meta, UppyFile } from '@uppy/core';
import type { Uploader } from '../api.js';
import { UploadError } from '../core/upload-error.js';
import type { ListUploader } from '../list/uploader-port.js';

/** An uploader of Uppy's files, of those that {@link whyUnreadable} lets through. */
export function localUploader<M extends Meta, B extends Body>(
  uploader: Pick<Uploader<Blob>, 'upload'>,
): ListUploader<UppyFile<M, B>> {
  return { tasks: [], upload: (file, options) => uploader.upload(file.data as Blob, options) };
}

/** Why the bytes of a file of Uppy are not at hand; `undefined` when they are. */
export function whyUnreadable<M extends Meta, B extends Body>(file: UppyFile<M, B>): UploadError | undefined {
  if (file.isRemote) {
    return new UploadError(
      'FileUnreadable',
      `"${file.name}" is at a remote provider. Download it and add it as a local file.`,
    );
  }
  if (file.data instanceof Blob) return undefined;
  return new UploadError('FileUnreadable', `The content of "${file.name}" is gone. Choose the file again.`);
}
