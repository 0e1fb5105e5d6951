import { earlierWritersOver } from '../db/earlier-writers.js';
import type { Database } from '../db/schema.js';
import type { Log } from '../runtime.js';
import { pageOfGarbage } from './catalog/garbage.js';
import { pageOfManifests } from './catalog/manifest.js';
import { pageOfAllParts } from './catalog/parts.js';
import { pageOfQuarantine } from './catalog/quarantine.js';
import type { StorageEngine } from './engine/engine.js';
import type { Strays } from './strays.js';

/** What names blobs. */
const TABLES = ['parts', 'manifests', 'garbage', 'quarantine'];
const ROWS_AT_ONCE = 1000;
/** Blobs judged in one pass over the catalog; bounds the memory of a sweep to some ten MB. */
const BLOBS_AT_ONCE = 100_000;

export interface SweepRooms {
  readonly db: Database;
  readonly engine: StorageEngine;
  readonly strays: Strays;
  readonly log: Log;
}

/**
 * Deletes blobs that an earlier run of the server wrote but did not live to record, and strays of this one. Runs beside
 * requests: other blobs of this run are not looked at.
 * @returns how many were deleted
 */
export async function sweepOrphans(rooms: SweepRooms, signal: AbortSignal): Promise<number> {
  let deleted = await sweepStrays(rooms, signal);
  let suspects = new Set<string>();
  for await (const blob of rooms.engine.listEarlier()) {
    if (signal.aborted) return deleted;
    suspects.add(blob);
    if (suspects.size < BLOBS_AT_ONCE) continue;
    deleted += await judge(rooms, suspects, signal);
    suspects = new Set();
  }
  if (suspects.size > 0) deleted += await judge(rooms, suspects, signal);
  if (deleted > 0) rooms.log.info({ blobs: deleted }, 'reclaimed blobs that nothing names');
  return deleted;
}

/** The strays alone: few, and known by name. @returns how many were deleted */
export async function sweepStrays(rooms: SweepRooms, signal: AbortSignal): Promise<number> {
  const strays = rooms.strays.list();
  if (strays.length === 0) return 0;
  const deleted = await judge(rooms, new Set(strays), signal);
  if (!signal.aborted) for (const blob of strays) rooms.strays.settled(blob);
  return deleted;
}

/** Deletes those of the suspects that no row names. */
async function judge({ db, engine }: SweepRooms, suspects: Set<string>, signal: AbortSignal): Promise<number> {
  // The commit that names one may be under way still, though the connection or the process that asked for it is gone.
  await earlierWritersOver(db, TABLES, signal);
  await dropNamed(db, suspects, signal);
  let deleted = 0;
  for (const blob of suspects) {
    if (signal.aborted) break;
    await engine.delete(blob);
    deleted++;
  }
  return deleted;
}

/**
 * Takes out what a row names. A blob only ever moves from parts to manifests to garbage, so the tables are read in that
 * order: one that moves meanwhile is met on at least one side. Parts go into quarantine and may come back, or become garbage:
 * it is read on both sides.
 */
async function dropNamed(db: Database, suspects: Set<string>, signal: AbortSignal): Promise<void> {
  await dropQuarantined(db, suspects, signal);
  let part = { upload_id: '', part_number: 0 };
  for (;;) {
    const page = await pageOfAllParts(db, part, ROWS_AT_ONCE);
    for (const { blob } of page) suspects.delete(blob);
    const last = page.at(-1);
    if (last === undefined || signal.aborted) break;
    part = last;
  }
  let manifest = '';
  for (;;) {
    const page = await pageOfManifests(db, manifest, ROWS_AT_ONCE);
    for (const { blobs } of page) for (const blob of blobs) suspects.delete(blob);
    const last = page.at(-1);
    if (last === undefined || signal.aborted) break;
    manifest = last.objectId;
  }
  await dropQuarantined(db, suspects, signal);
  let garbage = '';
  for (;;) {
    const page = await pageOfGarbage(db, garbage, ROWS_AT_ONCE);
    for (const blob of page) suspects.delete(blob);
    const last = page.at(-1);
    if (last === undefined || signal.aborted) break;
    garbage = last;
  }
}

async function dropQuarantined(db: Database, suspects: Set<string>, signal: AbortSignal): Promise<void> {
  for (let after = ''; ; ) {
    const page = await pageOfQuarantine(db, after, ROWS_AT_ONCE);
    for (const { blob } of page) suspects.delete(blob);
    const last = page.at(-1);
    if (last === undefined || signal.aborted) return;
    after = last.blob;
  }
}
