import { CommitUnknown } from '../db/database-errors.js';
import type { StorageEngine } from './engine/engine.js';

/**
 * Deletes a blob whose row could not be written. When nobody knows whether it was, the blob stays: the next start finds out
 * and reclaims it.
 */
export async function deleteUnrecorded(engine: StorageEngine, blob: string, reason: unknown): Promise<void> {
  if (!(reason instanceof CommitUnknown)) await engine.delete(blob);
}
