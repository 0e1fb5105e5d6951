import type { AuditTable, Database } from '../db/schema.js';
import type { KeyRing } from '../keys/key-ring.js';
import { readBase } from './base.js';
import { type ChainPlace, ChainReader } from './chain.js';
import type { HeadFile } from './head-file.js';
import { checkSeal } from './seal.js';

export interface AuditFinding {
  /**
   * `edited`, `missing`: in the chain; `forged`: a seal does not hold; `cut`: the end is not there; `head`: what tells the end
   * cannot be used; `base`: the beginning; `alarm`: a server found something at an earlier start; `checkpoint`: the one given.
   */
  readonly kind: 'edited' | 'missing' | 'forged' | 'cut' | 'head' | 'base' | 'alarm' | 'checkpoint';
  /** Record at fault, where there is one. */
  readonly seq?: number;
  readonly message: string;
}

/** What a verification found. */
export interface AuditReport {
  readonly clean: boolean;
  readonly records: number;
  /** Records before this one were pruned. */
  readonly first: number;
  /** Where the trail ends. Written down elsewhere, it shows later whether this part is still as it was. */
  readonly head: ChainPlace;
  /** The first hundred. */
  readonly findings: readonly AuditFinding[];
  readonly more: number;
}

export interface VerifyParts {
  readonly db: Database;
  readonly ring: KeyRing;
  /** How far the trail went; `none`: nothing tells. */
  readonly head: HeadFile | 'none';
  /** A place that was told by an earlier report. */
  readonly checkpoint?: ChainPlace | undefined;
  /** Where a running server has the end. */
  readonly running?: ChainPlace | undefined;
}

/** What a server writes that found something at its start. */
export const ALARM = 'audit:Alarm';

const PAGE = 1000;
const MAX_FINDINGS = 100;

/** Reads the whole trail. Records that are added meanwhile are read too. */
export async function verifyTrail(parts: VerifyParts): Promise<AuditReport> {
  const { db, ring } = parts;
  const findings: AuditFinding[] = [];
  let more = 0;
  const find = (finding: AuditFinding): void => {
    if (findings.length < MAX_FINDINGS) findings.push(finding);
    else more += 1;
  };

  const base = await readBase(db, ring);
  if (base.seal !== 'good') find({ kind: 'base', message: `what tells where the trail begins is ${said(base.seal)}` });
  const { head } = parts;
  if (head === undefined) find({ kind: 'head', message: 'the file that tells how far the trail went is missing' });
  else if (head === 'damaged') find({ kind: 'head', message: 'the file that tells how far the trail went is damaged' });
  else if (head !== 'none' && head.seal !== 'good') {
    find({ kind: 'head', message: `the seal of the file that tells how far the trail went is ${said(head.seal)}` });
  }
  // Each of these must be met on the way.
  const marks = [
    ...(typeof head === 'object' ? [{ place: head.place, kind: 'cut' as const, name: 'the file of the head' }] : []),
    ...(parts.running ? [{ place: parts.running, kind: 'cut' as const, name: 'the running server' }] : []),
    ...(parts.checkpoint ? [{ place: parts.checkpoint, kind: 'checkpoint' as const, name: 'the checkpoint' }] : []),
  ];
  const met = new Set<(typeof marks)[number]>();
  const meet = ({ seq, hash }: ChainPlace): void => {
    for (const mark of marks) {
      if (mark.place.seq !== seq) continue;
      met.add(mark);
      if (mark.place.hash === hash) continue;
      find({ kind: mark.kind, seq, message: `record ${seq} is not the one that ${mark.name} knows` });
    }
  };

  const reader = new ChainReader(base.place);
  meet(base.place);
  let records = 0;
  let last: AuditTable | undefined;
  for (;;) {
    const page = await db
      .selectFrom('audit')
      .selectAll()
      .where('seq', '>', reader.place.seq)
      .orderBy('seq')
      .limit(PAGE)
      .execute();
    // Numbers from before the beginning would not be met above.
    for (const row of page) {
      const fault = reader.read(row);
      if (fault) find(fault);
      meet(row);
      if (row.seal !== '' && checkSeal(ring, 'record', row, row.seal) === 'forged') {
        find({ kind: 'forged', seq: row.seq, message: `the seal of record ${row.seq} does not hold` });
      }
      if (row.action === ALARM) {
        find({ kind: 'alarm', seq: row.seq, message: `a server found at its start: ${row.detail}` });
      }
      last = row;
    }
    records += page.length;
    if (page.length < PAGE) break;
  }

  const strayed = await db
    .selectFrom('audit')
    .select('seq')
    .where('seq', '<=', base.place.seq)
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst();
  if (strayed) {
    find({
      kind: 'base',
      seq: strayed.seq,
      message: `record ${strayed.seq} is from before the beginning of the trail`,
    });
  }
  if (last && checkSeal(ring, 'record', last, last.seal) === 'unknown-key') {
    find({ kind: 'forged', seq: last.seq, message: 'the key that the last record was sealed with is gone' });
  }
  if (last && last.seal === '') {
    find({ kind: 'cut', seq: last.seq, message: 'the last record has no seal: more was written with it' });
  }
  for (const mark of marks) {
    if (met.has(mark)) continue;
    const { seq } = mark.place;
    if (seq < base.place.seq) {
      if (mark.kind === 'checkpoint') find({ kind: 'checkpoint', seq, message: `record ${seq} has been pruned` });
      continue;
    }
    const end = reader.place.seq;
    if (seq > end)
      find({ kind: mark.kind, seq: end + 1, message: `${mark.name} knows record ${seq}; the last is ${end}` });
  }
  return { clean: findings.length === 0, records, first: base.place.seq + 1, head: reader.place, findings, more };
}

const said = (seal: 'forged' | 'unknown-key'): string =>
  seal === 'forged' ? 'not the one that was written' : 'sealed with a key that is gone';
