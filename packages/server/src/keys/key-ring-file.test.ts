import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { movableClock, someRandom } from '../testing/fixed-parts.js';
import { openSecret, sealSecret } from './key-ring.js';
import { createKeyRing, KeyRingUnusable, readKeyRing, writePrivateFile } from './key-ring-file.js';

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-keys-'));
  file = join(directory, 'keyring.json');
});
afterEach(() => rm(directory, { recursive: true }));

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

describe('the key ring file', () => {
  test('is not there at first', async () => {
    expect(await readKeyRing(file)).toBeUndefined();
  });

  test('is private to its owner, and keeps the keys', async () => {
    const made = await createKeyRing(file, movableClock(), someRandom);
    expect(await modeOf(file)).toBe('600');
    expect(await readdir(directory)).toEqual(['keyring.json']);
    const read = await readKeyRing(file);
    const sealed = sealSecret(made, someRandom, 'c', 'secret');
    expect(read && openSecret(read, 'c', sealed)).toBe('secret');
  });

  test('is private even when a file with open permissions lay in its way', async () => {
    await writeFile(`${file}.new`, 'left by a crash', { mode: 0o644 });
    await createKeyRing(file, movableClock(), someRandom);
    expect(await modeOf(file)).toBe('600');
  });

  test.each([
    ['empty', ''],
    ['not JSON', '{"version":1,'],
    ['of another version', '{"version":2,"keys":[]}'],
    ['without a key', '{"version":1,"keys":[]}'],
    ['with a short key', `{"version":1,"keys":[{"id":1,"secret":"${'A'.repeat(42)}","createdAt":1}]}`],
    ['with an id out of range', `{"version":1,"keys":[{"id":0,"secret":"${'A'.repeat(43)}","createdAt":1}]}`],
  ])('%s is refused in one line', async (_, text) => {
    await writeFile(file, text);
    const refusal = await readKeyRing(file).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(KeyRingUnusable);
    expect((refusal as Error).message).toBe(`the key ring ${file} is damaged; restore it from a backup`);
  });

  test('damaged, does not show its content in the refusal', async () => {
    await createKeyRing(file, movableClock(), someRandom);
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.slice(0, -3));
    const secret = (JSON.parse(text) as { keys: { secret: string }[] }).keys[0]?.secret as string;
    await expect(readKeyRing(file)).rejects.toThrow(KeyRingUnusable);
    await expect(readKeyRing(file)).rejects.not.toThrow(secret);
  });

  test('that cannot be read is refused, not made anew', async () => {
    await mkdir(file);
    await expect(readKeyRing(file)).rejects.toThrow(/^cannot read the key ring /);
  });
});

describe('writePrivateFile', () => {
  test('replaces a file whole', async () => {
    await writeFile(file, 'a longer text from before', { mode: 0o644 });
    await writePrivateFile(file, 'short');
    expect(await readFile(file, 'utf8')).toBe('short');
    expect(await modeOf(file)).toBe('600');
  });
});
