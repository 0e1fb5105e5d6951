import { z } from 'zod';
import type { Queryable } from '../db/schema.js';
import type { KeyRing } from '../keys/key-ring.js';
import { type ChainPlace, GENESIS } from './chain.js';
import { checkSeal, type SealState, sealPlace } from './seal.js';

const SETTING = 'audit-base';

const shape = z.object({
  seq: z.number().int().min(0),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  seal: z.string(),
});

export interface Base {
  /** The last record that was pruned; what is kept follows it. */
  readonly place: ChainPlace;
  readonly seal: SealState;
}

/** Where the kept part of the trail begins: {@link GENESIS} until something was pruned. */
export async function readBase(db: Queryable, ring: KeyRing): Promise<Base> {
  const row = await db.selectFrom('settings').select('value').where('name', '=', SETTING).executeTakeFirst();
  if (!row) return { place: GENESIS, seal: 'good' };
  const found = shape.safeParse(parse(row.value));
  if (!found.success) return { place: GENESIS, seal: 'forged' };
  const place = { seq: found.data.seq, hash: found.data.hash };
  return { place, seal: checkSeal(ring, 'base', place, found.data.seal) };
}

export async function writeBase(db: Queryable, ring: KeyRing, place: ChainPlace): Promise<void> {
  const value = JSON.stringify({ ...place, seal: sealPlace(ring, 'base', place) });
  await db
    .insertInto('settings')
    .values({ name: SETTING, value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
