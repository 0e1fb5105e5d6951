import { join } from 'node:path';
import type { Database } from '../db/schema.js';
import { type KeyKeeper, keyKeeper } from '../keys/key-keeper.js';
import { KeyRingUnusable, readKeyRing } from '../keys/key-ring-file.js';
import { serverLog } from '../log.js';
import { systemClock, systemRandom } from '../runtime-system.js';
import { LONGEST_TOKEN_MS } from '../sts/sealed-token.js';
import { headFileOf } from './head-file.js';
import { reopenTrail } from './open-trail.js';
import type { AuditTrail } from './trail.js';

/** Whose database is held by this process, so that nobody else writes to its trail. */
export interface Stopped {
  readonly db: Database;
  /** The data directory. */
  readonly data: string;
  readonly accountId: string;
}

/** The keys of a stopped server, and its trail, which is sealed with them, also after a rotation. */
export interface StoppedTrail {
  readonly keeper: KeyKeeper;
  readonly audit: AuditTrail;
}

/**
 * Goes on with the trail of a server that does not run, as its next start would: what is wrong with its end is recorded first.
 * @throws {KeyRingUnusable}
 */
export async function withStoppedTrail<Result>(
  { db, data, accountId }: Stopped,
  use: (trail: StoppedTrail) => Promise<Result>,
): Promise<Result> {
  const file = join(data, 'keyring.json');
  const found = await readKeyRing(file);
  if (!found) throw new KeyRingUnusable(`the key ring ${file} is missing; restore it from a backup`);
  const [clock, random, log] = [systemClock, systemRandom, serverLog('silent')];
  const keeper = keyKeeper(found, { file, clock, random, longestTokenMs: LONGEST_TOKEN_MS });
  const audit = await reopenTrail({ db, ring: keeper.ring, clock, log, accountId, headFile: headFileOf(data) });
  try {
    return await use({ keeper, audit });
  } finally {
    await audit.close();
  }
}
