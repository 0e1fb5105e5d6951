import { z } from 'zod';
import type { DatabaseTransaction, Queryable } from '../../db/schema.js';
import type { ScrubPosition, ScrubTally } from './scrub-pass.js';

/** What is remembered of scrubs across restarts. Instants in milliseconds. */
export interface ScrubState {
  /** The background pass that is under way. */
  readonly running?: { readonly startedAt: number; readonly position: ScrubPosition; readonly tally: ScrubTally };
  /** The last pass that came to its end. */
  readonly finished?: { readonly startedAt: number; readonly finishedAt: number; readonly tally: ScrubTally };
}

const SETTING = 'scrub';

const count = z.number().int().min(0);
const tally = z.object({
  blobs: count,
  bytes: count,
  damaged: count,
  unreadable: count,
  healed: count,
  orphans: count,
});
const position = z.union([
  z.object({
    phase: z.literal('objects'),
    after: z.string(),
    within: z.string().optional(),
    index: count.optional(),
  }),
  z.object({ phase: z.literal('parts'), uploadId: z.string(), partNumber: count }),
  z.object({ phase: z.literal('quarantined-parts'), after: z.string() }),
  z.object({ phase: z.literal('orphans') }),
]);
const state = z.object({
  running: z.object({ startedAt: z.number(), position, tally }).optional(),
  finished: z.object({ startedAt: z.number(), finishedAt: z.number(), tally }).optional(),
});

/** What cannot be read is forgotten: the next pass begins at the beginning. */
export async function readScrubState(db: Queryable): Promise<ScrubState> {
  const row = await db.selectFrom('settings').select('value').where('name', '=', SETTING).executeTakeFirst();
  if (!row) return {};
  try {
    return state.parse(JSON.parse(row.value)) as ScrubState;
  } catch {
    return {};
  }
}

export async function writeScrubState(transaction: DatabaseTransaction, value: ScrubState): Promise<void> {
  const text = JSON.stringify(value);
  await transaction
    .insertInto('settings')
    .values({ name: SETTING, value: text })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value: text }))
    .execute();
}
