import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseCheckpoint } from '../core/checkpoint.js';
import type { Checkpoint, CheckpointStore } from '../ports.js';

const SUFFIX = '.json';

/** `$XDG_STATE_HOME/sluice/uploads`, or `~/.local/state/sluice/uploads`. */
export function defaultCheckpointDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  return join(environment.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'sluice', 'uploads');
}

/** Checkpoints as one small JSON file each, readable by their owner only. Written beside and renamed into place. */
export class FileCheckpoints implements CheckpointStore {
  readonly #directory: string;

  constructor(directory: string = defaultCheckpointDirectory()) {
    this.#directory = directory;
  }

  async get(fingerprint: string): Promise<Checkpoint | undefined> {
    return read(this.#path(fingerprint));
  }

  async set(checkpoint: Checkpoint): Promise<void> {
    await makeDirectories(this.#directory);
    const path = this.#path(checkpoint.fingerprint);
    const beside = `${path}.${process.pid}.tmp`;
    await writeFile(beside, JSON.stringify(checkpoint), { mode: 0o600 });
    await rename(beside, path);
  }

  async delete(fingerprint: string): Promise<void> {
    await rm(this.#path(fingerprint), { force: true });
  }

  async list(): Promise<readonly Checkpoint[]> {
    const names = await orNothing(readdir(this.#directory));
    const records = await Promise.all(
      (names ?? []).filter((n) => n.endsWith(SUFFIX)).map((n) => read(join(this.#directory, n))),
    );
    return records.filter((record) => record !== undefined);
  }

  #path(fingerprint: string): string {
    if (!/^[\w-]+$/.test(fingerprint)) throw new RangeError('A fingerprint has only letters, digits and dashes');
    return join(this.#directory, fingerprint + SUFFIX);
  }
}

/**
 * One level at a time: Node's `recursive` turns in circles for ever where a file system refuses new entries with ENOENT,
 * as procfs does.
 */
async function makeDirectories(directory: string): Promise<void> {
  const made = await makeDirectory(directory);
  const parent = dirname(directory);
  if (made || parent === directory) return;
  await makeDirectories(parent);
  if (!(await makeDirectory(directory))) throw new Error(`${directory} cannot be made`);
}

/** @returns whether something is there now; what it is tells whoever writes into it. */
async function makeDirectory(directory: string): Promise<boolean> {
  try {
    await mkdir(directory, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return false;
    if (code !== 'EEXIST') throw error;
  }
  return true;
}

async function read(path: string): Promise<Checkpoint | undefined> {
  return parseCheckpoint((await orNothing(readFile(path, 'utf8'))) ?? null);
}

async function orNothing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
