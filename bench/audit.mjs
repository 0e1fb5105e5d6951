/** What the audit trail costs: in process, on SQLite with a durable commit a group, processor time of this one thread. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { withScratch } from './lib/scratch.mjs';
import { figure, markdownTable, median } from './lib/statistics.mjs';

const built = (path) => import(new URL(`../packages/server/dist/${path}`, import.meta.url).href);

/** What waits at a time: connections of a busy server. */
const TOGETHER = 64;

/** @param {{ rounds: number, progress(text: string): void, quick?: boolean }} options */
export async function audit({ rounds, progress, quick }) {
  const count = quick ? 5000 : 50_000;
  const results = [];
  for (let round = 0; round < rounds; round++) {
    progress(`audit: round ${round + 1} of ${rounds}`);
    results.push(await withScratch((directory) => once(directory, count)));
  }
  const of = (name) => median(results.map((each) => each[name]));
  const rows = [
    ['record by itself (AssumeRole, refusals)', figure(of('recordMicros'), 1), figure(of('records'))],
    ['part, committed without a record', figure(of('bareMicros'), 1), figure(of('bare'))],
    ['part, committed with its record', figure(of('withMicros'), 1), figure(of('with'))],
    ['record read by `sluice audit verify`', figure(of('verifyMicros'), 1), figure(of('verified'))],
  ];
  return {
    text: `${markdownTable(['what', 'processor time, µs each', 'a second'], rows)}\n\n${TOGETHER} at a time, ${figure(count)} of each.`,
  };
}

async function once(directory, count) {
  const [
    { openSqlite },
    { openAuditTrail },
    { GroupCommit },
    { keyRing, newMasterKey },
    { verifyTrail },
    { ossEntry },
  ] = await Promise.all([
    built('db/sqlite.js'),
    built('audit/trail.js'),
    built('oss/catalog/group-commit.js'),
    built('keys/key-ring.js'),
    built('audit/verify.js'),
    built('audit/oss-entry.js'),
  ]);
  const clock = { now: () => Date.now() };
  const log = { debug() {}, info() {}, warn() {}, error: console.error };
  const ring = keyRing([newMasterKey(1, clock, { bytes: (length) => randomBytes(length) })]);
  const db = await openSqlite(join(directory, 'audit.db'));
  const trail = openAuditTrail({ db, ring, clock, log, accountId: '1234567890123456' });
  const commits = new GroupCommit(db, trail);
  const mediaId = randomBytes(16).toString('hex');
  const uploadId = randomBytes(16).toString('hex').toUpperCase();
  const entry = (i) =>
    ossEntry(
      {
        requestId: `${i}`.padStart(24, '0'),
        startedAt: clock.now(),
        sourceIp: '192.0.2.7',
        accessKeyId: 'STS.0123456789abcdefghijkl',
        principal: {
          kind: 'upload-grant',
          accountId: '1234567890123456',
          mediaId,
          bucket: 'b',
          key: 'k',
          expiresAt: 0,
        },
        operation: 'UploadPart',
        bucket: 'sluice-uploads',
        key: `media/${mediaId}/source.mp4`,
        uploadId,
        partNumber: String(i),
        bytes: 1_048_576,
      },
      '1234567890123456',
      'Allowed',
    );
  const part = (i, upload) => (transaction) =>
    transaction
      .insertInto('parts')
      .values({
        upload_id: upload,
        part_number: i,
        blob: `b${upload}${i}`,
        size: 1,
        etag: 'e',
        crc64: '1',
        uploaded_at: 0,
      })
      .execute();
  try {
    const records = await timed(count, (i) => trail.record(entry(i)));
    const bare = await timed(count, (i) => commits.commit(part(i, 'bare')));
    const recorded = await timed(count, (i) =>
      commits.commit(
        part(i, 'with'),
        trail.begin(() => entry(i)),
      ),
    );
    const before = process.cpuUsage();
    const started = performance.now();
    const { clean, records: read } = await verifyTrail({ db, ring, head: 'none' });
    if (!clean) throw new Error('the trail is not whole');
    const verified = (read / (performance.now() - started)) * 1000;
    return {
      recordMicros: records.micros,
      records: records.perSecond,
      bareMicros: bare.micros,
      bare: bare.perSecond,
      withMicros: recorded.micros,
      with: recorded.perSecond,
      verifyMicros: microsSince(before) / read,
      verified,
    };
  } finally {
    await trail.close();
    await db.destroy();
  }
}

async function timed(count, run) {
  const before = process.cpuUsage();
  const started = performance.now();
  let next = 0;
  const worker = async () => {
    while (next < count) await run(next++);
  };
  await Promise.all(Array.from({ length: TOGETHER }, worker));
  return { micros: microsSince(before) / count, perSecond: (count / (performance.now() - started)) * 1000 };
}

function microsSince(before) {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
