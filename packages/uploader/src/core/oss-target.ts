/** Where the bytes go, and the URL of it. Reference: oss 0.1. */
import { type Pair, percentEncode, percentEncodePath } from '@sluice/wire';
import { localError } from './upload-error.js';

export interface OssTarget {
  /** Data-plane endpoint; `https://` when it names no scheme. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly key: string;
}

const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/;

/**
 * `{bucket}.{endpoint}` for a name, `/bucket/key` for an IP address (which takes no further label), the endpoint alone
 * when it is the bucket's own domain.
 * @throws UploadError `MalformedAnswer` when the endpoint is not a URL
 */
export function ossUrl(target: OssTarget, query: readonly Pair[], cname: boolean): string {
  let url: URL;
  try {
    url = new URL(/^https?:\/\//i.test(target.endpoint) ? target.endpoint : `https://${target.endpoint}`);
  } catch (cause) {
    throw localError('MalformedAnswer', `The endpoint ${target.endpoint} is not a URL.`, cause);
  }
  const { protocol, host, hostname } = url;
  const isAddress = IPV4.test(hostname) || hostname.startsWith('[');
  const authority = cname || isAddress ? host : `${target.bucket}.${host}`;
  const prefix = isAddress && !cname ? `/${target.bucket}` : '';
  const search = query.map(([name, value]) => percentEncode(name) + (value === '' ? '' : `=${percentEncode(value)}`));
  const tail = search.length > 0 ? `?${search.join('&')}` : '';
  return `${protocol}//${authority}${prefix}/${percentEncodePath(target.key)}${tail}`;
}
