import { randomBytes } from 'node:crypto';
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { MINUTE, movableClock, recordedLog } from '../testing/fixed-parts.js';
import { type NonceJournal, nonceJournal } from './nonce-journal.js';
import { NonceSet } from './nonce-set.js';
import { nonces } from './nonces.js';

/** Directories in the order in which they were synced. */
const synced = vi.hoisted((): string[] => []);
vi.mock('../data-directory.js', async (original) => {
  const real = await original<typeof import('../data-directory.js')>();
  const syncDirectory: typeof real.syncDirectory = async (directory) => {
    await real.syncDirectory(directory);
    synced.push(directory);
  };
  return { ...real, syncDirectory };
});

const groups = { groupMs: 5 * MINUTE };

describe('nonces', () => {
  test('are accepted once for an access key, and again for another', async () => {
    const clock = movableClock();
    const seen = nonces(clock, groups);
    const until = clock.now() + MINUTE;
    expect(await seen.accept('a', 'n', until)).toBe('fresh');
    expect(await seen.accept('a', 'n', until)).toBe('used');
    expect(await seen.accept('b', 'n', until)).toBe('fresh');
  });

  test('are used up for requests of any other time too', async () => {
    const clock = movableClock();
    const seen = nonces(clock, groups);
    await seen.accept('a', 'n', clock.now() + 29 * MINUTE);
    expect(await seen.accept('a', 'n', clock.now() + MINUTE)).toBe('used');
  });

  test('of two requests at once, one is fresh', async () => {
    const clock = movableClock();
    const seen = nonces(clock, groups);
    const verdicts = await Promise.all(Array.from({ length: 20 }, () => seen.accept('a', 'n', clock.now() + MINUTE)));
    expect(verdicts.filter((verdict) => verdict === 'fresh')).toHaveLength(1);
  });

  test('are remembered until their request is over, whenever they came and whatever comes between', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 90 * MINUTE }),
        fc.integer({ min: 0, max: 30 * MINUTE }),
        fc.array(fc.integer({ min: 0, max: 10 * MINUTE }), { maxLength: 12 }),
        async (start, life, steps) => {
          const clock = movableClock();
          const seen = nonces(clock, groups);
          clock.advance(start);
          const until = clock.now() + life;
          expect(await seen.accept('a', 'n', until)).toBe('fresh');
          for (const [i, step] of steps.entries()) {
            clock.advance(step);
            if (clock.now() > until) return;
            expect(await seen.accept('a', 'n', until)).toBe('used');
            await seen.accept('a', `other ${i}`, clock.now() + (i % 2 === 0 ? 0 : 30) * MINUTE);
          }
        },
      ),
    );
  });

  test('are forgotten some time after', async () => {
    const clock = movableClock();
    const seen = nonces(clock, groups);
    await seen.accept('a', 'n', clock.now() + 15 * MINUTE);
    clock.advance(21 * MINUTE);
    await seen.accept('a', 'another', clock.now() + 15 * MINUTE);
    expect(await seen.accept('a', 'n', clock.now() + 15 * MINUTE)).toBe('fresh');
  });

  test('survive a clock that is set back', async () => {
    const clock = movableClock();
    const seen = nonces(clock, groups);
    await seen.accept('a', 'n', clock.now() + 15 * MINUTE);
    clock.advance(-60 * MINUTE);
    expect(await seen.accept('a', 'n', clock.now() + 15 * MINUTE)).toBe('used');
  });

  test('take bounded room: who floods is turned away, and nothing is forgotten for it', async () => {
    const clock = movableClock();
    const seen = nonces(clock, { ...groups, most: 10 });
    const until = () => clock.now() + 15 * MINUTE;
    for (let i = 0; i < 10; i++) expect(await seen.accept('a', String(i), until())).toBe('fresh');
    for (let i = 10; i < 30; i++) expect(await seen.accept('a', String(i), until())).toBe('full');
    for (let i = 0; i < 10; i++) expect(await seen.accept('a', String(i), until())).toBe('used');
    clock.advance(21 * MINUTE);
    expect(await seen.accept('a', '30', until())).toBe('fresh');
  });

  test('of one key take a share of the room, and leave the rest to the others', async () => {
    const clock = movableClock();
    const seen = nonces(clock, { ...groups, most: 10, mostOfOne: 4 });
    const until = () => clock.now() + 15 * MINUTE;
    for (let i = 0; i < 4; i++) expect(await seen.accept('a', String(i), until())).toBe('fresh');
    for (let i = 4; i < 30; i++) expect(await seen.accept('a', String(i), until())).toBe('full');
    for (let i = 0; i < 4; i++) expect(await seen.accept('a', String(i), until())).toBe('used');
    expect(await seen.accept('b', '0', until())).toBe('fresh');
    clock.advance(21 * MINUTE);
    expect(await seen.accept('a', '30', until())).toBe('fresh');
  });
});

describe('the compact set', () => {
  test('holds what was added and nothing else', () => {
    const word = fc.oneof(fc.constantFrom(0, 1, 0xffffffff), fc.integer({ min: 0, max: 0xffffffff }));
    fc.assert(
      fc.property(fc.array(fc.tuple(word, word), { maxLength: 600 }), (pairs) => {
        const set = new NonceSet();
        // 0/0 and 0/1 are one member: the set may err to the safe side.
        const name = ([high, low]: readonly [number, number]) => `${high}/${high === 0 && low === 0 ? 1 : low}`;
        const known = new Set<string>();
        for (const pair of pairs) {
          expect(set.has(...pair)).toBe(known.has(name(pair)));
          set.add(...pair);
          known.add(name(pair));
          expect(set.has(...pair)).toBe(true);
        }
        expect(set.size).toBe(known.size);
      }),
    );
  });
});

describe('nonces on disk', () => {
  const directories: string[] = [];
  const journals: NonceJournal[] = [];
  afterEach(async () => {
    for (const journal of journals.splice(0)) await journal.stop();
    for (const directory of directories.splice(0)) await rm(directory, { recursive: true });
  });
  async function place(): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), 'sluice-nonces-'));
    directories.push(directory);
    return directory;
  }
  function opened(directory: string, name = 'timed', log = recordedLog()): NonceJournal {
    const journal = nonceJournal(directory, name, log);
    journals.push(journal);
    return journal;
  }

  test('are used still after the end of the process, stopped or killed', async () => {
    const clock = movableClock();
    const directory = join(await place(), 'made', 'here');
    const until = clock.now() + 15 * MINUTE;
    const first = nonces(clock, { ...groups, journal: opened(directory) });
    await Promise.all(Array.from({ length: 500 }, (_, i) => first.accept('a', String(i), until + (i % 7) * MINUTE)));
    // Not stopped: the next one sees what was written, as after kill -9.
    const second = nonces(clock, { ...groups, journal: opened(directory) });
    for (let i = 0; i < 500; i++) expect(await second.accept('a', String(i), until), String(i)).toBe('used');
    expect(await second.accept('a', 'new', until)).toBe('fresh');
  });

  test('are on disk under a name: the directory is synced once for each file', async () => {
    const clock = movableClock();
    const parent = await place();
    const directory = join(parent, 'nonces');
    const journal = opened(directory);
    const seen = nonces(clock, { ...groups, journal });
    synced.length = 0;
    await seen.accept('a', '1', clock.now() + MINUTE);
    await vi.waitFor(() => expect(synced).toEqual([directory, parent]), 10_000);
    await seen.accept('a', '2', clock.now() + MINUTE);
    await journal.stop();
    expect(synced).toHaveLength(2);
  });

  test('of one kind are not those of the other', async () => {
    const clock = movableClock();
    const directory = await place();
    await nonces(clock, { ...groups, journal: opened(directory) }).accept('a', 'n', clock.now() + MINUTE);
    const other = nonces(clock, { ...groups, journal: opened(directory, 'untimed') });
    expect(await other.accept('a', 'n', clock.now() + MINUTE)).toBe('fresh');
  });

  test('are in step again after a record that was cut off', async () => {
    const clock = movableClock();
    const directory = await place();
    const until = clock.now() + 15 * MINUTE;
    await nonces(clock, { ...groups, journal: opened(directory) }).accept('a', '1', until);
    const [file] = await readdir(directory);
    await appendFile(join(directory, String(file)), randomBytes(3));
    await nonces(clock, { ...groups, journal: opened(directory) }).accept('a', '2', until);
    const third = nonces(clock, { ...groups, journal: opened(directory) });
    expect(await third.accept('a', '1', until)).toBe('used');
    expect(await third.accept('a', '2', until)).toBe('used');
  });

  test('leave no file behind when they are over, at a start or while serving; other files stay', async () => {
    const clock = movableClock();
    const directory = await place();
    await writeFile(join(directory, 'timed-notes'), 'x');
    const journal = opened(directory);
    const seen = nonces(clock, { ...groups, journal });
    await seen.accept('a', '1', clock.now() + MINUTE);
    clock.advance(10 * MINUTE);
    await seen.accept('a', '2', clock.now() + MINUTE);
    await journal.stop();
    expect(await readdir(directory)).toHaveLength(2);
    clock.advance(10 * MINUTE);
    nonces(clock, { ...groups, journal: opened(directory) });
    expect(await readdir(directory)).toEqual(['timed-notes']);
  });

  test('take eight bytes each, and say nothing about key or nonce', async () => {
    const clock = movableClock();
    const directory = await place();
    const seen = nonces(clock, { ...groups, journal: opened(directory) });
    for (let i = 0; i < 100; i++) await seen.accept('LTAIsecretive', `nonce-${i}`, clock.now() + MINUTE);
    const bytes = await readFile(join(directory, String((await readdir(directory))[0])));
    expect(bytes).toHaveLength(800);
    expect(bytes.toString('latin1')).not.toMatch(/LTAI|nonce/);
  });

  test('that cannot be written are in force all the same, and the operator is told', async () => {
    const clock = movableClock();
    const directory = await place();
    const log = recordedLog();
    const seen = nonces(clock, { ...groups, journal: opened(directory, 'timed', log) });
    await rm(directory, { recursive: true });
    expect(await seen.accept('a', 'n', clock.now() + MINUTE)).toBe('fresh');
    expect(await seen.accept('a', 'n', clock.now() + MINUTE)).toBe('used');
    expect(log.text()).toContain('used nonces cannot be written down');
    directories.splice(directories.indexOf(directory), 1);
  });
});
