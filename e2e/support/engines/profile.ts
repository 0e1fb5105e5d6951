import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Profile {
  readonly directory: string;
  remove(): Promise<void>;
}

/** An empty directory for one run of a browser. */
export async function newProfile(engine: string): Promise<Profile> {
  const directory = await mkdtemp(join(tmpdir(), `sluice-${engine}-`));
  return {
    directory,
    // Processes of a browser that has ended may still write for a moment.
    remove: () => rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }),
  };
}
