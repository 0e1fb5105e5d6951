import {
  closeSync,
  fdatasync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { syncDirectory } from '../data-directory.js';
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

const syncFile = promisify(fdatasync);

/** What a power cut may take with it, in milliseconds. */
const SYNC_MS = 1000;
/** A full disk is said once a minute, not with every call. */
const COMPLAIN_MS = 60_000;

/** @param name of the kind of nonces: several kinds share a directory */
export function nonceJournal(directory: string, name: string, log: Log): NonceJournal {
  const files = new Map<number, JournalFile>();
  let waiting = new Map<number, Uint8Array[]>();
  let next: Promise<void> | undefined;
  let syncing: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  /** A file was made since the directory was synced. */
  let made = false;
  let complainedAt = Number.NEGATIVE_INFINITY;

  const pathOf = (end: number): string => join(directory, `${name}-${end}`);
  const endOf = (file: string): number | undefined =>
    file.startsWith(`${name}-`) && /^\d{1,16}$/.test(file.slice(name.length + 1))
      ? Number(file.slice(name.length + 1))
      : undefined;

  function fileOf(end: number): JournalFile {
    const known = files.get(end);
    if (known) return known;
    const file = openFile(pathOf(end));
    files.set(end, file);
    made = true;
    return file;
  }

  /** All that came in during one turn, with one write for each group. Into memory of the system, so it does not wait for a disk. */
  function write(): void {
    next = undefined;
    const batch = waiting;
    waiting = new Map();
    try {
      for (const [end, ids] of batch) extend(fileOf(end), Buffer.concat(ids));
      timer ??= setTimeout(() => void sync(), SYNC_MS).unref();
    } catch (error) {
      complain(error);
    }
  }

  function sync(): Promise<void> {
    timer = undefined;
    syncing = Promise.all([...[...files.values()].map(({ descriptor }) => syncFile(descriptor)), syncNames()])
      .catch(complain)
      .then(() => {});
    return syncing;
  }

  /** What is on disk under no name is not there. */
  async function syncNames(): Promise<void> {
    if (!made) return;
    made = false;
    try {
      // The directory may be new itself.
      for (const each of [directory, dirname(directory)]) await syncDirectory(each);
    } catch (error) {
      made = true;
      throw error;
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
      next ??= new Promise<void>((resolve) => {
        setImmediate(() => {
          write();
          resolve();
        });
      });
      return next;
    },
    drop(end) {
      const file = files.get(end);
      files.delete(end);
      rmSync(pathOf(end), { force: true });
      // A sync may be under way, and the next file must not get its descriptor meanwhile.
      void (syncing ?? Promise.resolve()).then(() => file && closeSync(file.descriptor));
    },
    async stop() {
      write();
      clearTimeout(timer);
      await syncing;
      await sync();
      for (const { descriptor } of files.values()) closeSync(descriptor);
      files.clear();
    },
  };
}

interface JournalFile {
  readonly descriptor: number;
  /** Bytes of whole records. */
  length: number;
}

function openFile(path: string): JournalFile {
  const descriptor = openSync(path, 'a', 0o600);
  return { descriptor, length: statSync(path).size };
}

/** All of it or nothing: what comes after a part of a record would be out of step. */
function extend(file: JournalFile, bytes: Buffer): void {
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(file.descriptor, bytes, written);
    file.length += bytes.length;
  } catch (error) {
    if (written > 0) ftruncateSync(file.descriptor, file.length);
    throw error;
  }
}

/** A process that was killed may have left a part of a record: what comes after it would be out of step. */
function whole(file: string): Buffer {
  const bytes = readFileSync(file);
  const length = bytes.length - (bytes.length % NONCE_ID_BYTES);
  if (length !== bytes.length) truncateSync(file, length);
  return bytes.subarray(0, length);
}
