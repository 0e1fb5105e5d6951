import { createUploader } from '@sluice/uploader/node';

const KEYS = { accessKeyId: 'STS.bench', accessKeySecret: 'bench-secret', securityToken: 'bench-token' };

/** @param {import('./process.mjs').Job} job */
export async function client({ origin, files, partBytes, parallel }) {
  const uploader = createUploader({
    endpoint: origin,
    credentials: async () => KEYS,
    checkpoints: false,
    ...(partBytes === undefined ? {} : { partSize: partBytes }),
    ...(parallel === undefined ? {} : { parallel }),
    ...(parallel === undefined || files.length === 1 ? {} : { parallelFiles: parallel }),
  });
  return async () => {
    if (files.length === 1 || uploader.uploadAll === undefined) {
      await Promise.all(files.map((file) => uploader.upload(file).done));
    } else {
      const { failed, failures } = await uploader.uploadAll(files).done;
      if (failed > 0) throw failures[0].error;
    }
  };
}
