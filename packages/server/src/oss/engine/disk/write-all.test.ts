import type { FileHandle } from 'node:fs/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { writeAll } from './write-all.js';

it('goes on after short writes, wherever they stop', async () => {
  const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(chunks, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), async (all, steps) => {
      const whole = Buffer.concat(all);
      const disk = Buffer.alloc(whole.length + 7);
      let calls = 0;
      const file = {
        async writev(buffers: Uint8Array[], position: number) {
          const bytes = Buffer.concat(buffers).subarray(0, steps[calls++ % steps.length]);
          bytes.copy(disk, position);
          return { bytesWritten: bytes.length, buffers };
        },
      } as unknown as FileHandle;
      await writeAll(file, all, 7);
      expect(disk.subarray(7).equals(whole)).toBe(true);
    }),
  );
});
