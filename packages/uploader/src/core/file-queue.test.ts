import { expect, it } from 'vitest';
import { FileQueue, type Queued } from './file-queue.js';

it('looks at files that are added together once for each that begins, not once for each that is added', async () => {
  const queue = new FileQueue<Queued>(undefined, 12);
  let looks = 0;
  let begun = 0;
  for (let n = 0; n < 1000; n++) {
    queue.add({
      priority: 0,
      get size() {
        looks++;
        return 5e6;
      },
      start() {
        begun++;
        return new Promise(() => {});
      },
    });
  }
  expect(begun).toBe(0);
  await Promise.resolve();
  expect(begun).toBe(3);
  expect(looks).toBeLessThan(10_000);
});
