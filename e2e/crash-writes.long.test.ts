import { randomInt } from 'node:crypto';
import { test } from 'vitest';
import { crashRounds } from './support/crash-rounds.js';

test('200 kills under parallel writes lose nothing that was acknowledged, and leave nothing behind', async () => {
  await crashRounds(200, Number(process.env.CRASH_SEED ?? randomInt(2 ** 31)));
});
