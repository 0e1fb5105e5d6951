import { createReadStream } from 'node:fs';
import { S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { several } from './several.mjs';

const DEFAULT_PARALLEL = 4;
/** The client's own 50 connections are more than it is asked for here. */
/** @param {import('./process.mjs').Job} job */
export async function client({ origin, files, partBytes, parallel }) {
  const s3 = new S3Client({
    endpoint: origin,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench-secret', sessionToken: 'bench-token' },
  });
  const options = {
    ...(partBytes === undefined ? {} : { partSize: partBytes }),
    ...(parallel === undefined ? {} : { queueSize: parallel }),
  };
  const upload = (file) => {
    const params = {
      Bucket: 'bench',
      Key: 'media/bench.mp4',
      Body: createReadStream(file, { highWaterMark: 2 ** 20 }),
    };
    return new Upload({ client: s3, params, ...(files.length === 1 ? options : {}) }).done();
  };
  return () => several(files, parallel ?? DEFAULT_PARALLEL, upload);
}
