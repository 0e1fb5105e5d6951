import { createHash } from 'node:crypto';
import type { Clock } from '../runtime.js';

/**
 * Remembers signed nonces so that a captured request cannot be sent again. Scoped per access key id: some clients draw
 * their nonces from `Math.random()`.
 *
 * Three generations of equal length cover `windowMs`; the oldest is dropped whole. About 60 bytes a nonce; when
 * `maxPerGeneration` is reached a generation ends early, so memory is bounded and the window shrinks only under a load
 * that the figure was not chosen for.
 */
export interface Nonces {
  /** True when this pair was not seen within the window; it is remembered from now on. */
  accept(accessKeyId: string, nonce: string): boolean;
}

export function nonces(clock: Clock, windowMs: number, maxPerGeneration = 2_000_000): Nonces {
  const generationMs = windowMs / 2;
  let generations: [Set<string>, Set<string>, Set<string>] = [new Set(), new Set(), new Set()];
  let started = clock.now();

  return {
    accept(accessKeyId, nonce) {
      const now = clock.now();
      const passed = Math.floor((now - started) / generationMs);
      if (passed >= 3) generations = [new Set(), new Set(), new Set()];
      else for (let i = 0; i < passed; i++) generations = [new Set(), generations[0], generations[1]];
      if (passed > 0) started += passed * generationMs;
      if (generations[0].size >= maxPerGeneration) {
        generations = [new Set(), generations[0], generations[1]];
        started = now;
      }
      const id = createHash('sha256').update(`${accessKeyId}\n${nonce}`).digest('base64').slice(0, 24);
      if (generations.some((generation) => generation.has(id))) return false;
      generations[0].add(id);
      return true;
    },
  };
}
