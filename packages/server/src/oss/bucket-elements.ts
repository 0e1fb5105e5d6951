import { formatIsoMillis } from '@sluice/wire';
import type { BucketStorage } from './bucket-storage.js';
import type { Bucket } from './catalog/buckets.js';
import { element } from './xml.js';

/** `oss-cn-shanghai`: how a region is written in the answers of OSS. */
export const locationOf = ({ region }: Pick<Bucket, 'region'>): string =>
  region.startsWith('oss-') ? region : `oss-${region}`;

/**
 * What GetBucketInfo and ListBuckets tell of a bucket.
 * @param host as the client wrote it: the endpoint it is told is the one it uses, for no other need be reachable
 */
export function bucketElements(bucket: Bucket, { storageClass }: BucketStorage, host: string): readonly string[] {
  const own = `${bucket.bucket}.`;
  const endpoint = (host.toLowerCase().startsWith(own) ? host.slice(own.length) : host).replace(/^\./, '');
  return [
    // In whole seconds, as OSS writes every time: the SDK for Python reads no other.
    element('CreationDate', formatIsoMillis(Math.floor(bucket.created_at / 1000) * 1000)),
    element('ExtranetEndpoint', endpoint),
    element('IntranetEndpoint', endpoint.replace(/^([^.]+)(\.aliyuncs\.com)/i, '$1-internal$2')),
    element('Location', locationOf(bucket)),
    element('Name', bucket.bucket),
    element('StorageClass', storageClass),
  ];
}
