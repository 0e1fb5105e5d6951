import { createHash } from 'node:crypto';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import type { ServerProcess } from '../server.js';
import { smallFileBytes, smallFileName } from './small-files.js';

/**
 * Compares the index of the server with the small files that were made: each has arrived once, with its own content.
 * @returns the names that are missing, there twice, or differ
 */
export async function wrongArrivals(server: ServerProcess, count: number): Promise<string[]> {
  const copy = await mkdtemp(join(tmpdir(), 'sluice-arrivals-'));
  try {
    for (const name of ['sluice.db', 'sluice.db-wal']) {
      await copyFile(join(server.data, name), join(copy, name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      });
    }
    const db = new DatabaseSync(join(copy, 'sluice.db'));
    try {
      const rows = db
        .prepare(
          `SELECT v.title, o.size, o.etag FROM media v
           JOIN objects o ON o.bucket = v.bucket AND o.object_key = v.object_key`,
        )
        .all() as { title: string; size: number; etag: string }[];
      const found = new Map<string, string[]>();
      for (const { title, etag } of rows) found.set(title, [...(found.get(title) ?? []), etag]);
      return Array.from({ length: count }, (_, i) => i).flatMap((i) => {
        const etags = found.get(smallFileName(i)) ?? [];
        const expected = createHash('md5').update(smallFileBytes(i)).digest('hex').toUpperCase();
        return etags.length === 1 && etags[0]?.replaceAll('"', '') === expected
          ? []
          : [`${smallFileName(i)}: ${etags.join(', ') || 'missing'}`];
      });
    } finally {
      db.close();
    }
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}
