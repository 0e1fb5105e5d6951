/**
 * What ListObjectsV2 hands out for the next page: opaque to the client, good for one bucket, prefix and delimiter only, and
 * nothing is kept of it.
 *
 *     token = base64url( version(1) | key id(4, big endian) | mac(16) | UTF-8 of the last entry )
 *     mac   = HMAC-SHA256(master key, "sluice/list-token" | JSON of bucket, prefix, delimiter, last entry), its first 16 bytes
 */
import { timingSafeEqual } from 'node:crypto';
import { base64Url, base64UrlDecode, utf8, utf8Decode } from '@sluice/wire';
import { type KeyRing, keyedDigest, type MasterKey } from '../keys/key-ring.js';
import type { Listing } from './roll-up.js';

const VERSION = 1;
const MAC_BYTES = 16;
const HEAD_BYTES = 5 + MAC_BYTES;

export interface Listed extends Listing {
  readonly bucket: string;
}

/** @param last key or common prefix that the page ended with */
export function continuationToken(ring: KeyRing, listed: Listed, last: string): string {
  const head = Buffer.alloc(5);
  head.writeUInt8(VERSION, 0);
  head.writeUInt32BE(ring.current.id, 1);
  return base64Url(Buffer.concat([head, macOf(ring.current, listed, last), utf8(last)]));
}

/** The entry that the page before ended with; `undefined` when the token is not ours or was made for another listing. */
export function openContinuationToken(ring: KeyRing, listed: Listed, token: string): string | undefined {
  const bytes = base64UrlDecode(token);
  if (!bytes || bytes.length <= HEAD_BYTES || bytes[0] !== VERSION) return undefined;
  const key = ring.find(Buffer.from(bytes.subarray(1, 5)).readUInt32BE());
  const last = decode(bytes.subarray(HEAD_BYTES));
  if (!key || last === undefined) return undefined;
  return timingSafeEqual(bytes.subarray(5, HEAD_BYTES), macOf(key, listed, last)) ? last : undefined;
}

function macOf(key: MasterKey, { bucket, prefix, delimiter }: Listed, last: string): Buffer {
  const bound = JSON.stringify([bucket, prefix, delimiter, last]);
  return keyedDigest(key, 'list-token', utf8(bound)).subarray(0, MAC_BYTES);
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return utf8Decode(bytes);
  } catch {
    return undefined;
  }
}
