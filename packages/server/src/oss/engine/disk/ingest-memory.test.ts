import { expect, it } from 'vitest';
import { IngestMemory } from './ingest-memory.js';

it('gives a few bodies much and many bodies little, and forgets those that are gone', () => {
  const memory = new IngestMemory();
  const shares: number[] = [];
  for (const bodies of [1, 8, 40, 10_000]) {
    for (let i = 0; i < bodies; i++) memory.enter();
    shares.push(memory.share());
    for (let i = 0; i < bodies; i++) memory.leave();
  }
  expect(shares).toEqual([1024 * 1024, 786_432, 157_286, 64 * 1024]);
  memory.enter();
  expect(memory.share()).toBe(1024 * 1024);
});
