/** Memory with 100 uploads in flight, and whether the size of an object matters for it. */
import { stop } from '../lib/children.mjs';
import { withGenerator } from '../lib/generator.mjs';
import { forgetPeak, peakMib } from '../lib/processor-time.mjs';
import { withScratch } from '../lib/scratch.mjs';
import { startSluice, uploadToken } from '../lib/sluice.mjs';
import { figure, markdownTable } from '../lib/statistics.mjs';
import { MIB } from './shapes.mjs';
import { multipart } from './sluice-target.mjs';

const LOADS = [
  { name: 'at rest', connections: 0, parts: 0, partMib: 0 },
  { name: '100 uploads, parts of 4 MiB', connections: 100, parts: 200, partMib: 4 },
  { name: '1 upload of 64 MiB', connections: 1, parts: 1, partMib: 64 },
  { name: '1 upload of 1 GiB', connections: 1, parts: 1, partMib: 1024 },
];

/** @param {{ progress(text: string): void }} options */
export function inFlight({ progress }) {
  return withScratch(async (directory) => {
    const running = await startSluice(directory);
    try {
      const keys = await uploadToken(running);
      const rows = [];
      for (const [i, { name, connections, parts, partMib }] of LOADS.entries()) {
        progress(`ingest: memory, ${name}`);
        forgetPeak(running.process.pid);
        if (parts > 0) {
          const partBytes = partMib * MIB;
          const upload = await multipart(running, keys, `flight-${i}`, { bytes: parts * partBytes, partBytes, parts });
          const plan = { port: running.ossPort, connections, heads: upload.heads, count: parts, bodyBytes: partBytes };
          await withGenerator({}, (generate) => generate(plan));
        }
        rows.push([name, figure(peakMib(running.process.pid))]);
      }
      return `Peak memory of one server, in this order:\n\n${markdownTable(['in flight', 'MiB'], rows)}`;
    } finally {
      await stop(running.process);
    }
  });
}
