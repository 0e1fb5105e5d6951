import type { Answer } from '../answer.js';
import { removeObject } from '../catalog/objects.js';
import type { DataPlane } from '../data-plane.js';
import type { ObjectCall } from '../operation.js';

/** 204, whether there was one or not. Reference: oss 1.5. */
export async function deleteObject(plane: DataPlane, { name }: ObjectCall): Promise<Answer> {
  const now = plane.clock.now();
  const removed = await plane.commits.commit((transaction) => removeObject(transaction, name, now));
  if (removed) plane.reaper.wake();
  return { status: 204 };
}
