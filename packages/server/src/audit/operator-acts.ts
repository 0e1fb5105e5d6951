import { companions } from '../db/companion.js';
import type { Clock } from '../runtime.js';
import type { AuditDetail, AuditEntry } from './entry.js';
import type { AuditTrail } from './trail.js';

/** Whoever may write the data directory: nobody asks for another credential on the machine itself. */
export const operator = { principal: 'operator', sourceIp: 'local' } as const;

/** What the operator does on the machine, with the server running or stopped. */
export interface OperatorAct {
  /** As the operation of the wire that does the same, where there is one: `sts:RevokeSessions`. */
  readonly action: string;
  readonly detail: AuditDetail;
}

/** What is known only while it is done. */
export interface ActNotes {
  readonly resource?: string;
  /** `key:<id>` of a new access key. */
  readonly subject?: string;
  /** Beside what was asked for. */
  readonly detail?: AuditDetail;
  /** It was refused. */
  readonly failed?: boolean;
}

/** To be told before it is committed. */
export type NoteAct = (notes: ActNotes) => void;

/**
 * Does it and records it: in the first transaction of what is done, so that there is neither without the other, or right after
 * it where it has none; as failed when it throws.
 */
export async function recordAct<Result>(
  { audit, clock }: { readonly audit: AuditTrail; readonly clock: Clock },
  { action, detail }: OperatorAct,
  run: (note: NoteAct) => Promise<Result>,
): Promise<Result> {
  const at = clock.now();
  let notes: ActNotes = {};
  const note: NoteAct = (more) => {
    notes = { ...notes, ...more };
  };
  const recording = audit.begin((): AuditEntry => {
    const { failed, resource, subject } = notes;
    const what = {
      action,
      detail: { ...detail, ...notes.detail },
      ...(resource === undefined ? {} : { resource }),
      subject,
    };
    return { ...operator, at, accountId: audit.accountId, outcome: failed ? 'Failed' : 'Allowed', ...what };
  });
  let result: Result;
  try {
    result = await companions.run(audit.with([recording]), () => run(note));
  } catch (error) {
    note({ failed: true });
    // A database that cannot record it is most likely what it failed of.
    await audit.finish(recording).catch(() => undefined);
    throw error;
  }
  await audit.finish(recording);
  return result;
}
