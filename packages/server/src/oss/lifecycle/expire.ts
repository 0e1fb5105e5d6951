import { ossEntryOfServer } from '../../audit/oss-entry.js';
import type { AuditTrail } from '../../audit/trail.js';
import type { Database } from '../../db/schema.js';
import type { Log } from '../../runtime.js';
import { findSetting, settingsNamed } from '../catalog/buckets.js';
import type { Commits } from '../catalog/group-commit.js';
import { findObject, pageOfObjects, removeObject } from '../catalog/objects.js';
import { lastPartAt } from '../catalog/parts.js';
import { findUpload, pageOfUploads, removeUpload, type UploadPlace } from '../catalog/uploads.js';
import type { ObjectEvents } from '../object-events.js';
import { readRules } from './find-rules.js';
import {
  abortsUploads,
  expiresObjects,
  type LifecycleRule,
  objectExpiry,
  prefixesOf,
  uploadExpiry,
} from './lifecycle-rules.js';

export interface ExpireRooms {
  readonly db: Database;
  readonly commits: Commits;
  /** Absent: nothing is recorded. */
  readonly audit?: AuditTrail | undefined;
  readonly objectEvents: ObjectEvents;
  /** Called after something was deleted. */
  readonly reaper: { wake(): void };
  readonly log: Log;
}

export interface ExpirePass {
  readonly now: number;
  /** Uploads that no rule is about are given up when nothing was sent for so long, ms. Absent: never. */
  readonly abandonedMs?: number | undefined;
  readonly signal: AbortSignal;
}

export interface Expired {
  objects: number;
  uploads: number;
}

const ROWS_AT_ONCE = 1000;
/** Blobs that one transaction lets go; a Complete of others waits for it. */
const BLOBS_AT_ONCE = 1000;
const OBJECTS_AT_ONCE = 100;

/**
 * Carries out the lifecycle rules of all buckets once. It keeps nothing between passes: one that a stop cut short is made up
 * for by the next. Works in short transactions, and asks in each whether the rules are still the same ones.
 */
export async function expire(rooms: ExpireRooms, pass: ExpirePass): Promise<Expired> {
  const done: Expired = { objects: 0, uploads: 0 };
  const settings = await settingsNamed(rooms.db, 'lifecycle');
  for (const { bucket, value } of settings) {
    const rules = readRules(value);
    for (const prefix of prefixesOf(rules, expiresObjects)) {
      await expireObjects(rooms, pass, { bucket, value, rules, prefix }, done);
    }
  }
  const rulesOf = new Map(settings.map(({ bucket, value }) => [bucket, { value, rules: readRules(value) }]));
  const aborting = [...rulesOf.values()].some(({ rules }) => rules.some((rule) => rule.enabled && abortsUploads(rule)));
  if (aborting || pass.abandonedMs !== undefined) await expireUploads(rooms, pass, rulesOf, done);
  if (done.objects + done.uploads > 0) rooms.log.info({ ...done }, 'expired by lifecycle');
  return done;
}

interface Scope {
  readonly bucket: string;
  /** The setting as it was read. */
  readonly value: string;
  readonly rules: readonly LifecycleRule[];
  readonly prefix: string;
}

type Seen = Awaited<ReturnType<typeof pageOfObjects>>[number];

async function expireObjects(rooms: ExpireRooms, pass: ExpirePass, scope: Scope, done: Expired): Promise<void> {
  const { bucket, rules, prefix } = scope;
  for (let after: string | undefined; !pass.signal.aborted; ) {
    const page = await pageOfObjects(rooms.db, bucket, { from: prefix, after }, ROWS_AT_ONCE);
    const under = page.filter(({ object_key }) => object_key.startsWith(prefix));
    const due = under.filter((row) => isDue(rules, row, pass.now));
    for (const batch of batchesOf(due)) {
      if (pass.signal.aborted) return;
      if (!(await removeAll(rooms, pass, scope, batch, done))) return;
    }
    if (page.length < ROWS_AT_ONCE || under.length < page.length) return;
    after = page.at(-1)?.object_key;
    // Other requests are let in between.
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

function isDue(rules: readonly LifecycleRule[], row: Pick<Seen, 'object_key' | 'tags' | 'last_modified'>, now: number) {
  const expiry = objectExpiry(rules, { key: row.object_key, tags: row.tags, modified: row.last_modified });
  return expiry !== undefined && expiry.at <= now;
}

/** An object of many parts has many blobs; its ETag says how many. */
function* batchesOf(rows: readonly Seen[]): Iterable<readonly Seen[]> {
  let batch: Seen[] = [];
  let blobs = 0;
  for (const row of rows) {
    const own = Number(/-(\d{1,5})$/.exec(row.etag)?.[1] ?? 1);
    if (batch.length > 0 && (batch.length >= OBJECTS_AT_ONCE || blobs + own > BLOBS_AT_ONCE)) {
      yield batch;
      batch = [];
      blobs = 0;
    }
    batch.push(row);
    blobs += own;
  }
  if (batch.length > 0) yield batch;
}

/** @returns false when the rules were changed meanwhile: then nothing more is removed by the old ones */
async function removeAll(
  { commits, audit, objectEvents, reaper, log }: ExpireRooms,
  { now }: ExpirePass,
  { bucket, value, rules }: Scope,
  batch: readonly Seen[],
  done: Expired,
): Promise<boolean> {
  let keys: string[] = [];
  const recording = audit?.begin(() =>
    keys.length === 0
      ? undefined
      : ossEntryOfServer({ action: 'lifecycle:DeleteObjects', at: now, bucket, keys }, audit.accountId),
  );
  try {
    const removed = await commits.commit(async (transaction) => {
      keys = [];
      if ((await findSetting(transaction, bucket, 'lifecycle')) !== value) return undefined;
      for (const { object_key: key, object_id } of batch) {
        const row = await findObject(transaction, { bucket, key });
        // Overwritten, appended to or tagged since it was seen.
        if (row?.object_id !== object_id || !isDue(rules, row, now)) continue;
        await removeObject(transaction, { bucket, key }, now);
        await objectEvents.removed(transaction, { bucket, key, what: 'object' });
        keys.push(key);
      }
      return keys.length;
    }, recording);
    if (removed === undefined) return false;
    done.objects += removed;
    reaper.wake();
  } catch (error) {
    log.error({ err: error, bucket }, 'expired objects could not be deleted; the next pass tries again');
  }
  return true;
}

type RulesOf = ReadonlyMap<string, { readonly value: string; readonly rules: readonly LifecycleRule[] }>;

async function expireUploads(rooms: ExpireRooms, pass: ExpirePass, rulesOf: RulesOf, done: Expired): Promise<void> {
  for (let after: UploadPlace | undefined; !pass.signal.aborted; ) {
    const page = await pageOfUploads(rooms.db, after, ROWS_AT_ONCE);
    for (const upload of page) {
      if (pass.signal.aborted) return;
      const ruled = rulesOf.get(upload.bucket);
      const expiry = ruled && uploadExpiry(ruled.rules, { key: upload.object_key, initiated: upload.initiated_at });
      if (expiry && expiry.at <= pass.now) await removeOne(rooms, pass, upload, ruled.value, done);
      else if (!expiry && (await isAbandoned(rooms.db, pass, upload))) {
        await removeOne(rooms, pass, upload, ruled?.value, done);
      }
    }
    after = page.at(-1);
    if (page.length < ROWS_AT_ONCE) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

/** An upload that goes on slowly is none: the last part counts, and not the beginning. */
async function isAbandoned(db: Database, { now, abandonedMs }: ExpirePass, upload: UploadPlace): Promise<boolean> {
  if (abandonedMs === undefined || upload.initiated_at + abandonedMs > now) return false;
  const last = await lastPartAt(db, upload.upload_id);
  return last === undefined || last + abandonedMs <= now;
}

async function removeOne(
  { commits, audit, objectEvents, reaper, log }: ExpireRooms,
  { now }: ExpirePass,
  { bucket, object_key: key, upload_id: uploadId }: UploadPlace,
  value: string | undefined,
  done: Expired,
): Promise<void> {
  let gone = false;
  const recording = audit?.begin(() =>
    gone
      ? ossEntryOfServer({ action: 'lifecycle:AbortUpload', at: now, bucket, key, uploadId }, audit.accountId)
      : undefined,
  );
  try {
    const removed = await commits.commit(async (transaction) => {
      gone = false;
      if ((await findSetting(transaction, bucket, 'lifecycle')) !== value) return false;
      if (!(await findUpload(transaction, { bucket, key, uploadId }))) return false;
      await removeUpload(transaction, uploadId, now);
      await objectEvents.removed(transaction, { bucket, key, what: 'upload' });
      gone = true;
      return true;
    }, recording);
    if (removed) done.uploads++;
    reaper.wake();
  } catch (error) {
    log.error({ err: error, bucket, uploadId }, 'an expired upload could not be ended; the next pass tries again');
  }
}
