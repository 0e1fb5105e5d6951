import { createHash } from 'node:crypto';
import type { Clock } from '../runtime.js';
import type { NonceJournal } from './nonce-journal.js';
import { NONCE_ID_BYTES, NonceSet } from './nonce-set.js';

/** `full`: so many are remembered, or of this access key, that this one cannot be; what is remembered is never given up for it. */
export type NonceVerdict = 'fresh' | 'used' | 'full';

/**
 * Remembers signed nonces so that a captured request cannot be sent again, also after a restart (ADR 20). Scoped per access
 * key id: some clients draw their nonces from `Math.random()`.
 */
export interface Nonces {
  /**
   * @param until last millisecond in which the request could be accepted again: of its time stamp, or of its token
   * @returns `fresh` once the pair is written down
   */
  accept(accessKeyId: string, nonce: string, until: number): Promise<NonceVerdict>;
}

export interface NonceOptions {
  /** Nonces are forgotten in groups: those that end within the same stretch of this length, in milliseconds. */
  readonly groupMs: number;
  /** Most that are remembered at a time, 16 to 32 bytes each. Default 4 million: 4 000 calls a second for a quarter of an hour. */
  readonly most?: number;
  /**
   * Most of one access key that end together, about: who holds one token must not be able to use up the room of everybody.
   * Default: all.
   */
  readonly mostOfOne?: number;
  /** Absent: in memory only. */
  readonly journal?: NonceJournal | undefined;
}

const MOST = 4_000_000;
/** Counters of a group: keys share them by their hash, so that they take the same space however many keys there are. */
const COUNTERS = 65_536;

export function nonces(clock: Clock, { groupMs, most = MOST, mostOfOne, journal }: NonceOptions): Nonces {
  // By the instant at which all of the group are over.
  const groups = new Map<number, NonceSet>();
  const counters = new Map<number, Uint32Array>();
  let size = 0;
  for (const [end, ids] of journal?.load(clock.now()) ?? []) {
    const set = new NonceSet();
    for (let at = 0; at + NONCE_ID_BYTES <= ids.length; at += NONCE_ID_BYTES) {
      set.add(ids.readUInt32BE(at), ids.readUInt32BE(at + 4));
    }
    groups.set(end, set);
    size += set.size;
  }

  function forget(): void {
    for (const [end, set] of groups) {
      if (end >= clock.now()) continue;
      groups.delete(end);
      counters.delete(end);
      size -= set.size;
      journal?.drop(end);
    }
  }

  /** Counts one more of a key. After a restart from nothing: a journal holds no keys. @returns whether there is room for it */
  function admit(accessKeyId: string, end: number): boolean {
    if (mostOfOne === undefined) return true;
    const counts = counters.get(end) ?? new Uint32Array(COUNTERS);
    counters.set(end, counts);
    const at = createHash('sha256').update(accessKeyId).digest().readUInt16BE();
    if ((counts[at] as number) >= mostOfOne) return false;
    counts[at] = (counts[at] as number) + 1;
    return true;
  }

  return {
    async accept(accessKeyId, nonce, until) {
      const id = createHash('sha256').update(`${accessKeyId}\n${nonce}`).digest().subarray(0, NONCE_ID_BYTES);
      const high = id.readUInt32BE(0);
      const low = id.readUInt32BE(4);
      for (const set of groups.values()) if (set.has(high, low)) return 'used';
      const end = Math.ceil(until / groupMs) * groupMs;
      const known = groups.get(end);
      if (!known || size >= most) forget();
      if (size >= most || !admit(accessKeyId, end)) return 'full';
      const set = known ?? new NonceSet();
      groups.set(end, set);
      set.add(high, low);
      size++;
      await journal?.append(end, id);
      return 'fresh';
    },
  };
}
