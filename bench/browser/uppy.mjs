import AwsS3 from '@uppy/aws-s3';
import Uppy from '@uppy/core';

/** @param {File} file @param {{ origin: string, partBytes?: number }} job */
globalThis.uploadFile = async (file, { origin, partBytes }) => {
  const uppy = new Uppy().use(AwsS3, {
    s3Endpoint: `${origin}/bench`,
    region: 'us-east-1',
    getCredentials: async () => ({
      credentials: {
        accessKeyId: 'bench',
        secretAccessKey: 'bench-secret',
        sessionToken: 'bench-token',
        expiration: new Date(Date.now() + 3_600_000).toISOString(),
      },
      bucket: 'bench',
      region: 'us-east-1',
    }),
    ...(partBytes === undefined ? {} : { getChunkSize: () => partBytes }),
  });
  uppy.addFile({ name: file.name, type: file.type, data: file });
  const { failed } = await uppy.upload();
  if (failed.length > 0) throw new Error(String(failed[0].error));
};
