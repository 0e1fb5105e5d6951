import type { Clock, Random } from '../runtime.js';
import { type KeyRing, keyRing, type MasterKey, newMasterKey } from './key-ring.js';
import { KeyRingUnusable, writeKeyRing } from './key-ring-file.js';

/** What may be told of a key. */
export interface KeyState {
  readonly id: number;
  readonly createdAt: number;
  readonly current: boolean;
  /**
   * When no token sealed under it can live any more; `undefined` for the current one. What is sealed at rest is sealed anew
   * before the key goes.
   */
  readonly retiresAt: number | undefined;
}

/** The keys of a running server: rotation changes the ring that everybody holds. */
export interface KeyKeeper {
  readonly ring: KeyRing;
  list(): readonly KeyState[];
  /** Adds a key and makes it the current one; it is on disk before anything is sealed under it. */
  rotate(): Promise<KeyState>;
  /**
   * Forgets the keys that no living token was sealed under.
   * @param needed ids that something at rest is still sealed under; they stay
   * @returns the ids that went
   */
  retire(needed: ReadonlySet<number>): Promise<readonly number[]>;
}

export interface KeyKeeperParts {
  readonly file: string;
  readonly clock: Clock;
  readonly random: Random;
  /** How long a token can live, milliseconds. */
  readonly longestTokenMs: number;
}

const MAX_ID = 0xffffffff;

export function keyKeeper(first: KeyRing, { file, clock, random, longestTokenMs }: KeyKeeperParts): KeyKeeper {
  let now = first;
  // One change at a time: each is read, written and only then in force.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(change: () => Promise<T>): Promise<T> => {
    const mine = last.then(change);
    last = mine.catch(() => {});
    return mine;
  };
  const ring: KeyRing = {
    get current() {
      return now.current;
    },
    get keys() {
      return now.keys;
    },
    find: (id) => now.find(id),
  };

  async function replace(keys: readonly MasterKey[]): Promise<void> {
    const next = keyRing(keys);
    await writeKeyRing(file, next);
    now = next;
  }

  const list = (): readonly KeyState[] => keyStates(now, longestTokenMs);

  return {
    ring,
    list,
    rotate: () =>
      inTurn(async () => {
        const id = now.current.id + 1;
        if (id > MAX_ID) throw new KeyRingUnusable('the key ring has no number left for another key');
        await replace([...now.keys, newMasterKey(id, clock, random)]);
        return list()[0] as KeyState;
      }),
    retire: (needed) =>
      inTurn(async () => {
        const over = ({ id, retiresAt }: KeyState) =>
          retiresAt !== undefined && retiresAt <= clock.now() && !needed.has(id);
        const gone = new Set(
          list()
            .filter(over)
            .map(({ id }) => id),
        );
        if (gone.size > 0) await replace(now.keys.filter(({ id }) => !gone.has(id)));
        return [...gone];
      }),
  };
}

/** Newest first. A key retires when its successor is as old as a token can become. */
export function keyStates(ring: KeyRing, longestTokenMs: number): readonly KeyState[] {
  return ring.keys.map(({ id, createdAt }, i) => {
    const successor = ring.keys[i - 1];
    return {
      id,
      createdAt,
      current: i === 0,
      retiresAt: successor === undefined ? undefined : successor.createdAt + longestTokenMs,
    };
  });
}
