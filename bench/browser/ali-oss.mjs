import OSS from 'ali-oss/dist/aliyun-oss-sdk.min.js';

/** @param {File} file @param {{ origin: string, partBytes?: number }} job */
globalThis.uploadFile = async (file, { origin, partBytes }) => {
  const oss = new OSS({
    endpoint: origin,
    cname: true,
    bucket: 'bench',
    accessKeyId: 'STS.bench',
    accessKeySecret: 'bench-secret',
    stsToken: 'bench-token',
  });
  await oss.multipartUpload('media/bench.mp4', file, partBytes === undefined ? {} : { partSize: partBytes });
};
