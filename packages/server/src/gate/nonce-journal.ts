import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../runtime.js';
import { NONCE_ID_BYTES } from './nonce-set.js';

/** Nonces on disk: one file for each group, records of eight bytes, removed when the group is over. ADR 20. */
export interface NonceJournal {
  /** Groups that are not over, by their end. Removes the files of those that are. Once, before the first append. */
  load(now: number): ReadonlyMap<number, Buffer>;
  /**
   * Resolves when the record would survive the end of the process. A disk that refuses is logged, and does not refuse the
   * call: the nonce is in memory still.
   */
  append(end: number, id: Uint8Array): Promise<void>;
  drop(end: number): void;
  /** Writes through and closes. */
  stop(): Promise<void>;
}

/** What a power cut may take with it, in milliseconds. */
const SYNC_MS = 1000;
/** A full disk is said once a minute, not with every call. */
const COMPLAIN_MS = 60_000;

/** @param name of the kind of nonces: several kinds share a directory */
export function nonceJournal(directory: string, name: string, log: Log): NonceJournal {
  const files = new Map<number, FileHandle>();
  const dropped: number[] = [];
  let waiting = new Map<number, Uint8Array[]>();
  let last: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  let syncing: NodeJS.Timeout | undefined;
  let complainedAt = Number.NEGATIVE_INFINITY;

  const fileOf = (end: number): string => join(directory, `${name}-${end}`);
  const endOf = (file: string): number | undefined =>
    file.startsWith(`${name}-`) && /^\d{1,16}$/.test(file.slice(name.length + 1))
      ? Number(file.slice(name.length + 1))
      : undefined;

  async function handleOf(end: number): Promise<FileHandle> {
    const file = files.get(end) ?? (await open(fileOf(end), 'a', 0o600));
    files.set(end, file);
    return file;
  }

  function inTurn(step: () => Promise<void>): Promise<void> {
    last = last.then(step);
    return last;
  }

  /** All that came in while the one before was written, with one write for each group. */
  async function write(): Promise<void> {
    next = undefined;
    const batch = waiting;
    waiting = new Map();
    try {
      for (const [end, ids] of batch) await (await handleOf(end)).appendFile(Buffer.concat(ids));
      for (const end of dropped.splice(0)) {
        await files.get(end)?.close();
        files.delete(end);
        await rm(fileOf(end), { force: true });
      }
      syncing ??= setTimeout(() => inTurn(sync), SYNC_MS).unref();
    } catch (error) {
      complain(error);
    }
  }

  async function sync(): Promise<void> {
    syncing = undefined;
    try {
      for (const file of files.values()) await file.datasync();
    } catch (error) {
      complain(error);
    }
  }

  function complain(error: unknown): void {
    if (performance.now() - complainedAt < COMPLAIN_MS) return;
    complainedAt = performance.now();
    log.error(
      { error: String(error) },
      'used nonces cannot be written down: after a restart, signed calls of the last minutes could be sent again',
    );
  }

  return {
    load(now) {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      const groups = new Map<number, Buffer>();
      for (const file of readdirSync(directory)) {
        const end = endOf(file);
        if (end === undefined) continue;
        if (end < now) rmSync(join(directory, file), { force: true });
        else groups.set(end, whole(join(directory, file)));
      }
      return groups;
    },
    append(end, id) {
      const ids = waiting.get(end);
      if (ids) ids.push(id);
      else waiting.set(end, [id]);
      next ??= inTurn(write);
      return next;
    },
    drop: (end) => void dropped.push(end),
    async stop() {
      clearTimeout(syncing);
      void inTurn(write);
      await inTurn(sync);
      clearTimeout(syncing);
      for (const file of files.values()) await file.close();
      files.clear();
    },
  };
}

/** A process that was killed may have left a part of a record: what comes after it would be out of step. */
function whole(file: string): Buffer {
  const bytes = readFileSync(file);
  const length = bytes.length - (bytes.length % NONCE_ID_BYTES);
  if (length !== bytes.length) truncateSync(file, length);
  return bytes.subarray(0, length);
}
