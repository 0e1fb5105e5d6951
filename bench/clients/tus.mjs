import { createReadStream, statSync } from 'node:fs';
import { Upload } from 'tus-js-client';
import { several } from './several.mjs';

const DEFAULT_PARALLEL = 5;

/**
 * By itself it sends a file as one PATCH. `parallel` makes it that many uploads, joined at the end.
 * @param {import('./process.mjs').Job} job
 */
export async function client({ origin, files, partBytes = Number.POSITIVE_INFINITY, parallel }) {
  const parallelUploads = files.length === 1 ? (parallel ?? 1) : 1;
  const upload = (file) =>
    new Promise((resolve, reject) => {
      const options = {
        endpoint: `${origin}/files`,
        chunkSize: partBytes,
        parallelUploads,
        uploadDataDuringCreation: files.length > 1,
        storeFingerprintForResuming: false,
        onSuccess: resolve,
        onError: reject,
        ...(parallelUploads === 1 ? { uploadSize: statSync(file).size } : {}),
      };
      new Upload(createReadStream(file), options).start();
    });
  return () => several(files, parallel ?? DEFAULT_PARALLEL, upload);
}
