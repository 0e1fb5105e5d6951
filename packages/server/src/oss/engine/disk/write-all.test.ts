import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type WriteSome, writeAll } from './write-all.js';

it('goes on after short writes, wherever they stop', async () => {
  const steps = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), steps, async (whole, lengths) => {
      const disk = Buffer.alloc(whole.length + 7);
      let calls = 0;
      const writeSome: WriteSome = async (_, bytes, offset, length, position) => {
        const bytesWritten = Math.min(length, lengths[calls++ % lengths.length] as number);
        disk.set(bytes.subarray(offset, offset + bytesWritten), position);
        return { bytesWritten };
      };
      await writeAll(0, whole, 7, writeSome);
      expect(disk.subarray(7).equals(whole)).toBe(true);
    }),
  );
});
