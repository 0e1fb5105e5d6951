import type { Answer } from '../answer.js';
import { removeObject } from '../catalog/objects.js';
import type { DataPlane } from '../data-plane.js';
import type { ObjectCall } from '../operation.js';

/** 204, whether there was one or not; the listeners are told of one that was. Reference: oss 1.5. */
export async function deleteObject(plane: DataPlane, { name }: ObjectCall): Promise<Answer> {
  const now = plane.clock.now();
  const removed = await plane.commits.commit(async (transaction) => {
    if (!(await removeObject(transaction, name, now))) return false;
    await plane.objectEvents.removed(transaction, { ...name, what: 'object' });
    return true;
  });
  if (removed) plane.reaper.wake();
  return { status: 204 };
}
