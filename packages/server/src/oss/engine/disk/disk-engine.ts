import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, stat, statfs, unlink } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { Random } from '../../../runtime.js';
import { createBodyHash } from '../body-hash.js';
import { Crc64Pool } from '../crc64-pool.js';
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
import { BlobNames, blobPath } from './blob-names.js';
import { DirectorySync } from './directory-sync.js';
import { listBlobs } from './list-blobs.js';
import { Shelves } from './shelves.js';
import { writeAll } from './write-all.js';

/** Two of these are held per body at most (reference perf 2: about 1 MiB is where gathering stops to gain). */
const GATHER_BYTES = 1024 * 1024;
const READ_BYTES = 256 * 1024;

/**
 * Opens (or creates) blob storage in a directory.
 *
 * A blob is one file, made under its final random name (`O_EXCL`) rather than renamed into place: the name is known to
 * nobody until the catalog commits it, so a rename would hide nothing and cost another directory operation. What a crash
 * leaves under such a name is an orphan, which the sweep at start finds (see {@link StorageEngine.listEarlier}).
 *
 * Durable means, in this order: the file's data and size (`fdatasync`), then its directory entry (`fsync` of the shelf; on a
 * journalling file system the first has usually carried the second along).
 */
export async function openDiskEngine(options: { directory: string; random: Random }): Promise<StorageEngine> {
  const root = options.directory;
  const names = new BlobNames(options.random);
  const crcs = new Crc64Pool();
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
    // Nothing may be awaited between a body's arrival and its first listener unless the body is paused: a sender that
    // goes away meanwhile would be missed. IncomingMessage does not flow before `gather` listens, and `gather` looks.
    const hash = await createBodyHash(crcs);
    let file: FileHandle | undefined;
    try {
      await shelves.ensure(path);
      const handle = await open(path.file, 'wx', 0o600);
      file = handle;
      let received = 0;
      let written = 0;
      await gather(body, {
        gatherBytes: GATHER_BYTES,
        signal,
        onChunk: (chunk) => {
          received += chunk.length;
          if (received > maxBytes) throw new BodyTooLong('the body is too long');
          hash.update(chunk);
        },
        write: async (chunks, bytes) => {
          await writeAll(handle, chunks, written);
          written += bytes;
        },
      });
      const sums = hash.sums();
      verify?.(sums);
      await handle.datasync();
      await handle.close();
      file = undefined;
      await directories.sync(path.shelf);
      return { blob, ...sums };
    } catch (error) {
      await file?.close().catch(() => {});
      // A file that cannot even be removed is an orphan; the first error is the one to tell.
      await remove(path.file).catch(() => {});
      throw isFull(error) ? new EngineFull('no space left on the storage device', { cause: error }) : error;
    } finally {
      hash.close();
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
    delete: (blob) => remove(pathOf(blob).file),
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

async function remove(file: string): Promise<void> {
  try {
    await unlink(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '');
}
