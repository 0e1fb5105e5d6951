import { readBase, writeBase } from './base.js';
import { readHeadFile, writeHeadFile } from './head-file.js';
import { checkSeal } from './seal.js';
import { type AuditTrail, type AuditTrailParts, openAuditTrail, readTail } from './trail.js';
import { ALARM } from './verify.js';

/**
 * Goes on with the trail of a database, after a look at its end. What is wrong there is recorded, so that going on cannot hide
 * it; that a trail is not whole is no reason to refuse service.
 */
export async function startTrail(
  parts: AuditTrailParts,
  start: Readonly<Record<string, string | number>>,
): Promise<AuditTrail> {
  const trail = await reopenTrail(parts);
  const entry = { at: parts.clock.now(), accountId: parts.accountId, principal: 'server' };
  await trail.record({ ...entry, action: 'server:Start', outcome: 'Allowed', detail: start });
  return trail;
}

/** The same without a start of a server: for what the operator does while none runs. */
export async function reopenTrail(parts: AuditTrailParts): Promise<AuditTrail> {
  const { db, ring, clock, log } = parts;
  const trouble = await lookAtEnd(parts);
  const base = await readBase(db, ring);
  // Under the newest key, which outlives the others.
  if (base.seal === 'good' && base.place.seq > 0) await writeBase(db, ring, base.place);
  const trail = openAuditTrail(parts);
  const entry = { at: clock.now(), accountId: parts.accountId, principal: 'server' };
  if (trouble !== undefined) {
    log.error({ trouble }, 'the audit trail is not what it was; run sluice audit verify');
    await trail.record({ ...entry, action: ALARM, outcome: 'Failed', detail: { found: trouble } });
  }
  return trail;
}

/** @returns what is wrong */
async function lookAtEnd({ db, ring, headFile }: AuditTrailParts): Promise<string | undefined> {
  const tail = await readTail(db, ring);
  const last = await db
    .selectFrom('audit')
    .select(['seq', 'hash', 'seal'])
    .where('seq', '=', tail.seq)
    .executeTakeFirst();
  if (last && checkSeal(ring, 'record', last, last.seal) !== 'good')
    return `the seal of record ${last.seq} does not hold`;
  if (headFile === undefined) return undefined;
  const head = await readHeadFile(headFile, ring);
  if (head === undefined && tail.seq > 0) return 'the file that tells how far the trail went is missing';
  if (head === undefined) {
    // Before the first record, so that a trail without the file is one from which it was taken.
    await writeHeadFile(headFile, ring, tail);
    return undefined;
  }
  if (head === 'damaged' || head.seal !== 'good') return 'the file that tells how far the trail went cannot be trusted';
  const { seq, hash } = head.place;
  if (seq > tail.seq) return `the trail went as far as record ${seq} (${hash}), and ends with ${tail.seq}`;
  const there =
    seq === tail.seq ? tail : await db.selectFrom('audit').select('hash').where('seq', '=', seq).executeTakeFirst();
  // One that was pruned since is not there.
  if (there && there.hash !== hash) return `record ${seq} had the hash ${hash}`;
  return undefined;
}
