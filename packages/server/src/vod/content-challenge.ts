/**
 * What FindContent hands out to be proven upon. Nothing is kept of it: it says itself when it ends, and a MAC under the key
 * ring ties it to who asked and for which content.
 *
 *     challenge = version(1) | key id(4) | expiry, ms(6) | random(32) | mac(32)      all big endian
 *     mac       = HMAC-SHA256(master key, "sluice/content-challenge" | the 43 bytes before it | JSON of principal, size, crc64)
 */
import { timingSafeEqual } from 'node:crypto';
import { base64, base64Decode, utf8 } from '@sluice/wire';
import type { Principal } from '../gate/principal.js';
import { type KeyRing, keyedDigest, type MasterKey } from '../keys/key-ring.js';
import type { Random } from '../runtime.js';
import { vodErrors } from './errors.js';

const VERSION = 1;
const HEAD_LENGTH = 43;
const LENGTH = HEAD_LENGTH + 32;
export const CHALLENGE_MS = 10 * 60_000;

export interface ClaimedContent {
  /** Bytes. */
  readonly size: number;
  /** Unsigned decimal without leading zeros. */
  readonly crc64: string;
}

export interface ContentChallenges {
  /** Base64 text of a new challenge. */
  issue(principal: Principal, content: ClaimedContent, now: number): string;
  /** The bytes of a challenge of ours that was made for this caller and content and has not expired. */
  open(text: string, principal: Principal, content: ClaimedContent, now: number): Uint8Array | undefined;
}

export function contentChallenges(ring: KeyRing, random: Random): ContentChallenges {
  return {
    issue(principal, content, now) {
      const head = Buffer.alloc(HEAD_LENGTH);
      head.writeUInt8(VERSION, 0);
      head.writeUInt32BE(ring.current.id, 1);
      head.writeUIntBE(now + CHALLENGE_MS, 5, 6);
      head.set(random.bytes(32), 11);
      return base64(Buffer.concat([head, macOf(ring.current, head, principal, content)]));
    },
    open(text, principal, content, now) {
      const bytes = base64Decode(text);
      if (bytes?.length !== LENGTH || bytes[0] !== VERSION) return undefined;
      const head = Buffer.from(bytes.subarray(0, HEAD_LENGTH));
      const key = ring.find(head.readUInt32BE(1));
      if (!key || !timingSafeEqual(bytes.subarray(HEAD_LENGTH), macOf(key, head, principal, content))) return undefined;
      return now < head.readUIntBE(5, 6) ? bytes : undefined;
    },
  };
}

function macOf(key: MasterKey, head: Uint8Array, principal: Principal, { size, crc64 }: ClaimedContent): Buffer {
  const bound = JSON.stringify([...callerOf(principal), size, crc64]);
  return keyedDigest(key, 'content-challenge', Buffer.concat([head, utf8(bound)]));
}

/** Who it is whatever the token: a session goes on under a new one. */
export function callerOf(principal: Principal): readonly string[] {
  switch (principal.kind) {
    case 'session':
      return ['session', principal.accountId, principal.roleId, principal.sessionName];
    case 'user':
      return ['user', principal.accountId, principal.userId];
    case 'account':
      return ['account', principal.accountId];
    case 'upload-grant':
    case 'federated':
    case 'anonymous':
      throw vodErrors.denied({});
  }
}
