import { randomBytes } from 'node:crypto';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { inject } from 'vitest';
import type { S3EngineOptions, S3Keys } from '../oss/engine/s3/s3-options.js';

/** The gateway of the project's set-up. */
export interface RgwContext {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly keys: S3Keys;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Only in the project that runs on it. */
    rgw?: RgwContext | { readonly unavailable: string };
  }
}

/** `undefined` in projects that run without one. */
export function findRgw(): RgwContext | undefined {
  const rgw = inject('rgw');
  return rgw !== undefined && 'endpoint' in rgw ? rgw : undefined;
}

export function rgwClient({ endpoint, region, keys }: RgwContext): S3Client {
  return new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: keys,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** Options of an engine on the gateway, under a prefix of its own unless one is given. */
export function s3Options(
  rgw: RgwContext,
  change: Partial<S3EngineOptions> = {},
): S3EngineOptions & { first: boolean } {
  return {
    endpoint: rgw.endpoint,
    region: rgw.region,
    bucket: rgw.bucket,
    prefix: `${randomBytes(8).toString('hex')}/`,
    keys: rgw.keys,
    pathStyle: true,
    connections: 64,
    first: true,
    random: { bytes: (length) => randomBytes(length) },
    log: quiet,
    ...change,
  };
}

/** Names of the objects under a prefix, without it. */
export async function objectNames(client: S3Client, bucket: string, prefix: string): Promise<string[]> {
  const names: string[] = [];
  for (let after: string | undefined; ; ) {
    const page = await client.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: after }),
    );
    for (const { Key = '' } of page.Contents ?? []) names.push(Key.slice(prefix.length));
    after = page.NextContinuationToken;
    if (after === undefined) return names;
  }
}
