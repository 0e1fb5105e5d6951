import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { identityStore } from '../ram/identity-store.js';
import { sealedColumns } from '../ram/sealed-columns.js';
import { openToken, sealToken } from '../sts/sealed-token.js';
import { MINUTE, movableClock, recordedLog, someRandom } from '../testing/fixed-parts.js';
import { openTestDatabase } from '../testing/test-database.js';
import { type KeyKeeper, keyKeeper } from './key-keeper.js';
import { createKeyRing, readKeyRing } from './key-ring-file.js';
import { keyUpkeep } from './key-upkeep.js';
import { resealSecrets } from './reseal.js';

const HOUR = 60 * MINUTE;
const LONGEST = 12 * HOUR;

let directory: string;
let file: string;
let clock: ReturnType<typeof movableClock>;
let keeper: KeyKeeper;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-keeper-'));
  file = join(directory, 'keyring.json');
  clock = movableClock();
  keeper = keyKeeper(await createKeyRing(file, clock, someRandom), parts());
});
afterEach(() => rm(directory, { recursive: true }));

const parts = () => ({ file, clock, random: someRandom, longestTokenMs: LONGEST });
const ids = () => keeper.list().map(({ id }) => id);
const newToken = () =>
  sealToken(keeper.ring, someRandom, {
    kind: 'session',
    accountId: '1',
    roleId: '2',
    roleName: 'r',
    sessionName: 's',
    issuedAt: clock.now(),
    expiresAt: clock.now() + HOUR,
  });
const opens = ({ accessKeyId, securityToken }: ReturnType<typeof newToken>) =>
  openToken(keeper.ring, accessKeyId, securityToken).ok;

describe('rotation', () => {
  test('seals under the new key at once, in the ring that everybody holds, and keeps live tokens open', async () => {
    const { ring } = keeper;
    const before = newToken();
    expect(await keeper.rotate()).toMatchObject({ id: 2, current: true, createdAt: clock.now() });
    expect(ring.current.id).toBe(2);
    const after = newToken();
    expect([opens(before), opens(after)]).toEqual([true, true]);
    expect((await readKeyRing(file))?.keys.map(({ id }) => id)).toEqual([2, 1]);
  });

  test('of many at the same time gives each a number of its own', async () => {
    await Promise.all(Array.from({ length: 10 }, () => keeper.rotate()));
    expect(ids()).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect((await readKeyRing(file))?.current.id).toBe(11);
  });

  test('changes nothing when the file cannot be written', async () => {
    const stuck = keyKeeper(keeper.ring, { ...parts(), file: join(directory, 'no', 'such', 'directory') });
    await expect(stuck.rotate()).rejects.toThrow('ENOENT');
    expect(stuck.list().map(({ id }) => id)).toEqual([1]);
    expect(stuck.ring.current.id).toBe(1);
  });
});

describe('an old key', () => {
  test('stays as long as a token sealed under it can live, and then goes', async () => {
    clock.advance(HOUR);
    await keeper.rotate();
    const rotated = clock.now();
    expect(keeper.list()[1]).toMatchObject({ id: 1, current: false, retiresAt: rotated + LONGEST });
    clock.advance(LONGEST - 1);
    expect(await keeper.retire(new Set())).toEqual([]);
    clock.advance(1);
    expect(await keeper.retire(new Set())).toEqual([1]);
    expect(ids()).toEqual([2]);
    expect((await readKeyRing(file))?.find(1)).toBeUndefined();
  });

  test('stays when something at rest needs it', async () => {
    await keeper.rotate();
    clock.advance(2 * LONGEST);
    expect(await keeper.retire(new Set([1]))).toEqual([]);
  });

  test('is never the current one', async () => {
    clock.advance(1000 * LONGEST);
    expect(await keeper.retire(new Set())).toEqual([]);
    expect(ids()).toEqual([1]);
  });
});

describe('secrets at rest', () => {
  test('are sealed anew after a rotation, so that the old key can go and every access key still opens', async () => {
    const db = await openTestDatabase();
    try {
      await db
        .insertInto('accounts')
        .values({ account_id: '1', name: 'root', password_hash: '', created_at: 0 })
        .execute();
      const store = identityStore(db, keeper.ring, clock, someRandom);
      const made = [];
      for (let i = 0; i < 450; i++) made.push(await store.createAccessKey(db, '1', null));
      await keeper.rotate();
      const log = recordedLog();
      const upkeep = keyUpkeep({ db, keeper, random: someRandom, log, columns: sealedColumns });
      clock.advance(LONGEST);
      upkeep.wake();
      await upkeep.idle();
      await upkeep.stop();
      expect(ids()).toEqual([2]);
      for (const { accessKeyId, accessKeySecret } of made) {
        expect((await store.findAccessKey(accessKeyId))?.secret).toBe(accessKeySecret);
      }
      expect(log.text()).not.toContain(made[0]?.accessKeySecret);
    } finally {
      await db.destroy();
    }
  });

  test('that do not open are left as they are, and hold their key', async () => {
    const db = await openTestDatabase();
    try {
      await db
        .insertInto('accounts')
        .values({ account_id: '1', name: 'root', password_hash: '', created_at: 0 })
        .execute();
      const store = identityStore(db, keeper.ring, clock, someRandom);
      const { accessKeyId } = await store.createAccessKey(db, '1', null);
      await db.updateTable('access_keys').set({ sealed_secret: '1.AAAA.BBBB' }).execute();
      await keeper.rotate();
      expect([...(await resealSecrets(db, keeper.ring, someRandom, sealedColumns))]).toEqual([1]);
      const row = await db.selectFrom('access_keys').selectAll().executeTakeFirstOrThrow();
      expect(row).toMatchObject({ access_key_id: accessKeyId, sealed_secret: '1.AAAA.BBBB' });
    } finally {
      await db.destroy();
    }
  });
});
