import { crc64Combine } from '@sluice/wire';
import type { Database, QuarantineTable } from '../../db/schema.js';
import type { Clock, Log } from '../../runtime.js';
import type { GroupCommit } from '../catalog/group-commit.js';
import type { Extent } from '../catalog/manifest.js';
import { type PartRow, pageOfAllParts } from '../catalog/parts.js';
import {
  completeManifest,
  type DamagedBlob,
  nextManifest,
  objectsOfManifest,
  pageOfQuarantine,
  quarantineBlobs,
  quarantinePart,
  releaseFromQuarantine,
  type StoredManifest,
  settleQuarantinedPart,
} from '../catalog/quarantine.js';
import type { StorageEngine } from '../engine/engine.js';
import type { Leases } from '../leases.js';
import type { Strays } from '../strays.js';
import { sweepOrphans } from '../sweep.js';
import { type Looking, type Verdict, verifyBlob } from './verify-blob.js';

/** What a pass has seen so far. */
export interface ScrubTally {
  /** Blobs that were read, and their bytes. */
  blobs: number;
  bytes: number;
  /** Blobs that were newly found damaged. */
  damaged: number;
  /** Blobs that could not be read just now; nothing is concluded from that. */
  unreadable: number;
  /** Blobs that turned out whole after all. */
  healed: number;
  /** Blobs that nothing names; their space was given back. */
  orphans: number;
}

export const emptyTally = (): ScrubTally => ({ blobs: 0, bytes: 0, damaged: 0, unreadable: 0, healed: 0, orphans: 0 });

/** Where a pass stands: what comes next. */
export type ScrubPosition =
  /** `after` is done; of the manifest `within`, `index` blobs are done too. */
  | { readonly phase: 'objects'; readonly after: string; readonly within?: string; readonly index?: number }
  | { readonly phase: 'parts'; readonly uploadId: string; readonly partNumber: number }
  | { readonly phase: 'quarantined-parts'; readonly after: string }
  | { readonly phase: 'orphans' };

const PHASES: readonly ScrubPosition['phase'][] = ['objects', 'parts', 'quarantined-parts', 'orphans'];

export const FIRST: ScrubPosition = { phase: 'objects', after: '' };

export interface ScrubRooms {
  readonly db: Database;
  readonly engine: StorageEngine;
  readonly commits: GroupCommit;
  readonly leases: Leases;
  readonly strays: Strays;
  /** Called when blobs were handed to the garbage. */
  readonly wake: () => void;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Pass extends ScrubRooms, Looking {
  readonly tally: ScrubTally;
  /** Called before every blob; may wait, may throw to end the pass. */
  readonly step: (position: ScrubPosition) => Promise<void>;
}

/** This many blobs in a row that cannot be read: the storage is not there, and nothing is learnt by going on. */
const UNREADABLE_IN_A_ROW = 20;

export class StorageUnreadable extends Error {
  override readonly name = 'StorageUnreadable';
}

/**
 * Reads everything the catalog names, one blob after the other, and reclaims what it does not name. Goes on from
 * `position`; the tally is counted up while it runs.
 * @throws {StorageUnreadable} when the engine gives nothing any more, or the signal's reason
 */
export async function scrubPass(rooms: Pass, position: ScrubPosition): Promise<void> {
  const pass = guarded(rooms);
  const at = PHASES.indexOf(position.phase);
  if (position.phase === 'objects') await scrubObjects(pass, position);
  if (at <= 1) await scrubParts(pass, position.phase === 'parts' ? position : { uploadId: '', partNumber: 0 });
  if (at <= 2) await scrubQuarantinedParts(pass, position.phase === 'quarantined-parts' ? position.after : '');
  await pass.step({ phase: 'orphans' });
  pass.tally.orphans += await sweepOrphans(pass, pass.signal);
  pass.signal.throwIfAborted();
}

type Verify = (extent: Extent) => Promise<Verdict>;
type Guarded = Pass & { readonly verify: Verify };

/** Counts what is read, and ends the pass when nothing can be read any more. */
function guarded(pass: Pass): Guarded {
  let inARow = 0;
  const verify: Verify = async (extent) => {
    const verdict = await verifyBlob(pass, extent);
    pass.tally.blobs++;
    pass.tally.bytes += extent[1];
    if (verdict.kind !== 'unreadable') {
      inARow = 0;
      return verdict;
    }
    pass.tally.unreadable++;
    pass.log.warn({ err: verdict.error, blob: extent[0] }, 'a stored blob cannot be read');
    if (++inARow >= UNREADABLE_IN_A_ROW)
      throw new StorageUnreadable('the storage cannot be read', { cause: verdict.error });
    return verdict;
  };
  return { ...pass, verify };
}

async function scrubObjects(pass: Guarded, start: Extract<ScrubPosition, { phase: 'objects' }>): Promise<void> {
  let { after } = start;
  let skip = { within: start.within, index: start.index ?? 0 };
  for (;;) {
    // Held like a reader does: deleted meanwhile, its bytes stay until they are looked at.
    const { found: manifest, release } = await pass.leases.acquire(async () => {
      const found = await nextManifest(pass.db, after, 'after');
      return { found, blobs: (found?.extents ?? []).map(([blob]) => blob) };
    });
    if (!manifest) return release();
    try {
      const from = skip.within === manifest.objectId ? skip.index : 0;
      await scrubManifest(pass, manifest, from, after);
    } finally {
      release();
    }
    after = manifest.objectId;
    skip = { within: undefined, index: 0 };
  }
}

async function scrubManifest(pass: Guarded, manifest: StoredManifest, from: number, after: string): Promise<void> {
  const { extents, objectId } = manifest;
  const named = new Set(extents.map(([blob]) => blob));
  const gone = [...manifest.damaged].filter((blob) => !named.has(blob));
  if (gone.length > 0) {
    await pass.commits.commit((transaction) => releaseFromQuarantine(transaction, objectId, gone));
  }
  const complete = extents.every(([, , crc64]) => crc64 !== undefined);
  if (!complete) return scrubOldManifest(pass, manifest, after);
  for (const [index, extent] of extents.entries()) {
    if (index < from) continue;
    await pass.step({ phase: 'objects', after, within: objectId, index });
    const verdict = await pass.verify(extent);
    if (verdict.kind === 'damaged') await quarantine(pass, manifest, [{ extent, ...verdict.damage }]);
    else if (verdict.kind === 'sound') await heal(pass, manifest, [extent[0]]);
  }
}

/**
 * A manifest of an earlier release knows the sizes only. The CRC64 of the whole object tells whether its blobs are what they
 * were, though not which of them is not; when it fits, each gets its own.
 */
async function scrubOldManifest(pass: Guarded, manifest: StoredManifest, after: string): Promise<void> {
  const { extents, objectId } = manifest;
  const [object] = await objectsOfManifest(pass.db, objectId);
  const wrong: DamagedBlob[] = [];
  const sums: bigint[] = [];
  for (const extent of extents) {
    await pass.step({ phase: 'objects', after });
    const verdict = await pass.verify(extent);
    if (verdict.kind === 'unreadable') return;
    if (verdict.kind === 'damaged') wrong.push({ extent, ...verdict.damage });
    else sums.push(verdict.crc64);
  }
  if (wrong.length > 0) return quarantine(pass, manifest, wrong);
  if (!object) return;
  const whole = sums.reduce((crc, sum, i) => crc64Combine(crc, sum, extents[i]?.[1] ?? 0), 0n);
  if (whole !== BigInt(object.crc64)) {
    const changed = extents.map((extent, i) => ({
      extent,
      reason: 'changed' as const,
      found_size: extent[1],
      found_crc64: String(sums[i]),
    }));
    return quarantine(pass, manifest, changed);
  }
  const told = extents.map(([blob, size], i): Extent => [blob, size, String(sums[i])]);
  await pass.commits.commit((transaction) => completeManifest(transaction, manifest, told));
  await heal(
    pass,
    manifest,
    extents.map(([blob]) => blob),
  );
}

async function quarantine(pass: Pass, { objectId }: StoredManifest, blobs: readonly DamagedBlob[]): Promise<void> {
  const now = pass.clock.now();
  const fresh = await pass.commits.commit((transaction) => quarantineBlobs(transaction, objectId, blobs, now));
  if (fresh.length === 0) return;
  pass.tally.damaged += fresh.length;
  const objects = await objectsOfManifest(pass.db, objectId);
  for (const { extent, reason, found_size, found_crc64 } of fresh) {
    pass.log.error(
      {
        blob: extent[0],
        reason,
        recordedSize: extent[1],
        recordedCrc64: extent[2],
        foundSize: found_size,
        foundCrc64: found_crc64,
        objects: objects.slice(0, 10).map(({ bucket, object_key: key }) => ({ bucket, key })),
      },
      'stored bytes are damaged; the object is quarantined',
    );
  }
}

async function heal(pass: Pass, manifest: StoredManifest, sound: readonly string[]): Promise<void> {
  const blobs = sound.filter((blob) => manifest.damaged.has(blob));
  if (blobs.length === 0) return;
  const healed = await pass.commits.commit((transaction) =>
    releaseFromQuarantine(transaction, manifest.objectId, blobs),
  );
  pass.tally.healed += healed;
  if (healed > 0) pass.log.info({ blobs }, 'stored bytes are whole again and out of quarantine');
}

async function scrubParts(pass: Guarded, start: { uploadId: string; partNumber: number }): Promise<void> {
  let at = { upload_id: start.uploadId, part_number: start.partNumber };
  for (;;) {
    await pass.step({ phase: 'parts', uploadId: at.upload_id, partNumber: at.part_number });
    const { found: part, release } = await pass.leases.acquire(async () => {
      const [found] = await pageOfAllParts(pass.db, at, 1);
      return { found, blobs: found ? [found.blob] : [] };
    });
    if (!part) return release();
    try {
      const verdict = await pass.verify([part.blob, part.size, part.crc64]);
      if (verdict.kind === 'damaged') await takeOut(pass, part, verdict);
    } finally {
      release();
    }
    at = part;
  }
}

async function takeOut(pass: Pass, part: PartRow, { damage }: Extract<Verdict, { kind: 'damaged' }>): Promise<void> {
  const now = pass.clock.now();
  if (!(await pass.commits.commit((transaction) => quarantinePart(transaction, part, damage, now)))) return;
  pass.tally.damaged++;
  const { blob, upload_id: uploadId, part_number: partNumber } = part;
  pass.log.error(
    { blob, uploadId, partNumber, ...damage },
    'stored bytes of a part are damaged; it was taken out of its upload, so that the client sends it again',
  );
}

async function scrubQuarantinedParts(pass: Guarded, start: string): Promise<void> {
  for (let after = start; ; ) {
    const [row] = await pageOfQuarantine(pass.db, after, 1);
    if (!row) return;
    if (row.part !== null) {
      await pass.step({ phase: 'quarantined-parts', after });
      await settle(pass, row, JSON.parse(row.part) as PartRow);
    }
    after = row.blob;
  }
}

async function settle(pass: Guarded, row: QuarantineTable, part: PartRow): Promise<void> {
  const verdict = await pass.verify([part.blob, part.size, part.crc64]);
  const now = pass.clock.now();
  const outcome = await pass.commits.commit((transaction) =>
    settleQuarantinedPart(transaction, part, verdict.kind === 'sound', now),
  );
  if (outcome === 'discarded') pass.wake();
  if (outcome !== 'restored') return;
  pass.tally.healed++;
  pass.log.info({ blob: row.blob, uploadId: part.upload_id, partNumber: part.part_number }, 'a part is whole again');
}
