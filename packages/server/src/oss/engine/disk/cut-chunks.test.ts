import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cutChunks } from './cut-chunks.js';

it('keeps every byte in its order, in runs that are full but the last', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), fc.integer({ min: 1, max: 40 }), (chunks, most) => {
      const runs = [...cutChunks(chunks, most)].map((run) => Buffer.concat(run));
      expect(Buffer.concat(runs).equals(Buffer.concat(chunks))).toBe(true);
      expect(runs.slice(0, -1).every((run) => run.length === most)).toBe(true);
      expect(runs.every((run) => run.length > 0 && run.length <= most)).toBe(true);
    }),
  );
});
