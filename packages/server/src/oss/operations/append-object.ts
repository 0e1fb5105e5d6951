import { createHash } from 'node:crypto';
import { crc64Combine } from '@sluice/wire';
import { CommitUnknown } from '../../db/database-errors.js';
import { readObjectAcl } from '../acl.js';
import type { Answer } from '../answer.js';
import { smallTail } from '../append-extents.js';
import type { Extent } from '../catalog/manifest.js';
import { findObject, type ObjectName, type ObjectRow } from '../catalog/objects.js';
import type { DataPlane } from '../data-plane.js';
import type { BodySums, StoredBlob } from '../engine/engine.js';
import { quoted } from '../etag.js';
import { type ObjectAttributes, readObjectAttributes } from '../object-attributes.js';
import { storeStretch } from '../object-bytes.js';
import type { ObjectCall } from '../operation.js';
import { invalidArgument, OssError } from '../oss-error.js';
import { openObject, quarantined } from '../read-object.js';
import { type NewObject, storeObject } from '../store-object.js';
import { forbidsOverwrite } from '../stored-headers.js';
import { authoriseTaggingHeader } from '../tags.js';
import { deleteUnrecorded } from '../unrecorded-blob.js';

/**
 * Adds to the end of an appendable object, or makes one. Of several appends to one position exactly one is stored: the
 * length is judged again in the transaction. Headers that belong to the object count when it is made; but
 * an ACL counts each time, as the SDK for Go expects. Reference: oss 1.8.
 */
export async function appendObject(plane: DataPlane, call: ObjectCall): Promise<Answer> {
  const position = readPosition(call.query.get('position') ?? '');
  const attributes = readObjectAttributes(call.headers);
  const forbidOverwrite = forbidsOverwrite(call.headers) && position === 0;
  call.body.check();
  checkSize(plane, position + Number(call.headers.get('content-length') ?? 0));
  const seen = await findObject(plane.db, call.name);
  if (seen && forbidOverwrite) throw new OssError('FileAlreadyExists');
  checkPosition(seen, position);
  if (!seen) await authoriseTaggingHeader(call);

  const added = await call.body.store(plane.engine);
  const unused = [added.blob];
  try {
    checkSize(plane, position + added.size);
    // Nothing was added to what is there: it stays as it is.
    const result =
      seen && added.size === 0
        ? await unchanged(plane, call, position)
        : await append(plane, call, { position, attributes, forbidOverwrite, added, unused });
    return answer(result);
  } catch (error) {
    for (const blob of unused.splice(0)) await deleteUnrecorded(plane, blob, error);
    throw error;
  } finally {
    await drop(plane, unused);
  }
}

/** What cannot be deleted now is an orphan, which the sweep finds; the outcome of the call stands. */
async function drop(plane: DataPlane, blobs: readonly string[]): Promise<void> {
  for (const blob of blobs) {
    await plane.engine
      .delete(blob)
      .catch((error: unknown) => plane.log.warn({ err: error, blob }, 'an unused blob could not be deleted'));
  }
}

interface Appending {
  readonly position: number;
  readonly attributes: ObjectAttributes;
  readonly forbidOverwrite: boolean;
  readonly added: StoredBlob;
  /** Blobs that no row names: emptied by the commit. */
  readonly unused: string[];
}

type Appended = Pick<ObjectRow, 'etag' | 'crc64' | 'size'> & { readonly modified?: number };

const answer = ({ etag, crc64, size, modified }: Appended): Answer => ({
  status: 200,
  headers: { etag: quoted(etag), 'x-oss-hash-crc64ecma': crc64, 'x-oss-next-append-position': String(size) },
  body: '',
  ...(modified === undefined ? {} : { date: modified }),
});

async function unchanged(plane: DataPlane, { name }: ObjectCall, position: number): Promise<Appended> {
  const object = await findObject(plane.db, name);
  checkPosition(object, position);
  if (!object) throw overtaken(0);
  return object;
}

async function append(plane: DataPlane, call: ObjectCall, appending: Appending): Promise<Appended> {
  const { position, attributes, forbidOverwrite, added, unused } = appending;
  const modified = plane.clock.now();
  const asked = readObjectAcl(call.headers);
  const grown = position === 0 ? undefined : await openIfThere(plane, call.name);
  try {
    const tail = grown && (await gatherTail(plane, call, grown, appending));
    const stored = await storeObject(plane, call, async (transaction): Promise<NewObject> => {
      const object = await findObject(transaction, call.name);
      checkPosition(object, position);
      const extents: readonly Extent[] = added.size === 0 ? [] : [[added.blob, added.size, added.crc64.toString()]];
      const common = { type: 'Appendable' as const, last_modified: modified, upload_id: null };
      if (!object || object.size === 0) {
        const { headers, tags, acl } = object ? { ...object, acl: asked ?? object.acl } : attributes;
        const first = { size: added.size, etag: added.md5, crc64: added.crc64.toString(), headers, acl, tags };
        return { row: { ...common, ...first }, bytes: { extents }, forbidOverwrite };
      }
      // The extents that were read are those of this manifest at this length; new metadata changes neither.
      const same = tail?.of.manifest_id === object.manifest_id && tail.of.size === object.size;
      if (!same) throw overtaken(object.size);
      return {
        row: {
          ...common,
          size: position + added.size,
          etag: createHash('md5').update(`${object.etag}${added.md5}`).digest('hex').toUpperCase(),
          crc64: crc64Combine(BigInt(object.crc64), added.crc64, added.size).toString(),
          headers: object.headers,
          acl: asked ?? object.acl,
          tags: object.tags,
        },
        bytes: {
          manifestId: object.manifest_id,
          rewritten: { extents: [...tail.extents, ...extents], discarded: tail.discarded },
        },
        forbidOverwrite,
      };
    });
    unused.length = 0;
    if (added.size === 0) unused.push(added.blob);
    return { ...stored, modified };
  } catch (error) {
    // When nobody knows whether the row was written, its blobs stay: the next start finds out.
    if (error instanceof CommitUnknown) unused.length = 0;
    throw error;
  } finally {
    grown?.release();
  }
}

const openIfThere = (plane: DataPlane, name: ObjectName) =>
  openObject(plane, name).catch((error: unknown) => {
    if (error instanceof OssError && error.code === 'NoSuchKey') return undefined;
    throw error;
  });

interface Tail {
  readonly of: ObjectRow;
  readonly extents: readonly Extent[];
  readonly discarded: readonly string[];
}

/** The extents that the next one is put behind; many small ones at the end have become one. */
async function gatherTail(
  plane: DataPlane,
  call: ObjectCall,
  { object, extents, damaged }: { object: ObjectRow; extents: readonly Extent[]; damaged: ReadonlySet<string> },
  { added, unused }: Appending,
): Promise<Tail> {
  const count = smallTail(extents, added.size);
  const kept = extents.slice(0, extents.length - count);
  const small = extents.slice(extents.length - count);
  const bytes = small.reduce((sum, [, size]) => sum + size, 0);
  // What is quarantined stays as it is: made into another blob it would look sound.
  const unsound = small.some(([blob]) => damaged.has(blob));
  if (count === 0 || bytes === 0 || unsound) return { of: object, extents, discarded: [] };
  const one = await storeStretch(
    plane.engine,
    { extents: small, range: { start: 0, end: bytes - 1 }, damaged },
    { signal: call.gone(), verify: (sums) => checkExtents(small, sums) },
  );
  unused.push(one.blob);
  return {
    of: object,
    extents: [...kept, [one.blob, one.size, one.crc64.toString()]],
    discarded: small.map(([blob]) => blob),
  };
}

/** Damage that no scrub has found yet must not get a CRC64 of its own. */
function checkExtents(extents: readonly Extent[], sums: BodySums): void {
  const known = extents.every(([, , crc64]) => crc64 !== undefined);
  const crc = extents.reduce((sum, [, size, crc64]) => crc64Combine(sum, BigInt(crc64 ?? 0), size), 0n);
  if (known && crc !== sums.crc64) throw quarantined();
}

function readPosition(text: string): number {
  if (!/^\d{1,15}$/.test(text)) {
    throw invalidArgument('position', text, 'The position must be the length of the object, an integer from 0.');
  }
  return Number(text);
}

function checkSize(plane: DataPlane, size: number): void {
  if (size <= plane.limits.maxBodyBytes) return;
  throw invalidArgument('Content-Length', String(size), 'An appendable object is at most 5 GB.');
}

/** @throws {OssError} `ObjectNotAppendable`, `PositionNotEqualToLength` */
function checkPosition(object: ObjectRow | undefined, position: number): void {
  if (object && object.type !== 'Appendable') throw new OssError('ObjectNotAppendable');
  if ((object?.size ?? 0) !== position) throw overtaken(object?.size ?? 0);
}

const overtaken = (length: number): OssError =>
  new OssError('PositionNotEqualToLength', { headers: { 'x-oss-next-append-position': String(length) } });
