import type { Policy } from '@sluice/policy';
import type { KeyRing } from '../keys/key-ring.js';
import type { IdentityStore } from '../ram/identity-store.js';
import type { Random } from '../runtime.js';

/** What every operation that issues sessions needs. */
export interface StsParts {
  readonly store: IdentityStore;
  readonly ring: KeyRing;
  readonly random: Random;
  readonly parseTrust: (document: string) => Policy;
  /** Shortest session, seconds; 900 unless lowered to test expiry. */
  readonly minDuration: number;
  /** Calls a second for one account, each operation by itself. */
  readonly perSecond: number;
  /** Calls a second for one caller; absent: as many as its account may. */
  readonly principalPerSecond?: number | undefined;
}
