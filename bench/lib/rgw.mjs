/** A Ceph with its S3 gateway to upload to: straight, and behind Sluice. */
import { Readable } from 'node:stream';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { ensureCeph, RGW_KEYS, RGW_REGION, startRgw } from '../../scripts/rgw.mjs';
import { startSluiceTarget } from '../ingest/sluice-target.mjs';
import { requestHead } from './generator.mjs';
import { processorSeconds } from './processor-time.mjs';

// Says which Node the next year's SDK wants.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const BUCKET = 'bench';
/** Its block file is sparse. */
const BYTES = 8 * 2 ** 30;

/** @returns {string | undefined} why there is none to be had */
export const whyNoRgw = ensureCeph;

/**
 * A new one, with an empty bucket.
 * @param {string} directory @param {'bluestore' | 'memstore'} store
 */
export async function openRgw(directory, store) {
  const rgw = await startRgw({ directory, store, bytes: BYTES });
  const client = s3Client(rgw.endpoint);
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  return {
    ...rgw,
    endpoint: rgw.endpoint,
    client,
    /** Of all its processes so far. */
    processorSeconds: () => rgw.pids.reduce((sum, pid) => sum + processorSeconds(pid), 0),
  };
}

const s3Client = (endpoint, more = {}) =>
  new S3Client({
    endpoint,
    region: RGW_REGION,
    forcePathStyle: true,
    credentials: RGW_KEYS,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...more,
  });

/** Each part an object, as the engine stores it: S3 takes no parts of 1 MiB. */
export const direct = (rgw) => ({
  start: async () => ({
    port: Number(new URL(rgw.endpoint).port),
    behindSeconds: rgw.processorSeconds,
    async begin(name, { parts, partBytes, bytes }) {
      const put = (i) =>
        new PutObjectCommand({
          Bucket: BUCKET,
          Key: `${name}/${i}`,
          Body: Readable.from([]),
          ContentLength: partBytes,
        });
      const get = new GetObjectCommand({ Bucket: BUCKET, Key: `${name}/0` });
      const heads = await signedHeads(rgw.endpoint, [...Array.from({ length: parts }, (_, i) => put(i)), get]);
      const fetch = /** @type {string} */ (heads.pop());
      return { heads, fetch: () => fetch, verify: () => verify(rgw.client, name, bytes) };
    },
  }),
});

export const throughSluice = (rgw) => ({
  async start(directory, shape) {
    const running = await startSluiceTarget(directory, shape, {
      SLUICE_STORAGE: 's3',
      SLUICE_S3_ENDPOINT: rgw.endpoint,
      SLUICE_S3_BUCKET: BUCKET,
      SLUICE_S3_ACCESS_KEY_ID: RGW_KEYS.accessKeyId,
      SLUICE_S3_SECRET_ACCESS_KEY: RGW_KEYS.secretAccessKey,
    });
    return { ...running, behindSeconds: rgw.processorSeconds };
  },
});

/** Heads as the SDK signs them: the requests end in a handler that keeps them. @returns {Promise<string[]>} */
async function signedHeads(endpoint, commands) {
  const heads = [];
  const client = s3Client(endpoint, {
    requestHandler: {
      async handle(request) {
        const query = new URLSearchParams(request.query).toString();
        heads.push(requestHead(request.method, `${request.path}${query && `?${query}`}`, request.headers));
        return { response: { statusCode: 200, headers: {}, body: Readable.from([]) } };
      },
    },
    expectContinueHeader: false,
  });
  for (const command of commands) await client.send(command);
  return heads;
}

async function verify(client, name, bytes) {
  let stored = 0;
  for (let after; ; ) {
    const page = await client.send(
      new ListObjectsV2Command({ Bucket: BUCKET, Prefix: `${name}/`, ContinuationToken: after }),
    );
    for (const { Size = 0 } of page.Contents ?? []) stored += Size;
    after = page.NextContinuationToken;
    if (after === undefined) break;
  }
  if (stored !== bytes) throw new Error(`${stored} bytes arrived`);
}
