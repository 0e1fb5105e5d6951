/**
 * Security tokens that need no table: sealed, and bound to their access key id. Decision and layout: docs/adr/0001.
 *
 *     token          = base64url( version(1) | key id(4, big endian) | token id(16) | ciphertext | tag(16) )
 *     AccessKeyId    = "STS." + base62 of the token id
 *     key, nonce     = HKDF-SHA256(master key, salt = token id, info = "sluice/token")
 *     AAD            = version | key id | token id | AccessKeyId
 *     secret         = base62 of HMAC-SHA256(master key, "sluice/token-secret" | token id)
 *
 * The ciphertext is the JSON of the claims, not compressed: nothing inflates, and the length is the length.
 * Key and nonce are new for every token, so no limit of random nonces applies. The secret is derived under the master
 * key: whoever reads a token in a log cannot compute it.
 */
import { base64UrlDecode, equalsConstantTime } from '@sluice/wire';
import { z } from 'zod';
import { deriveKey, gcmOpen, gcmSeal, type KeyRing, keyedDigest, type MasterKey } from '../keys/key-ring.js';
import type { Random } from '../runtime.js';

const VERSION = 1;
const HEADER_LENGTH = 21;
const TAG_LENGTH = 16;
/** A claim set is at most a 2 048-character policy and some names; anything longer is not ours. */
export const MAX_TOKEN_LENGTH = 16 * 1024;
/** No token lives longer, milliseconds. Reference: ram-sts 1.2. */
export const LONGEST_TOKEN_MS = 12 * 3600_000;
export const TEMPORARY_ID_PREFIX = 'STS.';

const sessionLink = z.object({
  accountId: z.string(),
  roleId: z.string(),
  sessionName: z.string(),
  tokenId: z.string(),
  issuedAt: z.number(),
});
const sessionClaims = z.object({
  kind: z.literal('session'),
  accountId: z.string(),
  roleId: z.string(),
  roleName: z.string(),
  sessionName: z.string(),
  sessionPolicy: z.string().optional(),
  sourceIdentity: z.string().optional(),
  /** The sessions that it was chained from, newest first. */
  via: z.array(sessionLink).optional(),
  issuedAt: z.number(),
  expiresAt: z.number(),
});
const uploadClaims = z.object({
  kind: z.literal('upload-grant'),
  accountId: z.string(),
  mediaId: z.string(),
  bucket: z.string(),
  key: z.string(),
  /** The session that asked for it. */
  origin: z.object({ sourceIdentity: z.string().optional(), links: z.array(sessionLink) }).optional(),
  issuedAt: z.number(),
  expiresAt: z.number(),
});
const claimsShape = z.discriminatedUnion('kind', [sessionClaims, uploadClaims]);

export type TokenClaims = z.infer<typeof claimsShape>;

export interface TemporaryCredentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken: string;
}

export type OpenedToken =
  | { readonly ok: true; readonly claims: TokenClaims; readonly secret: string }
  | { readonly ok: false; readonly failure: 'malformed-token' | 'mismatched-token' };

export function sealToken(ring: KeyRing, random: Random, claims: TokenClaims): TemporaryCredentials {
  const key = ring.current;
  const id = random.bytes(16);
  const header = Buffer.alloc(HEADER_LENGTH);
  header.writeUInt8(VERSION, 0);
  header.writeUInt32BE(key.id, 1);
  header.set(id, 5);
  const accessKeyId = accessKeyIdOf(id);
  const cipher = gcmSeal(deriveKey(key, 'token', id, 44));
  cipher.setAAD(Buffer.concat([header, Buffer.from(accessKeyId)]));
  const body = Buffer.concat([cipher.update(JSON.stringify(claims), 'utf8'), cipher.final()]);
  return {
    accessKeyId,
    accessKeySecret: secretOf(key, id),
    securityToken: Buffer.concat([header, body, cipher.getAuthTag()]).toString('base64url'),
  };
}

/** Opens a token and says whether it belongs to `accessKeyId`. Expiry is the caller's to judge. */
export function openToken(ring: KeyRing, accessKeyId: string, token: string): OpenedToken {
  const malformed = { ok: false, failure: 'malformed-token' } as const;
  if (token.length > MAX_TOKEN_LENGTH) return malformed;
  const bytes = base64UrlDecode(token);
  if (!bytes || bytes.length <= HEADER_LENGTH + TAG_LENGTH || bytes[0] !== VERSION) return malformed;
  const header = Buffer.from(bytes.subarray(0, HEADER_LENGTH));
  const key = ring.find(header.readUInt32BE(1));
  if (!key) return malformed;
  const id = header.subarray(5);
  const ownAccessKeyId = accessKeyIdOf(id);
  const claims = decrypt(key, header, ownAccessKeyId, bytes);
  if (!claims) return malformed;
  if (!equalsConstantTime(ownAccessKeyId, accessKeyId)) return { ok: false, failure: 'mismatched-token' };
  return { ok: true, claims, secret: secretOf(key, id) };
}

function decrypt(key: MasterKey, header: Buffer, accessKeyId: string, bytes: Uint8Array): TokenClaims | undefined {
  try {
    const decipher = gcmOpen(deriveKey(key, 'token', header.subarray(5), 44));
    decipher.setAAD(Buffer.concat([header, Buffer.from(accessKeyId)]));
    decipher.setAuthTag(bytes.subarray(bytes.length - TAG_LENGTH));
    const body = bytes.subarray(HEADER_LENGTH, bytes.length - TAG_LENGTH);
    const text = Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
    return claimsShape.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

const secretOf = (key: MasterKey, id: Uint8Array): string => base62(keyedDigest(key, 'token-secret', id));
/** What names a token in revocations and logs. */
export const tokenIdOf = (accessKeyId: string): string => accessKeyId.slice(TEMPORARY_ID_PREFIX.length);
const accessKeyIdOf = (id: Uint8Array): string => TEMPORARY_ID_PREFIX + base62(id);

const EIGHT_DIGITS = 62n ** 8n;
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Bytes as base62 of fixed length for their number: 16 bytes are 22 characters, 32 bytes are 43. */
export function base62(bytes: Uint8Array): string {
  const length = Math.ceil((bytes.length * 8) / Math.log2(62));
  let n = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  let out = '';
  // Eight digits at a time: the most that numbers hold exactly, and big ones are slow.
  for (let left = length; left > 0; left -= 8, n /= EIGHT_DIGITS) {
    let part = Number(n % EIGHT_DIGITS);
    for (let i = Math.min(left, 8); i > 0; i--, part = Math.floor(part / 62)) out = BASE62.charAt(part % 62) + out;
  }
  return out;
}
