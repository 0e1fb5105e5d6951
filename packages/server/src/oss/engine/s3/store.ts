import type { S3Client } from '@aws-sdk/client-s3';
import type { Log } from '../../../runtime.js';
import type { S3Limits } from './s3-options.js';

/** The bucket, and what is needed to work with it. */
export interface Store {
  readonly client: S3Client;
  readonly bucket: string;
  readonly limits: S3Limits;
  readonly log: Log;
  /**
   * Whether the ETag of a simple object is the MD5 of its bytes. It is with AWS, Ceph, MinIO; not where the store encrypts
   * with keys of its own. Found out at the start.
   */
  readonly etagIsMd5: boolean;
}
