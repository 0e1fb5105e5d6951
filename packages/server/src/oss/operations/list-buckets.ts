import { ownerElement } from '../acl.js';
import { type Answer, xmlAnswer } from '../answer.js';
import { bucketElements } from '../bucket-elements.js';
import { storageOf } from '../bucket-storage.js';
import { bucketsOf } from '../catalog/buckets.js';
import type { DataPlane } from '../data-plane.js';
import type { Call } from '../operation.js';
import { invalidArgument, OssError } from '../oss-error.js';
import { element, xmlDocument } from '../xml.js';

const DEFAULT_KEYS = 100;
const MAX_KEYS = 1000;

/** GetService: the buckets of the caller's account. Reference: oss 1.19. @throws {OssError} `InvalidArgument` */
export async function listBuckets(plane: DataPlane, { principal, query, host }: Call): Promise<Answer> {
  if (principal.kind === 'anonymous') throw new OssError('AccessDenied');
  const prefix = query.get('prefix') ?? '';
  const marker = query.get('marker') ?? '';
  const limit = readMaxKeys(query.get('max-keys'));
  const all = await bucketsOf(plane.db, principal.accountId);
  const matching = all.filter(({ bucket }) => bucket.startsWith(prefix) && bucket > marker);
  const page = matching.slice(0, limit);
  const next = matching.length > page.length ? page.at(-1)?.bucket : undefined;
  const buckets = await Promise.all(
    page.map(async (bucket) =>
      element('Bucket', [
        ...bucketElements(bucket, await storageOf(plane.db, bucket), host),
        element('Region', bucket.region.replace(/^oss-/, '')),
      ]),
    ),
  );
  return xmlAnswer(
    xmlDocument(
      element('ListAllMyBucketsResult', [
        element('Prefix', prefix),
        element('Marker', marker),
        element('MaxKeys', limit),
        element('IsTruncated', next !== undefined),
        ...(next === undefined ? [] : [element('NextMarker', next)]),
        ownerElement(principal.accountId),
        element('Buckets', buckets),
      ]),
    ),
  );
}

function readMaxKeys(text: string | undefined): number {
  if (text === undefined || text === '') return DEFAULT_KEYS;
  const keys = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (keys < 1 || keys > MAX_KEYS) throw invalidArgument('max-keys', text, 'It must be 1 to 1000.');
  return keys;
}
