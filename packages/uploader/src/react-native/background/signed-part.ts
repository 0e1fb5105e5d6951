import { type Digests, formatBasic, type OssRequest, type Pair, signOssV4Url, type UploadAuth } from '@sluice/wire';
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

export interface Signing {
  readonly digests: Digests;
  readonly auth: UploadAuth;
  readonly region: string;
  readonly place: PartPlace;
  /** Server time, milliseconds. */
  readonly now: number;
  /** How long the URLs hold, in seconds. A signed header would be good for 15 minutes only. */
  readonly seconds: number;
}

/** A URL that stores one part. */
export function signedPartUrl(signing: Signing, number: number): string {
  const headers = new Map([['content-type', PART_CONTENT_TYPE]]);
  return signedUrl(signing, 'PUT', [['partNumber', String(number)]], headers);
}

/** A URL that lists the parts after `marker`. */
export function signedListUrl(signing: Signing, marker: number): string {
  return signedUrl(signing, 'GET', marker > 0 ? [['part-number-marker', String(marker)]] : [], new Map());
}

function signedUrl(
  { digests, auth, region, place, now, seconds }: Signing,
  method: string,
  params: readonly Pair[],
  headers: ReadonlyMap<string, string>,
): string {
  const request: OssRequest = {
    method,
    bucket: place.bucket,
    key: place.key,
    query: [...params, ['uploadId', place.uploadId]],
    headers,
  };
  const { AccessKeyId: accessKeyId, AccessKeySecret: accessKeySecret, SecurityToken: securityToken } = auth;
  const keys = { accessKeyId, accessKeySecret, securityToken };
  const query = signOssV4Url(digests, keys, region.replace(/^oss-/, ''), request, formatBasic(now), seconds);
  return ossUrl(place, query, place.cname);
}
