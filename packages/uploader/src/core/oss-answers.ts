/** What OSS answers to the calls of an upload. Reference: oss 1.10 to 1.15. */
import type { HttpResponse, XmlNode, XmlReader } from '../ports.js';
import { localError } from './upload-error.js';

export interface ListedPart {
  readonly number: number;
  readonly etag: string;
  readonly size: number;
  readonly crc64: bigint | undefined;
}

export interface ListedParts {
  readonly parts: readonly ListedPart[];
  /** Marker of the next page; `undefined` on the last one. */
  readonly next: number | undefined;
}

/** `x-oss-hash-crc64ecma`; `undefined` when absent, hidden by CORS, or not a number. */
export function crcHeader(response: HttpResponse): bigint | undefined {
  return parseCrc(response.header('x-oss-hash-crc64ecma'));
}

export function parseCrc(text: string | undefined): bigint | undefined {
  return text !== undefined && /^\d{1,20}$/.test(text) ? BigInt(text) : undefined;
}

/** ETags are compared without quotes and case: the server's list may print them otherwise than its header. */
export const sameETag = (a: string, b: string): boolean => bareETag(a) === bareETag(b);
const bareETag = (etag: string): string => etag.replace(/"/g, '').toUpperCase();

export function readUploadId(readXml: XmlReader, response: HttpResponse): string {
  const id = root(readXml, response, 'InitiateMultipartUploadResult').child('UploadId');
  if (!id) throw localError('MalformedAnswer', 'InitiateMultipartUpload answered without an UploadId.');
  return id;
}

export function readListedParts(readXml: XmlReader, response: HttpResponse): ListedParts {
  const list = root(readXml, response, 'ListPartsResult');
  const parts = list.children('Part').map((part) => ({
    number: Number(part.child('PartNumber')),
    etag: part.child('ETag') ?? '',
    size: Number(part.child('Size')),
    crc64: parseCrc(part.child('HashCrc64ecma')),
  }));
  const last = parts[parts.length - 1]?.number;
  const next = Number(list.child('NextPartNumberMarker')) || last;
  return { parts, next: list.child('IsTruncated') === 'true' ? next : undefined };
}

/** ETag of the object, from the body or the header; `undefined` when the server tells neither. */
export function readCompleted(
  readXml: XmlReader,
  response: HttpResponse,
): { etag: string | undefined; crc64: bigint | undefined } {
  return {
    etag: readXml(response.body, response.document)?.child('ETag') ?? response.header('etag'),
    crc64: crcHeader(response),
  };
}

function root(readXml: XmlReader, response: HttpResponse, name: string): XmlNode {
  const node = readXml(response.body, response.document);
  if (node?.name === name) return node;
  throw localError('MalformedAnswer', `Expected ${name}, got: ${response.body.slice(0, 200)}`);
}
