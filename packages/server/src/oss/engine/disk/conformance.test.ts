import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { conformance } from '../testing/conformance.js';
import { openDiskEngine } from './disk-engine.js';

conformance('engine/disk', async () => {
  const root = await mkdtemp(join(tmpdir(), 'sluice-disk-'));
  const directory = join(root, 'deep', 'blobs');
  return {
    open: () => openDiskEngine({ directory, random: { bytes: (length) => randomBytes(length) } }),
    async kept() {
      const entries = await readdir(directory, { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
    },
    close: () => rm(root, { recursive: true, force: true }),
  };
});
