import { type Digests, formatBasic, type OssRequest, signOssV4Url, type UploadAuth } from '@sluice/wire';
import { ossUrl } from '../../core/oss-target.js';

/** Signed with the part: it may not change on the way, and both systems send one in any case. */
export const PART_CONTENT_TYPE = 'application/octet-stream';

export interface PartPlace {
  readonly endpoint: string;
  readonly bucket: string;
  readonly key: string;
  readonly uploadId: string;
  readonly cname: boolean;
}

/**
 * A URL that stores one part. A signed header would be good for 15 minutes; a signed URL is as long as the credential.
 * @param now server time, milliseconds
 * @param seconds validity
 */
export function signedPartUrl(
  digests: Digests,
  auth: UploadAuth,
  region: string,
  place: PartPlace,
  number: number,
  now: number,
  seconds: number,
): string {
  const request: OssRequest = {
    method: 'PUT',
    bucket: place.bucket,
    key: place.key,
    query: [
      ['partNumber', String(number)],
      ['uploadId', place.uploadId],
    ],
    headers: new Map([['content-type', PART_CONTENT_TYPE]]),
  };
  const { AccessKeyId: accessKeyId, AccessKeySecret: accessKeySecret, SecurityToken: securityToken } = auth;
  const keys = { accessKeyId, accessKeySecret, securityToken };
  const query = signOssV4Url(digests, keys, region.replace(/^oss-/, ''), request, formatBasic(now), seconds);
  return ossUrl(place, query, place.cname);
}
