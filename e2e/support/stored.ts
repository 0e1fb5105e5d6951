import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import type { ServerProcess } from './server.js';

export interface StoredMedia {
  readonly sha256: string;
  readonly size: number;
  readonly etag: string;
  readonly key: string;
}

/**
 * What really lies on the disk for a media, past every layer that could be wrong about it: the index is read from a copy
 * of the database files, the bytes from the blobs it names.
 */
export async function storedMedia(
  server: Pick<ServerProcess, 'data'>,
  mediaId: string,
  openBlob: (blob: string) => AsyncIterable<unknown> | Promise<AsyncIterable<unknown>> = (blob) =>
    createReadStream(join(server.data, 'objects', blob.slice(0, 2), blob.slice(2, 4), blob.slice(4))),
): Promise<StoredMedia> {
  const copy = await mkdtemp(join(tmpdir(), 'sluice-stored-'));
  try {
    for (const name of ['sluice.db', 'sluice.db-wal']) {
      await copyFile(join(server.data, name), join(copy, name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      });
    }
    const db = new DatabaseSync(join(copy, 'sluice.db'));
    try {
      const row = db
        .prepare(
          `SELECT o.object_key, o.size, o.etag, m.blobs FROM media v
           JOIN objects o ON o.bucket = v.bucket AND o.object_key = v.object_key
           JOIN manifests m ON m.object_id = o.manifest_id WHERE v.media_id = ?`,
        )
        .get(mediaId) as { object_key: string; size: number; etag: string; blobs: string } | undefined;
      if (!row) throw new Error(`no object is stored for ${mediaId}`);
      const hash = createHash('sha256');
      for (const [blob] of JSON.parse(row.blobs) as [string, number][]) {
        for await (const chunk of await openBlob(blob)) hash.update(chunk as Buffer);
      }
      return { sha256: hash.digest('hex'), size: row.size, etag: row.etag, key: row.object_key };
    } finally {
      db.close();
    }
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** Acknowledged parts of one object: how often each number was stored, and under how many upload ids. */
export function partsSent(server: Pick<ServerProcess, 'requests'>, key: string) {
  const parts = server.requests.filter((r) => r.plane === 'oss' && r.operation === 'UploadPart' && r.key === key);
  const acknowledged = new Map<number, number>();
  for (const { status, partNumber } of parts) {
    if (status === 200) acknowledged.set(partNumber as number, (acknowledged.get(partNumber as number) ?? 0) + 1);
  }
  return {
    acknowledged,
    sentTwice: [...acknowledged].filter(([, times]) => times > 1).map(([number]) => number),
    refused: parts.filter(({ status }) => status === 403).length,
    uploadIds: new Set(parts.map(({ uploadId }) => uploadId)),
  };
}
