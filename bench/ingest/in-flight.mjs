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
  { name: 'at rest', uploads: 0, parts: 0, partMib: 0 },
  { name: '100 uploads at once, a connection each, 2 parts of 4 MiB each', uploads: 100, parts: 2, partMib: 4 },
  { name: '1 upload of 64 MiB in one part', uploads: 1, parts: 1, partMib: 64 },
  { name: '1 upload of 1 GiB in one part', uploads: 1, parts: 1, partMib: 1024 },
];

/** @param {{ progress(text: string): void }} options */
export function inFlight({ progress }) {
  return withScratch(async (directory) => {
    const running = await startSluice(directory);
    try {
      const keys = await uploadToken(running);
      const rows = [];
      for (const [i, { name, uploads, parts, partMib }] of LOADS.entries()) {
        progress(`ingest: memory, ${name}`);
        forgetPeak(running.process.pid);
        if (uploads > 0) await sendAll(running, keys, `flight-${i}`, { uploads, parts, partBytes: partMib * MIB });
        rows.push([name, figure(peakMib(running.process.pid))]);
      }
      return `Peak memory of one server, in this order:\n\n${markdownTable(['in flight', 'MiB'], rows)}`;
    } finally {
      await stop(running.process);
    }
  });
}

/** Every upload begun before the first byte, then the first part of each, then the second of each, then all completed. */
async function sendAll(running, keys, name, { uploads, parts, partBytes }) {
  const begun = [];
  for (let i = 0; i < uploads; i++) {
    begun.push(await multipart(running, keys, `${name}/${i}`, { bytes: parts * partBytes, partBytes, parts }));
  }
  const heads = Array.from({ length: parts }, (_, part) => begun.map((upload) => upload.heads[part])).flat();
  const { kept } = await withGenerator({}, (generate) =>
    generate({
      port: running.ossPort,
      connections: uploads,
      heads,
      count: heads.length,
      bodyBytes: partBytes,
      keep: 'etag',
    }),
  );
  await Promise.all(begun.map((upload, i) => upload.complete(kept.filter((_, at) => at % uploads === i))));
  await Promise.all(begun.map((upload) => upload.verify()));
}
