import type { Queryable } from '../db/schema.js';
import { type Bucket, findSetting } from './catalog/buckets.js';
import { invalidArgument } from './oss-error.js';
import { isStorageClass } from './storage-class.js';
import { allowOnly, readXmlRequest, textOf } from './xml-request.js';

/** What a bucket was asked to be stored as. Kept and told; here everything is stored in the same way. */
export interface BucketStorage {
  readonly storageClass: string;
  readonly redundancy: string;
}

const DEFAULT: BucketStorage = { storageClass: 'Standard', redundancy: 'LRS' };
const REDUNDANCIES = ['LRS', 'ZRS'];

/**
 * The body of a PutBucket, which may be empty.
 * @returns `undefined` when nothing but the default is asked for
 * @throws {OssError} `MalformedXML`, `InvalidArgument`
 */
export function readBucketConfiguration(body: string): BucketStorage | undefined {
  if (body.trim() === '') return undefined;
  const root = readXmlRequest(body, 'CreateBucketConfiguration');
  allowOnly(root, ['StorageClass', 'DataRedundancyType']);
  const storageClass = textOf(root, 'StorageClass') ?? DEFAULT.storageClass;
  if (!isStorageClass(storageClass)) throw invalidArgument('StorageClass', storageClass);
  const redundancy = textOf(root, 'DataRedundancyType') ?? DEFAULT.redundancy;
  if (!REDUNDANCIES.includes(redundancy)) throw invalidArgument('DataRedundancyType', redundancy);
  const usual = storageClass === DEFAULT.storageClass && redundancy === DEFAULT.redundancy;
  return usual ? undefined : { storageClass, redundancy };
}

export async function storageOf(db: Queryable, { bucket }: Bucket): Promise<BucketStorage> {
  const value = await findSetting(db, bucket, 'storage');
  return value === undefined ? DEFAULT : (JSON.parse(value) as BucketStorage);
}
