import { setTimeout as sleep } from 'node:timers/promises';
import { othersSeconds } from './processor-time.mjs';

const QUIET = 0.1;
const DISTURBED = 0.2;
const LONGEST_WAIT_MS = 8000;
const SAMPLE_MS = 250;
const TRIES = 2;

/** Cores that others use while `run` runs. @template T @param {() => Promise<T>} run */
async function withOthers(run) {
  const started = performance.now();
  const before = othersSeconds();
  const value = await run();
  const seconds = (performance.now() - started) / 1000;
  return { value, others: Math.max(0, othersSeconds() - before) / seconds };
}

/**
 * Waits (a little) until nobody else uses the machine, then measures; once more when others took part after all. What is
 * kept depends on their share alone, never on the result.
 *
 * @template T @param {() => Promise<T>} measure
 * @returns {Promise<T & { others: number }>} with the cores that others used meanwhile
 */
export async function undisturbed(measure) {
  let best;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    for (let waited = 0; waited < LONGEST_WAIT_MS; waited += SAMPLE_MS) {
      if (!((await withOthers(() => sleep(SAMPLE_MS))).others > QUIET)) break;
    }
    const run = await withOthers(measure);
    if (best === undefined || run.others < best.others) best = run;
    if (!(run.others > DISTURBED)) break;
  }
  return { ...best.value, others: best.others };
}
