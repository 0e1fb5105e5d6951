import { aclAnswer, readObjectAcl, required } from '../acl.js';
import type { Answer } from '../answer.js';
import { findObject, setObjectAcl } from '../catalog/objects.js';
import type { DataPlane } from '../data-plane.js';
import type { ObjectCall } from '../operation.js';
import { noSuchKey } from '../read-object.js';

/** The bytes and the time of the object stay as they are. Reference: oss 1.22. */
export async function putObjectAcl(plane: DataPlane, { name, headers }: ObjectCall): Promise<Answer> {
  const acl = required(readObjectAcl(headers), 'x-oss-object-acl');
  await plane.commits.commit(async (transaction) => {
    if (!(await setObjectAcl(transaction, name, acl))) throw noSuchKey(name);
  });
  return { status: 200, body: '' };
}

/** Reference: oss 1.22. */
export async function getObjectAcl(plane: DataPlane, { name, bucket }: ObjectCall): Promise<Answer> {
  const object = await findObject(plane.db, name);
  if (!object) throw noSuchKey(name);
  return aclAnswer(bucket.account_id, object.acl);
}
