import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import { base64Url, base64UrlDecode } from '@sluice/wire';
import type { Clock, Random } from '../runtime.js';

/** One master key. Everything else is derived from it under its own label, so no two uses share key bytes. */
export interface MasterKey {
  /** 1 to 2^32 - 1; grows by one with every rotation. */
  readonly id: number;
  /** 32 random bytes. */
  readonly secret: Uint8Array;
  readonly createdAt: number;
}

/**
 * The keys of this installation. The newest signs and seals; all of them open. Ask anew each time: a rotation changes what
 * the same ring answers.
 */
export interface KeyRing {
  readonly current: MasterKey;
  /** Newest first. */
  readonly keys: readonly MasterKey[];
  find(id: number): MasterKey | undefined;
}

export function keyRing(given: readonly MasterKey[]): KeyRing {
  const byId = new Map(given.map((key) => [key.id, key]));
  const keys = [...byId.values()].sort((a, b) => b.id - a.id);
  const current = keys[0];
  if (!current) throw new Error('a key ring needs at least one key');
  return { current, keys, find: (id) => byId.get(id) };
}

export function newMasterKey(id: number, clock: Clock, random: Random): MasterKey {
  return { id, secret: random.bytes(32), createdAt: clock.now() };
}

/**
 * `length` bytes for one purpose and one subject: HKDF-SHA256 (RFC 5869). Made of node's HMAC, because its `hkdfSync` takes
 * longer to begin than to compute, and every token is opened with one.
 */
export function deriveKey(key: MasterKey, purpose: string, subject: Uint8Array, length: number): Buffer {
  const extracted = createHmac('sha256', subject).update(key.secret).digest();
  const blocks: Buffer[] = [];
  let last = Buffer.alloc(0);
  for (let i = 1; blocks.length * 32 < length; i++) {
    last = createHmac('sha256', extracted).update(last).update(`sluice/${purpose}`).update(Uint8Array.of(i)).digest();
    blocks.push(last);
  }
  return Buffer.concat(blocks, length);
}

/** HMAC-SHA256 under a key of its own purpose. */
export function keyedDigest(key: MasterKey, purpose: string, data: Uint8Array): Buffer {
  return createHmac('sha256', key.secret).update(`sluice/${purpose}\0`).update(data).digest();
}

/**
 * Seals a secret for the database: AES-256-GCM, key and nonce derived from 16 random bytes, bound to `context`
 * (so that a sealed value moved to another row does not open). Text: `<key id>.<salt>.<ciphertext and tag>`.
 */
export function sealSecret(ring: KeyRing, random: Random, context: string, secret: string): string {
  const salt = random.bytes(16);
  const cipher = secretCipher(ring.current, salt, context, 'seal');
  const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return `${ring.current.id}.${base64Url(salt)}.${base64Url(sealed)}`;
}

/** `undefined` when it was changed, sealed for another context, or under a key that is gone. */
export function openSecret(ring: KeyRing, context: string, sealed: string): string | undefined {
  const [id, saltText, bodyText] = sealed.split('.');
  const key = ring.find(Number(id));
  const salt = base64UrlDecode(saltText ?? '');
  const body = base64UrlDecode(bodyText ?? '');
  if (!key || !salt || !body || body.length < 16) return undefined;
  try {
    const decipher = secretCipher(key, salt, context, 'open');
    decipher.setAuthTag(body.subarray(body.length - 16));
    return Buffer.concat([decipher.update(body.subarray(0, body.length - 16)), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}

function secretCipher(key: MasterKey, salt: Uint8Array, context: string, way: 'seal'): ReturnType<typeof gcmSeal>;
function secretCipher(key: MasterKey, salt: Uint8Array, context: string, way: 'open'): ReturnType<typeof gcmOpen>;
function secretCipher(key: MasterKey, salt: Uint8Array, context: string, way: 'seal' | 'open') {
  const material = deriveKey(key, 'secret-at-rest', salt, 44);
  const cipher = way === 'seal' ? gcmSeal(material) : gcmOpen(material);
  cipher.setAAD(Buffer.from(context, 'utf8'));
  return cipher;
}

/** @param material 32 bytes of key followed by 12 bytes of nonce, used for this one message only */
export function gcmSeal(material: Uint8Array) {
  return createCipheriv('aes-256-gcm', material.subarray(0, 32), material.subarray(32, 44));
}

export function gcmOpen(material: Uint8Array) {
  return createDecipheriv('aes-256-gcm', material.subarray(0, 32), material.subarray(32, 44), { authTagLength: 16 });
}
