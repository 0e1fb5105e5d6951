import { crc64Combine, percentEncodePath } from '@sluice/wire';
import type { ObjectAcl } from '../../db/schema.js';
import { readObjectAcl } from '../acl.js';
import { type Answer, type MadeObject, xmlAnswer } from '../answer.js';
import { findObject } from '../catalog/objects.js';
import { findParts, type StoredPart } from '../catalog/parts.js';
import { contentTypeOf } from '../catalog/stored-headers.js';
import { endUpload, findUpload, type UploadName } from '../catalog/uploads.js';
import { type ClaimedSums, checkCrc64, readClaimedSums } from '../checksums.js';
import { type ListedPart, readCompleteRequest } from '../complete-request.js';
import type { DataPlane } from '../data-plane.js';
import { readEncodingType } from '../encoding-type.js';
import { multipartETag, quoted } from '../etag.js';
import { noSuchUpload } from '../no-such-upload.js';
import type { ObjectCall } from '../operation.js';
import { invalidArgument, OssError } from '../oss-error.js';
import { storeObject } from '../store-object.js';
import { forbidsOverwrite } from '../stored-headers.js';
import { element, xmlDocument } from '../xml.js';

const EC = '0042-00000002';

/**
 * Writes one record; no byte of a part is touched. Repeated, because the answer was lost, it gives the same answer as long
 * as the object is the one it made. Reference: oss 1.13.
 */
export async function completeMultipartUpload(plane: DataPlane, call: ObjectCall): Promise<Answer> {
  const uploadId = call.query.get('uploadId') ?? '';
  const encode = readEncodingType(call.query);
  const forbidOverwrite = forbidsOverwrite(call.headers);
  const acl = readObjectAcl(call.headers);
  const claimed = readClaimedSums(call.headers);
  const listed = readList(call.headers.get('x-oss-complete-all'), await call.body.text());
  const request = { upload: { ...call.name, uploadId }, listed, claimed, forbidOverwrite, acl };

  const object = await store(plane, call, request).catch(async (error: unknown) => {
    const done = isNoSuchUpload(error) && (await madeBy(plane, request));
    if (!done) throw error;
    checkCrc64(claimed, BigInt(done.crc64));
    return done;
  });
  const { bucket, key } = call.name;
  return {
    ...xmlAnswer(
      xmlDocument(
        element('CompleteMultipartUploadResult', [
          ...(encode ? [element('EncodingType', 'url')] : []),
          element('Location', call.location),
          element('Bucket', bucket),
          element('Key', encode ? percentEncodePath(key) : key),
          element('ETag', quoted(object.etag)),
        ]),
      ),
      { etag: quoted(object.etag), 'x-oss-hash-crc64ecma': object.crc64 },
    ),
    date: object.modified,
    made: object,
  };
}

interface CompleteRequest {
  readonly upload: UploadName;
  readonly listed: readonly ListedPart[] | 'all';
  readonly claimed: ClaimedSums;
  readonly forbidOverwrite: boolean;
  /** Of the object; that of the Initiate unless it is given here. */
  readonly acl: ObjectAcl | undefined;
}

interface Completed extends MadeObject {
  readonly modified: number;
}

async function store(
  plane: DataPlane,
  call: ObjectCall,
  { upload, listed, claimed, forbidOverwrite, acl }: CompleteRequest,
): Promise<Completed> {
  const { uploadId } = upload;
  const modified = plane.clock.now();
  let contentType = '';
  const { etag, crc64, size } = await storeObject(plane, call, async (transaction) => {
    const row = await findUpload(transaction, upload);
    if (!row) throw noSuchUpload(uploadId, EC);
    contentType = contentTypeOf(row.headers);
    const stored = await findParts(transaction, uploadId);
    const parts = choose(stored, listed, plane.limits.minPartBytes);
    const sum = combinedCrc64(parts);
    checkCrc64(claimed, sum);
    await endUpload(transaction, uploadId, blobsBut(stored, parts), modified);
    return {
      row: {
        type: 'Multipart',
        size: parts.reduce((bytes, part) => bytes + part.size, 0),
        etag: multipartETag(parts.map((part) => part.etag)),
        crc64: sum.toString(),
        headers: row.headers,
        acl: acl ?? row.acl,
        tags: row.tags,
        last_modified: modified,
        upload_id: uploadId,
      },
      bytes: { extents: parts.map((part) => [part.blob, part.size, part.crc64] as const) },
      forbidOverwrite: forbidOverwrite || row.forbid_overwrite === 1,
    };
  });
  return { etag, crc64, size, contentType, modified };
}

const isNoSuchUpload = (error: unknown): boolean => error instanceof OssError && error.code === 'NoSuchUpload';

/** The object, if this upload made it of these parts. An ETag is a digest of the ETags of the parts in their order. */
async function madeBy(
  plane: DataPlane,
  { upload, listed }: Pick<CompleteRequest, 'upload' | 'listed'>,
): Promise<Completed | undefined> {
  const object = await findObject(plane.db, upload);
  if (object?.upload_id !== upload.uploadId) return undefined;
  const same = listed === 'all' || multipartETag(listed.map((part) => part.etag)) === object.etag;
  // Not the time of the object: clients set their clocks by the Date of answers.
  if (!same) return undefined;
  const { etag, crc64, size } = object;
  return { etag, crc64, size, contentType: contentTypeOf(object.headers), modified: plane.clock.now() };
}

/** The list of the body, or `'all'` for `x-oss-complete-all: yes`. */
function readList(completeAll: string | undefined, body: string): readonly ListedPart[] | 'all' {
  if (completeAll !== undefined && completeAll.toLowerCase() !== 'yes') {
    throw invalidArgument('x-oss-complete-all', completeAll);
  }
  const empty = body.trim() === '';
  if (completeAll === undefined) {
    if (empty) throw new OssError('MalformedXML', { ec: '0042-00000205' });
    return readCompleteRequest(body);
  }
  if (!empty) {
    throw invalidArgument('x-oss-complete-all', completeAll, 'The body must be empty.', '0042-00000216');
  }
  return 'all';
}

/** The stored parts that were listed, in order. Sizes are judged here, not when a part arrives (reference oss 1.11). */
function choose(
  stored: readonly StoredPart[],
  listed: readonly ListedPart[] | 'all',
  minPartBytes: number,
): readonly StoredPart[] {
  const byNumber = new Map(stored.map((part) => [part.part_number, part]));
  const parts = listed === 'all' ? stored : listed.map((wanted) => match(byNumber.get(wanted.number), wanted));
  if (parts.length === 0) {
    if (listed === 'all') throw new OssError('InvalidPart');
    // The SDK for Go ends the upload of an empty stream like that. Parts that are there are not thrown away for it.
    if (stored.length > 0) throw new OssError('MalformedXML');
  }
  for (const part of parts.slice(0, -1)) {
    if (part.size < minPartBytes) {
      throw new OssError('EntityTooSmall', {
        ec: '0042-00000213',
        extra: [
          ['ProposedSize', String(part.size)],
          ['MinSizeAllowed', String(minPartBytes)],
          ['PartNumber', String(part.part_number)],
          ['ETag', part.etag],
        ],
      });
    }
  }
  return parts;
}

/** Blobs of the stored parts that were not chosen. */
function blobsBut(stored: readonly StoredPart[], chosen: readonly StoredPart[]): readonly string[] {
  if (stored.length === chosen.length) return [];
  const kept = new Set(chosen.map((part) => part.blob));
  return stored.map((part) => part.blob).filter((blob) => !kept.has(blob));
}

function match(part: StoredPart | undefined, wanted: ListedPart): StoredPart {
  if (part?.etag === wanted.etag) return part;
  throw new OssError('InvalidPart', {
    extra: [
      ['PartNumber', String(wanted.number)],
      ['ETag', wanted.etag],
    ],
  });
}

/** 10 000 of them take some milliseconds. */
const combinedCrc64 = (parts: readonly StoredPart[]): bigint =>
  parts.reduce((crc, part) => crc64Combine(crc, BigInt(part.crc64), part.size), 0n);
