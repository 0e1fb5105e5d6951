import type { ObjectsTable } from '../db/schema.js';
import { readObjectAcl } from './acl.js';
import { writeHeaders } from './catalog/stored-headers.js';
import { readStoredHeaders } from './stored-headers.js';
import { readTaggingHeader, writeTags } from './tags.js';

/** What an object is given beside its bytes, as columns. */
export type ObjectAttributes = Pick<ObjectsTable, 'headers' | 'acl' | 'tags'>;

/**
 * Reads them from the headers of a Put, Initiate, Append or Post.
 * @throws {OssError} `InvalidArgument`, `InvalidTag`, `RepeatedTags`, or `NotImplemented` for what would silently be lost
 */
export function readObjectAttributes(headers: ReadonlyMap<string, string>): ObjectAttributes {
  return {
    headers: writeHeaders(readStoredHeaders(headers)),
    acl: readObjectAcl(headers) ?? 'default',
    tags: writeTags(readTaggingHeader(headers)),
  };
}
