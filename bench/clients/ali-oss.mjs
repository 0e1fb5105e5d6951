import OSS from 'ali-oss';
import { several } from './several.mjs';

const DEFAULT_PARALLEL = 5;
/** With many parts in flight on a slow line its own limit of 60 s for a request would end them. */
const PATIENCE_MS = 1_800_000;

/** @param {import('./process.mjs').Job} job */
export async function client({ origin, files, partBytes, parallel }) {
  const oss = new OSS({
    endpoint: origin,
    cname: true,
    bucket: 'bench',
    accessKeyId: 'STS.bench',
    accessKeySecret: 'bench-secret',
    stsToken: 'bench-token',
    ...(partBytes === undefined ? {} : { timeout: PATIENCE_MS }),
  });
  const options = {
    ...(partBytes === undefined ? {} : { partSize: partBytes }),
    ...(parallel === undefined ? {} : { parallel }),
  };
  return () =>
    files.length === 1
      ? oss.multipartUpload('media/bench.mp4', files[0], options)
      : several(files, parallel ?? DEFAULT_PARALLEL, (file) => oss.put('media/bench.mp4', file));
}
