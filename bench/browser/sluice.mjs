import { createUploader } from '@sluice/uploader';

const KEYS = { accessKeyId: 'STS.bench', accessKeySecret: 'bench-secret', securityToken: 'bench-token' };

/** @param {File} file @param {{ origin: string, partBytes?: number }} job */
globalThis.uploadFile = async (file, { origin, partBytes }) => {
  const uploader = createUploader({
    endpoint: origin,
    credentials: async () => KEYS,
    checkpoints: false,
    ...(partBytes === undefined ? {} : { partSize: partBytes }),
  });
  await uploader.upload(file).done;
  uploader.close();
};
