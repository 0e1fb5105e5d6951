import { mkdir, open, stat, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { Random } from '../../../runtime.js';
import {
  BlobMissing,
  BodyTooLong,
  type ByteRange,
  EngineFull,
  type PutOptions,
  type StorageEngine,
  type StoredBlob,
} from '../engine.js';
import { gather } from '../gather.js';
import { BlobIntake, type IntakeRooms } from './blob-intake.js';
import { BlobNames, blobPath } from './blob-names.js';
import { DirectorySync } from './directory-sync.js';
import { IngestMemory } from './ingest-memory.js';
import { IntakeThreads } from './intake/intake-threads.js';
import { Slabs } from './intake/slabs.js';
import { listBlobs } from './list-blobs.js';
import { removeFile } from './remove-file.js';
import { Shelves } from './shelves.js';

/** 10 MiB: what all bodies together may have under way between memory and disk. */
const SLABS = 10;
const SLAB_BYTES = 1024 * 1024;
const READ_BYTES = 256 * 1024;

/**
 * Opens (or creates) blob storage in a directory.
 *
 * A blob is one file, made under its final random name (`O_EXCL`) rather than renamed into place: the name is known to
 * nobody until the catalog commits it, so a rename would hide nothing and cost another directory operation. What a crash
 * leaves under such a name is an orphan, which the sweep at start finds (see {@link StorageEngine.listEarlier}).
 *
 * Durable means: the file's data and size (`fdatasync`), and its directory entry (`fsync` of the shelf).
 */
export async function openDiskEngine(options: { directory: string; random: Random }): Promise<StorageEngine> {
  const root = options.directory;
  const names = new BlobNames(options.random);
  const slabs = new Slabs(SLABS, SLAB_BYTES);
  const rooms: IntakeRooms = { slabs, threads: new IntakeThreads(slabs) };
  const memory = new IngestMemory();
  const directories = new DirectorySync();
  const topmost = await mkdir(root, { recursive: true });
  for (let made = resolve(root); topmost !== undefined; made = dirname(made)) {
    await directories.sync(dirname(made));
    if (made === resolve(topmost)) break;
  }
  const shelves = new Shelves(root, directories);

  const pathOf = (blob: string) => {
    const path = blobPath(root, blob);
    if (!path) throw new TypeError('not a blob id of the disk engine');
    return path;
  };

  async function put(body: Readable, { maxBytes, signal, verify }: PutOptions): Promise<StoredBlob> {
    const blob = names.next();
    const path = pathOf(blob);
    // Nothing may be awaited before `gather` listens: a sender that goes away meanwhile would be missed.
    const intake = new BlobIntake(rooms, path.file, shelves.ensure(path));
    memory.enter();
    try {
      let received = 0;
      await gather(body, {
        gatherBytes: memory.share,
        signal,
        onChunk: (chunk) => {
          received += chunk.length;
          if (received > maxBytes) throw new BodyTooLong('the body is too long');
        },
        write: (chunks, _, last) => intake.take(chunks, last),
      });
      const sums = await intake.sums();
      verify?.(sums);
      // At the same time: on a journalling file system both wait for the same commit. The file is in its directory since
      // its first write at the latest, and `sums` has waited for that.
      await Promise.all([intake.finish(), directories.sync(path.shelf)]);
      return { blob, ...sums };
    } catch (error) {
      // A file that cannot even be removed is an orphan; the first error is the one to tell.
      await intake.abandon().catch(() => {});
      throw isFull(error) ? new EngineFull('no space left on the storage device', { cause: error }) : error;
    } finally {
      memory.leave();
    }
  }

  async function read(blob: string, range: ByteRange): Promise<Readable> {
    const file = await open(pathOf(blob).file, 'r').catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'ENOENT' ? new BlobMissing(error.message, { cause: error }) : error;
    });
    return file.createReadStream({ start: range.start, end: range.end, highWaterMark: READ_BYTES, autoClose: true });
  }

  return {
    put,
    read,
    size: (blob) => sizeOf(pathOf(blob).file),
    delete: (blob) => removeFile(pathOf(blob).file),
    async *listEarlier() {
      for await (const blob of listBlobs(root)) if (!names.isOfThisRun(blob)) yield blob;
    },
    async freeBytes() {
      const { bavail, bsize } = await statfs(root);
      return bavail * bsize;
    },
  };
}

async function sizeOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '');
}
