import type { AuditTrail } from '../audit/trail.js';
import type { Database } from '../db/schema.js';
import type { KeyRing } from '../keys/key-ring.js';
import type { Clock, Log, Random } from '../runtime.js';
import type { UploadCallbacks } from './callback/upload-callbacks.js';
import type { Commits } from './catalog/group-commit.js';
import type { StorageEngine } from './engine/engine.js';
import type { Leases } from './leases.js';
import type { LifecycleFinder } from './lifecycle/find-rules.js';
import type { OssLimits } from './limits.js';
import type { ObjectEvents } from './object-events.js';
import type { Metronome } from './pace.js';
import type { Reaper } from './reaper.js';
import type { Strays } from './strays.js';

/** What operations work with. */
export interface DataPlane {
  readonly db: Database;
  readonly commits: Commits;
  /** Absent: nothing is recorded. */
  readonly audit?: AuditTrail | undefined;
  readonly engine: StorageEngine;
  readonly leases: Leases;
  readonly reaper: Reaper;
  readonly strays: Strays;
  readonly objectEvents: ObjectEvents;
  readonly ring: KeyRing;
  /** Region of the buckets that are created: `cn-shanghai`. */
  readonly region: string;
  /** Buckets that the server itself needs, and that are never deleted. */
  readonly keptBuckets: ReadonlySet<string>;
  readonly lifecycleOf: LifecycleFinder;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly limits: OssLimits;
  readonly metronome?: Metronome;
  /** Absent: uploaders cannot have their application told. */
  readonly callbacks?: UploadCallbacks;
}
