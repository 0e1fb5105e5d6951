import { hash, verify } from '@node-rs/argon2';
import type { Random } from '../../runtime.js';
import { base62 } from '../../sts/sealed-token.js';

/** More passwords wait to be hashed than may. The caller is to come again. */
export class HashingBusy extends Error {
  override readonly name = 'HashingBusy';
}

/** Argon2id. Every call takes its turn, so that a flood of passwords takes no more memory and threads than a few do. */
export interface PasswordHashing {
  /** @throws {HashingBusy} */
  hash(password: string): Promise<string>;
  /**
   * @param stored `undefined`: false, after as long as it takes to find a password wrong
   * @throws {HashingBusy}
   */
  verify(stored: string | undefined, password: string): Promise<boolean>;
}

export interface PasswordHashingOptions {
  readonly random: Random;
  /** KiB that one hash takes; default 19456 (OWASP's figure for two passes). */
  readonly memoryKiB?: number;
  /** Hashes under way; default 2, of the four threads that files share too. */
  readonly atOnce?: number;
  /** Calls that may wait for their turn; default 64. */
  readonly waiting?: number;
}

export function passwordHashing(options: PasswordHashingOptions): PasswordHashing {
  const { memoryKiB = 19_456, atOnce = 2, waiting = 64 } = options;
  const cost = { memoryCost: memoryKiB, timeCost: 2, parallelism: 1 };
  const queue: (() => void)[] = [];
  let running = 0;

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (running >= atOnce) {
      if (queue.length >= waiting) throw new HashingBusy('too many passwords are being checked');
      // Whoever ends hands on its place, so that nobody who comes later slips in between.
      await new Promise<void>((resolve) => queue.push(resolve));
    } else running++;
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next) next();
      else running--;
    }
  }

  // Nobody knows this password; made ahead, so that the first stranger waits no longer than the others.
  const nobodys = hash(base62(options.random.bytes(24)), cost);
  nobodys.catch(() => {});

  const plain = (password: string): string => password.normalize('NFC');
  return {
    hash: (password) => inTurn(() => hash(plain(password), cost)),
    verify: (stored, password) =>
      inTurn(async () => {
        const right = await verify(stored ?? (await nobodys), plain(password));
        return right && stored !== undefined;
      }),
  };
}
