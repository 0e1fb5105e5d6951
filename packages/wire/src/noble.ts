import { hmac } from '@noble/hashes/hmac.js';
import { md5, sha1 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Digests, SigningDigests } from './digests.js';

/** By `@noble/hashes`: no WebCrypto, so they work on plain-http pages and in Hermes. */
export const nobleSigningDigests: SigningDigests = {
  sha256: (data) => sha256(data),
  hmacSha1: (key, data) => hmac(sha1, key, data),
  hmacSha256: (key, data) => hmac(sha256, key, data),
};

/** Digests without a platform: pure JavaScript. */
export const nobleDigests: Digests = { ...nobleSigningDigests, md5: (data) => md5(data) };
