import { Upload } from 'tus-js-client';

/** @param {File} file @param {{ origin: string, partBytes?: number, parallel?: number }} job */
globalThis.uploadFile = (file, { origin, partBytes = Number.POSITIVE_INFINITY, parallel = 1 }) =>
  new Promise((resolve, reject) => {
    new Upload(file, {
      endpoint: `${origin}/files`,
      chunkSize: partBytes,
      parallelUploads: parallel,
      storeFingerprintForResuming: false,
      onSuccess: resolve,
      onError: reject,
    }).start();
  });
