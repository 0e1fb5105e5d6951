import { randomInt } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { companions } from '../db/companion.js';
import { DatabaseUnavailable } from '../db/database-errors.js';
import { giveLateDurability } from '../db/late-durability.js';
import type { Database } from '../db/schema.js';
import { transact } from '../db/transact.js';
import type { LocalCall } from '../http/local-control.js';
import { type KeyRing, keyRing, newMasterKey } from '../keys/key-ring.js';
import { GroupCommit } from '../oss/catalog/group-commit.js';
import { MINUTE, type MovableClock, movableClock, recordedLog, someRandom } from '../testing/fixed-parts.js';
import { openTestDatabase } from '../testing/test-database.js';
import { auditCommands } from './audit-commands.js';
import { type ChainedRecord, chainOn } from './chain.js';
import type { AuditEntry } from './entry.js';
import { headFileOf, readHeadFile } from './head-file.js';
import { startTrail } from './open-trail.js';
import { pruning } from './prune.js';
import { listRecords } from './query.js';
import { type AuditTrail, openAuditTrail } from './trail.js';
import { type AuditReport, verifyTrail } from './verify.js';

let db: Database;
let ring: KeyRing;
let clock: MovableClock;
let trail: AuditTrail;
let data: string;
beforeEach(async () => {
  db = await openTestDatabase();
  clock = movableClock();
  ring = keyRing([newMasterKey(1, clock, someRandom)]);
  data = await mkdtemp(join(tmpdir(), 'sluice-audit-'));
  trail = await start();
});
afterEach(async () => {
  await trail.close();
  await db.destroy();
  await rm(data, { recursive: true });
});

const parts = () => ({ db, ring, clock, log: recordedLog(), accountId: '1', headFile: headFileOf(data) });
const start = (): Promise<AuditTrail> => startTrail(parts(), {});
const entry = (action: string, more: Partial<AuditEntry> = {}): AuditEntry => ({
  at: clock.now(),
  accountId: '1',
  principal: 'user/alice',
  action,
  outcome: 'Allowed',
  ...more,
});
const verify = async (more: object = {}): Promise<AuditReport> =>
  verifyTrail({ db, ring, head: await readHeadFile(headFileOf(data), ring), ...more });
const actions = async (): Promise<string[]> =>
  (await db.selectFrom('audit').select('action').orderBy('seq').execute()).map(({ action }) => action);
const write = async (count: number, prefix = 'test:'): Promise<void> => {
  for (let i = 0; i < count; i++) await trail.record(entry(`${prefix}${i}`));
};
const kinds = ({ findings }: AuditReport): string[] => findings.map(({ kind }) => kind);

it('is told to a slow reader without a listener more for each wait', async () => {
  await write(40);
  const response = Object.assign(new PassThrough({ highWaterMark: 1 }), { writeHead: () => {} });
  const ask = JSON.stringify({ ask: 'list', filter: {}, limit: 100 });
  const [command] = auditCommands({ db, ring, trail, data });
  const call = { query: new URLSearchParams({ ask }), response } as unknown as LocalCall;
  const told = command?.run(call);
  let most = 0;
  let lines = 0;
  for await (const chunk of response) {
    most = Math.max(most, response.listenerCount('close'));
    lines += String(chunk).split('\n').length - 1;
  }
  await told;
  // The start of the server, the forty, and the end.
  expect(lines).toBe(42);
  // One of ours, and what the reader of the test listens to.
  expect(most).toBeLessThan(5);
});

describe('the trail', () => {
  it('has a gapless chain whoever writes at the same time', async () => {
    const commits = new GroupCommit(db, trail);
    const setting = (name: string) => ({ name, value: '' });
    const writers = Array.from({ length: 50 }, async (_, i) => {
      for (let j = 0; j < 6; j++) {
        const name = `w${i}-${j}`;
        const kind = (i + j) % 3;
        if (kind === 0) await trail.record(entry(name));
        else if (kind === 1) {
          const recording = trail.begin(() => entry(name));
          await commits.commit((tx) => tx.insertInto('settings').values(setting(name)).execute(), recording);
        } else {
          const recording = trail.begin(() => entry(name));
          await companions.run(trail.with([recording]), () =>
            transact(db, async (tx) => {
              await tx.selectFrom('settings').select('name').where('name', '=', `w${i}-0`).execute();
              await tx.insertInto('settings').values(setting(name)).execute();
            }),
          );
          await trail.finish(recording);
        }
      }
    });
    await Promise.all(writers);
    await trail.close();
    const report = await verify();
    expect(report.findings).toEqual([]);
    expect(report.records).toBe(1 + 50 * 6);
    expect(new Set(await actions()).size).toBe(1 + 50 * 6);
  });

  it('loses the record together with the change, and keeps it with those that fail beside', async () => {
    const commits = new GroupCommit(db, trail);
    const failing = trail.begin(() => entry('failed'));
    const done = await Promise.allSettled([
      commits.commit(
        (tx) => tx.insertInto('settings').values({ name: 'a', value: '' }).execute(),
        trail.begin(() => entry('a')),
      ),
      commits.commit(() => Promise.reject(new Error('no')), failing),
      commits.commit(
        (tx) => tx.insertInto('settings').values({ name: 'b', value: '' }).execute(),
        trail.begin(() => entry('b')),
      ),
    ]);
    expect(done.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(failing.written).toBe(false);
    await expect(
      trail.transact(
        () => Promise.reject(new Error('no')),
        () => entry('rolled back'),
      ),
    ).rejects.toThrow('no');
    expect(await actions()).toEqual(['server:Start', 'a', 'b']);
    expect((await verify()).clean).toBe(true);
  });

  it('writes a record once, however many transactions a call has', async () => {
    const recording = trail.begin(() => entry('once'));
    await companions.run(trail.with([recording]), async () => {
      await transact(db, async () => {});
      await Promise.all([transact(db, async () => {}), transact(db, async () => {})]);
    });
    await trail.finish(recording);
    expect(await actions()).toEqual(['server:Start', 'once']);
  });

  it('goes on where another writer left it', async () => {
    await trail.record(entry('first'));
    const other = openAuditTrail({ ...parts(), headFile: undefined });
    await other.record(entry('second'));
    // Its own idea of the end is old now, as after a commit that was given up for lost.
    await trail.record(entry('third'));
    await other.close();
    expect(await actions()).toEqual(['server:Start', 'first', 'second', 'third']);
    expect((await verify()).findings).toEqual([]);
  });

  it('keeps so many refusals of strangers, and counts the others', async () => {
    for (let i = 0; i < 2000; i++) trail.note(entry('stranger', { outcome: 'Denied' }), 'unknown');
    trail.note(entry('acquaintance', { outcome: 'Denied' }), 'known');
    await trail.close();
    const all = await actions();
    expect(all.filter((action) => action === 'stranger')).toHaveLength(500);
    expect(all).toContain('acquaintance');
    const left = await db.selectFrom('audit').select('detail').where('action', '=', 'audit:LeftOut').execute();
    expect(left).toEqual([{ detail: '{"records":1500}' }]);
  });
});

describe('verification', () => {
  it('finds whatever is done to the table', async () => {
    await write(30);
    await trail.close();
    const rows = await db.selectFrom('audit').selectAll().orderBy('seq').execute();
    const restore = async () => {
      await db.deleteFrom('audit').execute();
      for (const row of rows) await db.insertInto('audit').values(row).execute();
    };
    const columns = [
      'principal',
      'action',
      'resource',
      'outcome',
      'detail',
      'source_ip',
      'subject',
      'hash',
      'seal',
    ] as const;
    const seq = fc.integer({ min: 1, max: rows.length });
    const edits = fc.oneof(
      fc.record({ edit: fc.constantFrom(...columns), seq }).map(({ edit, seq: of }) => async () => {
        await db
          .updateTable('audit')
          .set({ [edit]: 'Denied…' })
          .where('seq', '=', of)
          .execute();
      }),
      fc.record({ from: seq, count: fc.integer({ min: 1, max: 40 }) }).map(({ from, count }) => async () => {
        await db
          .deleteFrom('audit')
          .where('seq', '>=', from)
          .where('seq', '<', from + count)
          .execute();
      }),
      fc.tuple(seq, seq).map(([a, b]) => async () => {
        const other = a === b ? (a % rows.length) + 1 : b;
        await db.updateTable('audit').set({ seq: 1000 }).where('seq', '=', a).execute();
        await db.updateTable('audit').set({ seq: a }).where('seq', '=', other).execute();
        await db.updateTable('audit').set({ seq: other }).where('seq', '=', 1000).execute();
      }),
      seq.map((of) => async () => {
        const row = rows[of - 1] as (typeof rows)[number];
        await db
          .insertInto('audit')
          .values({ ...row, seq: rows.length + 1 })
          .execute();
      }),
      // With all hashes made anew: only the seals tell.
      seq.map((of) => async () => {
        const before = of === 1 ? { seq: 0, hash: '0'.repeat(64) } : (rows[of - 2] as ChainedRecord);
        const later = rows.slice(of - 1).map((row, i) => (i === 0 ? { ...row, principal: 'user/mallory' } : row));
        for (const [i, { seq: n, hash }] of chainOn(before, later).entries()) {
          await db
            .updateTable('audit')
            .set({ ...later[i], seq: n, hash })
            .where('seq', '=', n)
            .execute();
        }
      }),
    );
    await fc.assert(
      fc
        .asyncProperty(edits, async (edit) => {
          await edit();
          expect((await verify()).clean).toBe(false);
        })
        .afterEach(restore),
      { numRuns: 60 },
    );
    expect((await verify()).findings).toEqual([]);
  });

  it('finds that the end was cut off, by the file and by the checkpoint', async () => {
    await write(10);
    await trail.close();
    const { head } = await verify();
    await db.deleteFrom('audit').where('seq', '>', 5).execute();
    expect(kinds(await verify())).toEqual(['cut']);
    expect(kinds(await verify({ head: 'none' }))).toEqual([]);
    expect(kinds(await verify({ head: 'none', checkpoint: head }))).toEqual(['checkpoint']);
    await rm(headFileOf(data));
    expect(kinds(await verify())).toEqual(['head']);
    await writeFile(headFileOf(data), JSON.stringify({ seq: 5, hash: 'a'.repeat(64), seal: '1.abc' }));
    expect(kinds(await verify())).toContain('head');
  });

  it('goes on telling after a server went on', async () => {
    await write(10);
    await trail.close();
    await db.deleteFrom('audit').where('seq', '>', 5).execute();
    trail = await start();
    await trail.close();
    expect(await actions()).toContain('audit:Alarm');
    expect(kinds(await verify())).toEqual(['alarm']);
  });

  it('is not confused by a rotation of the keys', async () => {
    await write(3);
    await trail.close();
    const old = ring.current;
    ring = keyRing([newMasterKey(2, clock, someRandom), old]);
    trail = await start();
    await write(3);
    await trail.close();
    expect((await verify()).findings).toEqual([]);
    ring = keyRing([ring.current]);
    expect((await verify()).findings).toEqual([]);
    trail = await start();
    expect(await actions()).not.toContain('audit:Alarm');
  });

  it('keeps no record in the head file that was not committed', async () => {
    await write(randomInt(1, 5));
    await trail.close();
    const { seq } = JSON.parse(await readFile(headFileOf(data), 'utf8')) as { seq: number };
    expect(seq).toBe((await verify()).head.seq);
  });

  it('keeps no record in the head file that may never get to disk: after a restart it would look cut off', async () => {
    await write(3);
    await trail.close();
    const before = await readFile(headFileOf(data), 'utf8');
    trail = openAuditTrail(parts());
    const settle = () =>
      Promise.reject(new DatabaseUnavailable('the log of the database could not be written to disk'));
    giveLateDurability(db, { deferNext: () => undefined, settle });
    await expect(trail.record(entry('lost'))).rejects.toThrow(DatabaseUnavailable);
    await trail.close();
    expect(await readFile(headFileOf(data), 'utf8')).toBe(before);
  });
});

describe('retention', () => {
  it('lets old records go and stays whole', async () => {
    await write(20, 'old:');
    clock.advance(10 * MINUTE);
    await write(5, 'young:');
    const old = await verify();
    const prune = pruning({ db, ring, trail, clock, log: recordedLog(), keepMs: 5 * MINUTE });
    expect(await prune.run()).toBe(21);
    expect(await prune.run()).toBe(0);
    await prune.stop();
    await trail.close();
    expect(await actions()).toEqual(['young:0', 'young:1', 'young:2', 'young:3', 'young:4', 'audit:Prune']);
    const report = await verify({ checkpoint: old.head });
    expect(report).toMatchObject({ clean: true, first: 22, records: 6 });
    expect(kinds(await verify({ checkpoint: { seq: 3, hash: 'a'.repeat(64) } }))).toEqual(['checkpoint']);
    // More is not let go unseen.
    await db.deleteFrom('audit').where('seq', '=', 22).execute();
    expect(kinds(await verify())).toEqual(['missing']);
    await db.updateTable('settings').set({ value: '{}' }).where('name', '=', 'audit-base').execute();
    expect(kinds(await verify())).toContain('base');
  });
});

describe('a query', () => {
  it('that looks at a part of the trail goes on where it ended', async () => {
    await write(10);
    const filter = { action: 'test:0' };
    const found: number[] = [];
    let calls = 0;
    for (let before: number | undefined; ; ) {
      const { rows, next } = await listRecords(db, filter, { before, limit: 5, maxScanned: 3 });
      found.push(...rows.map(({ seq }) => seq));
      calls += 1;
      before = next;
      if (next === undefined) break;
    }
    expect(found).toEqual([2]);
    expect(calls).toBeGreaterThan(1);
    const { rows, next } = await listRecords(db, { since: clock.now() + 1 }, { limit: 5 });
    expect({ rows, next }).toEqual({ rows: [], next: undefined });
  });
});
