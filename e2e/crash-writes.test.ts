/** kill -9 at random moments under parallel writes of every kind; more rounds in crash-writes.long.test.ts. */
import { randomInt } from 'node:crypto';
import { test } from 'vitest';
import { crashRounds } from './support/crash-rounds.js';

test('20 kills under parallel writes lose nothing that was acknowledged, and leave nothing behind', async () => {
  await crashRounds(20, Number(process.env.CRASH_SEED ?? randomInt(2 ** 31)));
}, 600_000);
