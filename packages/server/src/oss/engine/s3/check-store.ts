import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { codeOf, describeFailure } from './failures.js';
import type { S3EngineOptions, S3Limits } from './s3-options.js';

/** The store cannot be used as it is set; one line for the operator, without secrets. */
export class StoreUnusable extends Error {
  override readonly name = 'StoreUnusable';
}

const ADVICE: Readonly<Record<string, string>> = {
  NoSuchBucket: 'make the bucket, or set SLUICE_S3_BUCKET',
  InvalidAccessKeyId: 'the store does not know the key: check SLUICE_S3_ACCESS_KEY_ID and the endpoint',
  SignatureDoesNotMatch: 'check SLUICE_S3_SECRET_ACCESS_KEY and SLUICE_S3_REGION',
  AccessDenied:
    'check the secret; the key needs s3:GetObject, PutObject, DeleteObject, AbortMultipartUpload and s3:ListBucket here',
  PermanentRedirect: 'the bucket is in another region: set SLUICE_S3_REGION',
  AuthorizationHeaderMalformed: 'the bucket is in another region: set SLUICE_S3_REGION',
  RequestTimeTooSkewed: 'the clock of this machine is wrong',
  CredentialsProviderError: 'set SLUICE_S3_ACCESS_KEY_ID and SLUICE_S3_SECRET_ACCESS_KEY',
};

/**
 * Writes, reads, lists and deletes a small object, so that a wrong setting is seen at the start and not by the first user.
 * @returns whether ETags are MD5s
 * @throws {StoreUnusable}
 */
export async function checkStore(
  client: S3Client,
  options: S3EngineOptions,
  limits: S3Limits,
  probe: string,
): Promise<{ etagIsMd5: boolean }> {
  const where = { Bucket: options.bucket, Key: `${options.prefix}probe/${probe}` };
  const quick = { requestTimeout: limits.answerMs };
  const body = `sluice ${probe}`;
  const md5 = createHash('md5').update(body).digest('hex');
  let doing = 'ListObjectsV2';
  try {
    await client.send(new ListObjectsV2Command({ Bucket: options.bucket, Prefix: options.prefix, MaxKeys: 1 }), quick);
    doing = 'PutObject';
    const { ETag } = await client.send(new PutObjectCommand({ ...where, Body: body }), quick);
    doing = 'GetObject';
    const { Body } = await client.send(new GetObjectCommand(where), quick);
    if ((await text(Body as unknown as Readable)) !== body) throw new Error('an object reads back with other bytes');
    doing = 'DeleteObject';
    await client.send(new DeleteObjectCommand(where), quick);
    return { etagIsMd5: ETag?.replaceAll('"', '').toLowerCase() === md5 };
  } catch (error) {
    throw unusable(options, doing, error);
  }
}

function unusable({ bucket, endpoint }: S3EngineOptions, doing: string, error: unknown): StoreUnusable {
  const advice = ADVICE[codeOf(error as Error)] ?? 'check SLUICE_S3_ENDPOINT and the other SLUICE_S3_ settings';
  const at = endpoint === undefined ? 'AWS' : endpoint;
  return new StoreUnusable(
    `the bucket ${bucket} at ${at} cannot be used: ${doing}: ${describeFailure(error)}; ${advice}`,
  );
}

/**
 * The marker of a catalog's objects, beside its blobs. Where it is missing although the catalog names objects, the bucket
 * or the prefix is another one than before.
 *
 * @param first the catalog names no object yet
 * @throws {StoreUnusable}
 */
export async function checkMarker(
  client: S3Client,
  options: S3EngineOptions,
  limits: S3Limits,
  first: boolean,
): Promise<void> {
  const where = { Bucket: options.bucket, Key: `${options.prefix}sluice.txt` };
  const quick = { requestTimeout: limits.answerMs };
  try {
    const { Body } = await client.send(new GetObjectCommand(where), quick);
    await text(Body as unknown as Readable);
    return;
  } catch (error) {
    if (codeOf(error as Error) !== 'NoSuchKey') throw unusable(options, 'GetObject', error);
  }
  if (!first) {
    throw new StoreUnusable(
      `the bucket ${options.bucket} holds nothing of this installation under ${options.prefix}; ` +
        'set SLUICE_S3_BUCKET and SLUICE_S3_PREFIX as they were, or copy the objects first',
    );
  }
  const note =
    'Objects of a Sluice installation lie beside this one. Its database names them; do not change any by hand.\n';
  await client.send(new PutObjectCommand({ ...where, Body: note, ContentType: 'text/plain' }), quick).catch((error) => {
    throw unusable(options, 'PutObject', error);
  });
}
