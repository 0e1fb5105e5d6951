/**
 * UploadAddress and UploadAuth: base64 of JSON, the answer of CreateUploadVideo and its kin. Reference: vod 4.5.
 */
import { base64, base64Decode, utf8, utf8Decode } from './encoding.js';

export interface UploadAddress {
  /** Data-plane endpoint, with its scheme. */
  readonly Endpoint: string;
  readonly Bucket: string;
  /** Object key. */
  readonly FileName: string;
}

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

export const encodeUploadAddress = (address: UploadAddress): string => base64(utf8(JSON.stringify(address)));
export const encodeUploadAuth = (auth: UploadAuth): string => base64(utf8(JSON.stringify(auth)));

/** `undefined` when the text is not base64 of a JSON object with the required members. */
export function decodeUploadAddress(text: string): UploadAddress | undefined {
  return decode(text, ['Endpoint', 'Bucket', 'FileName']) as UploadAddress | undefined;
}

/** `undefined` when the text is not base64 of a JSON object with the required members. */
export function decodeUploadAuth(text: string): UploadAuth | undefined {
  return decode(text, ['AccessKeyId', 'AccessKeySecret', 'SecurityToken', 'Expiration']) as UploadAuth | undefined;
}

function decode(text: string, required: readonly string[]): object | undefined {
  const bytes = base64Decode(text);
  if (!bytes) return undefined;
  try {
    const value: unknown = JSON.parse(utf8Decode(bytes));
    if (typeof value !== 'object' || value === null) return undefined;
    const complete = required.every((name) => {
      const member = (value as Record<string, unknown>)[name];
      return (typeof member === 'string' && member !== '') || (name === 'Expiration' && typeof member === 'number');
    });
    return complete ? { ...value, ...expirationText(value) } : undefined;
  } catch {
    return undefined;
  }
}

function expirationText(value: object): object {
  return 'Expiration' in value ? { Expiration: String(value.Expiration) } : {};
}
