/**
 * UploadAddress and UploadAuth: base64 of JSON, the answer of CreateUploadVideo and its kin. Reference: vod 4.5.
 */
import { base64, base64Decode, utf8, utf8Decode } from './encoding.js';

/** Where a file of a media goes (reference vod 4.5). */
export interface UploadAddress {
  /** Data-plane endpoint, with its scheme. */
  readonly Endpoint: string;
  readonly Bucket: string;
  /** Object key. */
  readonly FileName: string;
}

/** The credential of one file. */
export interface UploadAuth {
  readonly AccessKeyId: string;
  readonly AccessKeySecret: string;
  readonly SecurityToken: string;
  /** Lifetime in seconds, as text; not a date. */
  readonly Expiration: string;
  /** The instant of expiry, ISO 8601 in UTC. Absent in answers of some older services. */
  readonly ExpireUTCTime?: string;
  /** Region for later VOD calls; left out when the server cannot know what the client calls it. */
  readonly Region?: string;
}

/** base64 of JSON, as clients are given it. */
export const encodeUploadAddress = (address: UploadAddress): string => base64(utf8(JSON.stringify(address)));
/** base64 of JSON, as clients are given it. */
export const encodeUploadAuth = (auth: UploadAuth): string => base64(utf8(JSON.stringify(auth)));

/** `undefined` when the text is not base64 of a JSON object with the required members. */
export function decodeUploadAddress(text: string): UploadAddress | undefined {
  const { Endpoint, Bucket, FileName } = decode(text) ?? {};
  return isText(Endpoint) && isText(Bucket) && isText(FileName) ? { Endpoint, Bucket, FileName } : undefined;
}

/**
 * `undefined` when the text is not base64 of a JSON object with the required members. A lifetime given as a number is
 * read as its text; an optional member that is not a text is left out, and so is every member that is not documented.
 */
export function decodeUploadAuth(text: string): UploadAuth | undefined {
  const { AccessKeyId, AccessKeySecret, SecurityToken, ExpireUTCTime, Region, ...rest } = decode(text) ?? {};
  const Expiration = Number.isFinite(rest.Expiration) ? String(rest.Expiration) : rest.Expiration;
  if (!isText(AccessKeyId) || !isText(AccessKeySecret) || !isText(SecurityToken) || !isText(Expiration))
    return undefined;
  return {
    AccessKeyId,
    AccessKeySecret,
    SecurityToken,
    Expiration,
    ...(isText(ExpireUTCTime) ? { ExpireUTCTime } : {}),
    ...(isText(Region) ? { Region } : {}),
  };
}

const isText = (member: unknown): member is string => typeof member === 'string' && member !== '';

function decode(text: string): Record<string, unknown> | undefined {
  const bytes = base64Decode(text);
  if (!bytes) return undefined;
  try {
    const value: unknown = JSON.parse(utf8Decode(bytes));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
