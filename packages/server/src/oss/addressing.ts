import { percentDecode } from '@sluice/wire';
import { OssError } from './oss-error.js';
import type { RawRequest } from './raw-request.js';

export interface Addressing {
  /** Base domain of virtual hosts, without port: `oss.localhost`. */
  readonly ossDomain: string;
  /** Host names (lower case, without port) that stand for one bucket. */
  readonly cnames?: Readonly<Record<string, string>>;
  /**
   * Bucket that clients may mean without naming it: those that take any host but Alibaba Cloud's for the bucket's own.
   * Default: none.
   */
  readonly bareBucket?: string;
}

/** What a request is about: the service, a bucket, or an object. */
export interface Address {
  readonly bucket?: string;
  readonly key?: string;
  /** The part of the URL before the key, as the client wrote it: for `Location`. */
  readonly prefix: string;
}

/**
 * What the request may be about, most likely first (reference oss 0.1). Of more than one reading the signature tells which
 * is meant, and it fits one of them only: each signs another `/bucket/key`. An unsigned request takes the first.
 *
 * - The Host names a bucket and the path begins with the same one (ali-oss with `sldEnable` sends both): both are about that
 *   bucket.
 * - The Host names a bucket with capitals: host names have no case, so the bucket is meant that has none.
 * - The Host names no bucket: path style, or the whole path is a key of the `bareBucket`. The OSS clients for Android and iOS
 *   send the latter to every host that is not Alibaba Cloud's, and clients with `cname` do.
 * - A `+` in the path is one, or a blank: the SDK for Ruby writes blanks so.
 */
export function readAddresses(request: Target, addressing: Addressing): readonly Address[] {
  const readings = readingsOf(request, addressing);
  if (!request.path.includes('+')) return readings;
  return [...readings, ...readingsOf({ ...request, path: request.path.replaceAll('+', '%20') }, addressing)];
}

type Target = Pick<RawRequest, 'host' | 'path'>;

function readingsOf(request: Target, addressing: Addressing): readonly Address[] {
  const written = hostName(request.host);
  const host = written.toLowerCase();
  const bucket = hostBucket(host, addressing);
  if (bucket === undefined) {
    const { bareBucket } = addressing;
    return [pathStyle(request.path), ...(bareBucket === undefined ? [] : [wholePath(bareBucket, request.path)])];
  }
  const path = `/${bucket}`;
  const both = request.path === path || request.path.startsWith(`${path}/`);
  // A client that signed upper case is told that no bucket has such a name, and not that its signature is wrong.
  const asWritten = written.slice(0, bucket.length);
  const named = asWritten.toLowerCase() === bucket && asWritten !== bucket ? [wholePath(asWritten, request.path)] : [];
  return [wholePath(bucket, request.path), ...(both ? [pathStyle(request.path)] : []), ...named];
}

const wholePath = (bucket: string, path: string): Address => ({ bucket, ...keyOf(decode(path.slice(1))), prefix: '' });

function hostName(host: string): string {
  const bare = host.startsWith('[') ? host.replace(/\]:\d*$/, ']') : host.replace(/:\d*$/, '');
  return bare.replace(/\.$/, '');
}

/** The bucket that a host stands for; `undefined` when it names none. */
function hostBucket(host: string, { ossDomain, cnames }: Addressing): string | undefined {
  if (cnames && Object.hasOwn(cnames, host)) return cnames[host];
  const domain = ossDomain.toLowerCase();
  if (host.endsWith(`.${domain}`)) return host.slice(0, -domain.length - 1) || undefined;
  // ali-oss forces this host when its endpoint is an IP address; the region is whatever the client was told.
  const forced = /^(?:([^.]*)\.)?[^.]+\.aliyuncs\.com$/.exec(host);
  return forced?.[1] || undefined;
}

function pathStyle(path: string): Address {
  const cut = path.indexOf('/', 1);
  const bucket = decode(cut < 0 ? path.slice(1) : path.slice(1, cut));
  if (bucket === '') return cut < 0 ? { prefix: '' } : { bucket, prefix: '' };
  return { bucket, ...keyOf(cut < 0 ? '' : decode(path.slice(cut + 1))), prefix: `/${bucket}` };
}

const keyOf = (key: string): { key?: string } => (key === '' ? {} : { key });

function decode(text: string): string {
  const decoded = percentDecode(text);
  if (decoded === undefined) throw new OssError('InvalidObjectName', { message: 'The path is not valid UTF-8.' });
  return decoded;
}
