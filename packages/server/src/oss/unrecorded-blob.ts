import { CommitUnknown } from '../db/database-errors.js';
import type { DataPlane } from './data-plane.js';

/**
 * Deletes a blob whose row could not be written. When nobody knows whether it was, the blob stays, and so does one that
 * cannot be deleted just now: a sweep finds out and reclaims it. Never rejects: the reason is what the client is to be told.
 */
export async function deleteUnrecorded(
  { engine, strays }: Pick<DataPlane, 'engine' | 'strays'>,
  blob: string,
  reason: unknown,
): Promise<void> {
  if (reason instanceof CommitUnknown) return strays.add(blob, reason);
  await engine.delete(blob).catch((error: unknown) => strays.add(blob, error));
}
