import { type Answer, xmlAnswer } from '../answer.js';
import { findObject, retagObject } from '../catalog/objects.js';
import type { DataPlane } from '../data-plane.js';
import type { ObjectCall } from '../operation.js';
import { noSuchKey } from '../read-object.js';
import { readTaggingRequest } from '../tagging-request.js';
import { readTags, type Tags, writeTags } from '../tags.js';
import { element, xmlDocument } from '../xml.js';

/** Replaces all tags; the object is not modified by it. Reference: oss 1 and PutObjectTagging. */
export async function putObjectTagging(plane: DataPlane, call: ObjectCall): Promise<Answer> {
  call.body.check();
  await retag(plane, call, readTaggingRequest(await call.body.text()));
  return { status: 200, body: '' };
}

export async function getObjectTagging(plane: DataPlane, call: ObjectCall): Promise<Answer> {
  const object = await findObject(plane.db, call.name);
  if (!object) throw noSuchKey(call.name);
  const tags = readTags(object.tags).map(([key, value]) =>
    element('Tag', [element('Key', key), element('Value', value)]),
  );
  return xmlAnswer(xmlDocument(element('Tagging', [element('TagSet', tags)])));
}

export async function deleteObjectTagging(plane: DataPlane, call: ObjectCall): Promise<Answer> {
  await retag(plane, call, []);
  return { status: 204 };
}

async function retag(plane: DataPlane, { name }: ObjectCall, tags: Tags): Promise<void> {
  const found = await plane.commits.commit((transaction) => retagObject(transaction, name, writeTags(tags)));
  if (!found) throw noSuchKey(name);
}
