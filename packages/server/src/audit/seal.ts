import { base64Url, equalsConstantTime } from '@sluice/wire';
import { type KeyRing, keyedDigest } from '../keys/key-ring.js';
import type { ChainPlace } from './chain.js';

/** What a seal speaks of; one of them never passes for another. */
export type SealPurpose = 'record' | 'base' | 'head';

/**
 * Who may write the table can compute hashes, but no seal: those are under the key ring. Text: `<key id>.<HMAC-SHA256>`.
 */
export function sealPlace(ring: KeyRing, purpose: SealPurpose, place: ChainPlace): string {
  const { current } = ring;
  return `${current.id}.${base64Url(keyedDigest(current, `audit-${purpose}`, bytesOf(place)))}`;
}

/** `unknown-key`: the key it was made with has been let go. */
export type SealState = 'good' | 'forged' | 'unknown-key';

export function checkSeal(ring: KeyRing, purpose: SealPurpose, place: ChainPlace, seal: string): SealState {
  const [id = '', mac = ''] = seal.split('.');
  if (!/^[1-9]\d{0,9}$/.test(id)) return 'forged';
  const key = ring.find(Number(id));
  if (!key) return 'unknown-key';
  return equalsConstantTime(base64Url(keyedDigest(key, `audit-${purpose}`, bytesOf(place))), mac) ? 'good' : 'forged';
}

const bytesOf = ({ seq, hash }: ChainPlace): Buffer => Buffer.from(`${seq}:${hash}`);
