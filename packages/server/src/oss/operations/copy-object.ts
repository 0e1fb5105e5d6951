import { formatIsoMillis } from '@sluice/wire';
import { type Answer, xmlAnswer } from '../answer.js';
import { findObject, type ObjectRow } from '../catalog/objects.js';
import { isDamaged } from '../catalog/quarantine.js';
import { checkSource, findCopySource, refuseAppendable } from '../copy-source.js';
import type { DataPlane } from '../data-plane.js';
import { quoted } from '../etag.js';
import { readObjectAttributes } from '../object-attributes.js';
import { validators } from '../object-headers.js';
import type { ObjectCall } from '../operation.js';
import { invalidArgument } from '../oss-error.js';
import { noSuchKey, quarantined } from '../read-object.js';
import { storeObject } from '../store-object.js';
import { copiedHeaders, forbidsOverwrite, replacedHeaders } from '../stored-headers.js';
import { authoriseTagging, readTags } from '../tags.js';
import { element, xmlDocument } from '../xml.js';

/**
 * Makes an object of the bytes of another: one row, no byte is copied (docs/adr/0006-shared-content.md), so the 1 GB limit
 * of the real service does not apply. Copied onto itself an object gets new metadata: its bytes were there before, so
 * nobody is told of a new object. Reference: oss 1.7.
 */
export async function copyObject(plane: DataPlane, call: ObjectCall): Promise<Answer> {
  const { headers, name } = call;
  const replace = directive(headers, 'x-oss-metadata-directive') === 'replace';
  const replaceTags = directive(headers, 'x-oss-tagging-directive') === 'replace';
  const given = readObjectAttributes(headers);
  const forbidOverwrite = forbidsOverwrite(headers);
  const source = await findCopySource(plane, call);
  const same = source.name.bucket === name.bucket && source.name.key === name.key;

  const judge = (object: ObjectRow): 'proceed' | 'not-modified' => {
    const outcome = checkSource(source, headers, object);
    if (!same) refuseAppendable(object);
    return outcome;
  };
  const seen = await findObject(plane.db, source.name);
  if (!seen) throw noSuchKey(source.name);
  if (judge(seen) === 'not-modified') return { status: 304, headers: validators(seen) };
  const newTags = replaceTags ? given.tags : same ? '[]' : seen.tags;
  if (readTags(newTags).length > 0) {
    const { bucket } = source;
    if (!replaceTags) await call.authorise({ action: 'oss:GetObjectTagging', bucket, key: source.name.key });
    await authoriseTagging(call);
  }

  const modified = plane.clock.now();
  const { etag, crc64 } = await storeObject(plane, call, async (transaction) => {
    const from = await findObject(transaction, source.name);
    if (!from) throw noSuchKey(source.name);
    // It may have been overwritten or closed since it was looked at: what is there now is what the conditions are about.
    judge(from);
    const { type, size, etag, crc64, manifest_id: manifestId } = from;
    if (!same && (await isDamaged(transaction, manifestId))) throw quarantined();
    const kept = same ? { acl: from.acl, upload_id: from.upload_id } : { acl: 'default' as const, upload_id: null };
    return {
      row: {
        type,
        size,
        etag,
        crc64,
        headers:
          replace || same
            ? replacedHeaders(from.headers, given.headers, headers)
            : copiedHeaders(from.headers, headers),
        ...kept,
        ...(headers.has('x-oss-object-acl') ? { acl: given.acl } : {}),
        // Of another object those are taken that the permission was asked for.
        tags: replaceTags ? given.tags : same ? from.tags : seen.tags,
        last_modified: modified,
      },
      bytes: { manifestId },
      forbidOverwrite,
      ...(same ? { sameContent: true } : {}),
    };
  });
  return {
    ...xmlAnswer(
      xmlDocument(
        element('CopyObjectResult', [
          element('LastModified', formatIsoMillis(Math.floor(modified / 1000) * 1000)),
          element('ETag', quoted(etag)),
        ]),
      ),
      { etag: quoted(etag), 'x-oss-hash-crc64ecma': crc64 },
    ),
    date: modified,
  };
}

function directive(headers: ReadonlyMap<string, string>, name: string): 'copy' | 'replace' {
  const value = headers.get(name);
  const lower = value?.toLowerCase() ?? 'copy';
  if (lower !== 'copy' && lower !== 'replace') throw invalidArgument(name, value ?? '');
  return lower;
}
