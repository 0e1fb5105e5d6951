/** Where the bytes go, and the URL of it. Reference: oss 0.1. */
import { type Pair, percentEncode, percentEncodePath } from '@sluice/wire';
import { localError } from './upload-error.js';

export interface OssTarget {
  /** Data-plane endpoint; `https://` when it names no scheme. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly key: string;
}

/** Taken apart by hand: the URL class of phones is incomplete. */
const ENDPOINT = /^(?:(https?):\/\/)?((\[[0-9a-f:.]+\]|[^\s/?#:@[\]]+)(?::\d{1,5})?)(?:\/|$)/i;
const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[.*)$/;

/**
 * `{bucket}.{endpoint}` for a name, `/bucket/key` for an IP address (which takes no further label), the endpoint alone
 * when it is the bucket's own domain.
 * @throws UploadError `MalformedAnswer` when the endpoint is not a URL
 */
export function ossUrl(target: OssTarget, query: readonly Pair[], cname: boolean): string {
  const [, scheme = 'https', host, name] = ENDPOINT.exec(target.endpoint.trim()) ?? [];
  if (!host || !name) throw localError('MalformedAnswer', `The endpoint ${target.endpoint} is not a URL.`);
  const isAddress = ADDRESS.test(name);
  const authority = (cname || isAddress ? host : `${target.bucket}.${host}`).toLowerCase();
  const prefix = isAddress && !cname ? `/${target.bucket}` : '';
  const search = query.map(([name, value]) => percentEncode(name) + (value === '' ? '' : `=${percentEncode(value)}`));
  const tail = search.length > 0 ? `?${search.join('&')}` : '';
  return `${scheme.toLowerCase()}://${authority}${prefix}/${percentEncodePath(target.key)}${tail}`;
}
