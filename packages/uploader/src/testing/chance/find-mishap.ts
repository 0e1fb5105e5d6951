import fc from 'fast-check';
import { gentleSteps, gentleWorlds, type Step, steps, worlds } from './actions.js';
import { runChance } from './run.js';
import type { WorldOptions } from './world.js';

export interface Search {
  readonly seed: number;
  readonly runs: number;
  /** Only what an uploader heals by itself: then nothing may fail. */
  readonly gentle?: boolean;
}

/** Lives through `runs` worlds; tells the shortest story found of one in which something went wrong. */
export async function findMishap({ seed, runs, gentle = false }: Search): Promise<string | undefined> {
  const rejected: unknown[] = [];
  const hear = (reason: unknown) => void rejected.push(reason);
  process.on('unhandledRejection', hear);
  const { crypto } = globalThis;
  // It takes real time; without it the digests of the platform do the work.
  Object.defineProperty(globalThis, 'crypto', { value: undefined, configurable: true });
  const live = async (world: WorldOptions, all: readonly Step[], trace?: (line: string) => void) => {
    rejected.length = 0;
    await runChance(world, all, { gentle, trace });
    if (rejected.length > 0) throw new Error(`nobody heard of ${String(rejected[0])}`);
  };
  try {
    const property = gentle
      ? fc.asyncProperty(gentleWorlds, gentleSteps, (world, all) => live(world, all))
      : fc.asyncProperty(worlds, steps, (world, all) => live(world, all));
    const { counterexample } = await fc.check(property, { seed, numRuns: runs });
    if (!counterexample) return undefined;
    const lines: string[] = [];
    const [world, all] = counterexample;
    await live(world, all, (line) => lines.push(line)).catch((error) => lines.push(String(error)));
    return `seed ${seed}: ${JSON.stringify(counterexample)}\n${lines.join('\n')}`;
  } finally {
    process.off('unhandledRejection', hear);
    Object.defineProperty(globalThis, 'crypto', { value: crypto, configurable: true });
  }
}
