import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random } from '../../runtime.js';
import { findRgw, objectNames, rgwClient, s3Options } from '../../testing/rgw.js';
import { openDiskEngine } from '../engine/disk/disk-engine.js';
import type { StorageEngine } from '../engine/engine.js';

export interface TestEngine {
  readonly engine: StorageEngine;
  /** Names of what it keeps. */
  blobs(): Promise<string[]>;
}

/** The engine that the tests of this project run on: files, or a real S3 store. What it keeps belongs to the directory. */
export async function openTestEngine(directory: string, random: Random): Promise<TestEngine> {
  const rgw = findRgw();
  if (!rgw) {
    const root = join(directory, 'blobs');
    return {
      engine: await openDiskEngine({ directory: root, random }),
      async blobs() {
        const entries = await readdir(root, { recursive: true, withFileTypes: true });
        return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
      },
    };
  }
  const { openS3Engine } = await import('../engine/s3/s3-engine.js');
  const note = join(directory, 's3-prefix');
  const first = !existsSync(note);
  const options = s3Options(rgw, first ? {} : { prefix: await readFile(note, 'utf8') });
  const engine = await openS3Engine({ ...options, first });
  await writeFile(note, options.prefix);
  const client = rgwClient(rgw);
  return { engine, blobs: () => objectNames(client, rgw.bucket, `${options.prefix}blobs/`) };
}
