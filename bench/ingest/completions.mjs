/** How long CompleteMultipartUpload takes, by the number of parts. */
import { stop } from '../lib/children.mjs';
import { withGenerator } from '../lib/generator.mjs';
import { withScratch } from '../lib/scratch.mjs';
import { startSluice, uploadToken } from '../lib/sluice.mjs';
import { figure, markdownTable, median } from '../lib/statistics.mjs';
import { KIB } from './shapes.mjs';
import { multipart } from './sluice-target.mjs';

/** The smallest part that is allowed. */
const PART_BYTES = 100 * KIB;
const TIMES = [
  { parts: 10, times: 50 },
  { parts: 1000, times: 20 },
  { parts: 10_000, times: 10 },
];

/** @param {{ quick: boolean, progress(text: string): void }} options */
export function completions({ quick, progress }) {
  return withScratch(async (directory) => {
    const running = await startSluice(directory);
    try {
      const keys = await uploadToken(running);
      const rows = [];
      for (const { parts, times } of TIMES) {
        progress(`ingest: Complete of ${parts} parts`);
        const taken = [];
        for (let i = 0; i < (quick ? Math.ceil(times / 5) : times); i++) {
          taken.push(await once(running, keys, `complete-${parts}-${i}`, parts));
        }
        taken.sort((a, b) => a - b);
        const p99 = taken[Math.min(taken.length - 1, Math.floor(taken.length * 0.99))];
        rows.push([figure(parts), figure(taken.length), figure(median(taken), 1), figure(p99, 1)]);
      }
      return `CompleteMultipartUpload:\n\n${markdownTable(['parts', 'times', 'median, ms', 'p99, ms'], rows)}`;
    } finally {
      await stop(running.process);
    }
  });
}

/** @returns {Promise<number>} milliseconds */
async function once(running, keys, key, parts) {
  const upload = await multipart(running, keys, key, { bytes: parts * PART_BYTES, partBytes: PART_BYTES, parts });
  const { kept } = await withGenerator({}, (generate) =>
    generate({
      port: running.ossPort,
      connections: 16,
      heads: upload.heads,
      count: parts,
      bodyBytes: PART_BYTES,
      keep: 'etag',
    }),
  );
  const started = performance.now();
  await upload.complete(kept);
  const taken = performance.now() - started;
  await upload.verify();
  return taken;
}
