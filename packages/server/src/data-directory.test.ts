import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DataDirectoryUnusable, openDataDirectory } from './data-directory.js';

/** Directories in the order in which they were synced. */
const synced = vi.hoisted((): string[] => []);
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const open: typeof real.open = async (path, ...rest) => {
    const handle = await real.open(path, ...rest);
    const sync = handle.sync.bind(handle);
    handle.sync = async () => {
      await sync();
      synced.push(String(path));
    };
    return handle;
  };
  return { ...real, open };
});

let base: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'sluice-data-'));
});
afterEach(() => rm(base, { recursive: true }));

describe('the data directory', () => {
  test('is made when it is missing, for its owner only', async () => {
    const directory = await openDataDirectory(join(base, 'a/b'));
    expect(directory).toBe(join(base, 'a/b'));
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
  });

  test('outlasts a loss of power from then on, and so does what it is in', async () => {
    synced.length = 0;
    await openDataDirectory(join(base, 'a/b'));
    expect(synced).toEqual([base, join(base, 'a')]);
    await openDataDirectory(join(base, 'a/b'));
    expect(synced).toHaveLength(2);
  });

  test('that is there is taken as it is', async () => {
    await mkdir(join(base, 'mine'), { mode: 0o750 });
    await openDataDirectory(join(base, 'mine'));
    expect((await stat(join(base, 'mine'))).mode & 0o777).toBe(0o750);
  });

  test.each(['file', 'file/below'])('is refused in one line when a file is in the way of %s', async (path) => {
    await writeFile(join(base, 'file'), '');
    const refused = openDataDirectory(join(base, path));
    await expect(refused).rejects.toThrow(DataDirectoryUnusable);
    await expect(refused).rejects.toThrow(
      `the data directory ${join(base, path)} cannot be used: it is not a directory; choose another --data`,
    );
  });

  // Root may write everywhere; /proc refuses even root.
  test.skipIf(process.platform !== 'linux')('is refused in one line where nothing can be made', async () => {
    const refusal = await openDataDirectory('/proc/sluice').catch((error: unknown) => error as Error);
    expect(refusal).toBeInstanceOf(DataDirectoryUnusable);
    expect((refusal as Error).message).not.toContain('\n');
  });

  test.skipIf(process.getuid?.() === 0)('is refused in one line when it is not writable', async () => {
    await mkdir(join(base, 'readonly'), { mode: 0o500 });
    await expect(openDataDirectory(join(base, 'readonly'))).rejects.toThrow(
      'it is not writable; choose another --data',
    );
  });
});
