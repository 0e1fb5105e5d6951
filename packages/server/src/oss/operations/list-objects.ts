import { formatIsoMillis } from '@sluice/wire';
import { type Answer, xmlAnswer } from '../answer.js';
import { type ListedObject, objectIndex } from '../catalog/list-objects.js';
import { storageClassOf } from '../catalog/stored-headers.js';
import { continuationToken, openContinuationToken } from '../continuation-token.js';
import type { DataPlane } from '../data-plane.js';
import { quoted } from '../etag.js';
import { type ListArguments, readListArguments, readListNumber, readListText } from '../list-arguments.js';
import type { BucketCall } from '../operation.js';
import { invalidArgument } from '../oss-error.js';
import { type RolledUp, rollUp, startOf } from '../roll-up.js';
import { element, xmlDocument } from '../xml.js';

const KEYS = { fallback: 100, least: 1, most: 1000 };

/**
 * ListObjects, and with `list-type=2` ListObjectsV2. The prefix and the delimiter count in the question for permission, so
 * that a policy can open a part of a bucket (`oss:Prefix`). Reference: oss 1.17, 1.18.
 */
export async function listObjects(plane: DataPlane, call: BucketCall): Promise<Answer> {
  const { query, bucket } = call;
  const asked = readListArguments(query);
  await call.authorise({
    action: 'oss:ListObjects',
    bucket,
    conditions: { 'oss:Prefix': asked.prefix, 'oss:Delimiter': asked.delimiter },
  });
  const version = query.get('list-type') ?? '';
  if (version === '2') return listV2(plane, call, asked);
  if (version !== '' && version !== '1') throw invalidArgument('list-type', version, 'list-type must be 1 or 2.');
  return listV1(plane, call, asked);
}

async function listV1(plane: DataPlane, { query, bucket }: BucketCall, asked: ListArguments): Promise<Answer> {
  const { keyElement, encodingType, prefix, delimiter } = asked;
  const max = readListNumber(query, 'max-keys', KEYS);
  const marker = readListText(query, 'marker');
  const page = await pageAfter(plane, bucket.bucket, asked, marker, max);
  // ali-oss reads the owner of every object without asking whether it is there (reference oss 2b).
  const owner = ownerElement(bucket.account_id);
  return xmlAnswer(
    xmlDocument(
      element('ListBucketResult', [
        element('Name', bucket.bucket),
        keyElement('Prefix', prefix),
        keyElement('Marker', marker),
        element('MaxKeys', max),
        keyElement('Delimiter', delimiter),
        ...encodingType,
        element('IsTruncated', page.truncated),
        ...(page.truncated ? [keyElement('NextMarker', lastOf(page))] : []),
        ...entryElements(page, keyElement, owner),
      ]),
    ),
  );
}

async function listV2(plane: DataPlane, { query, bucket }: BucketCall, asked: ListArguments): Promise<Answer> {
  const { keyElement, encodingType, prefix, delimiter } = asked;
  const max = readListNumber(query, 'max-keys', KEYS);
  const startAfter = readListText(query, 'start-after');
  const token = query.get('continuation-token') || undefined;
  const listed = { bucket: bucket.bucket, prefix, delimiter };
  const marker = token === undefined ? startAfter : openContinuationToken(plane.ring, listed, token);
  if (marker === undefined) {
    throw invalidArgument(
      'continuation-token',
      token ?? '',
      'The continuation token is not one that was given out for this bucket, prefix and delimiter.',
    );
  }
  const page = await pageAfter(plane, bucket.bucket, asked, marker, max);
  const owner = query.get('fetch-owner')?.toLowerCase() === 'true' ? ownerElement(bucket.account_id) : '';
  return xmlAnswer(
    xmlDocument(
      element('ListBucketResult', [
        element('Name', bucket.bucket),
        keyElement('Prefix', prefix),
        ...(startAfter === '' ? [] : [keyElement('StartAfter', startAfter)]),
        ...(token === undefined ? [] : [element('ContinuationToken', token)]),
        element('MaxKeys', max),
        keyElement('Delimiter', delimiter),
        ...encodingType,
        element('IsTruncated', page.truncated),
        ...(page.truncated
          ? [element('NextContinuationToken', continuationToken(plane.ring, listed, lastOf(page)))]
          : []),
        ...entryElements(page, keyElement, owner),
        element('KeyCount', page.entries.length),
      ]),
    ),
  );
}

function pageAfter(
  plane: DataPlane,
  bucket: string,
  asked: ListArguments,
  marker: string,
  max: number,
): Promise<RolledUp<ListedObject>> {
  const index = objectIndex(plane.db, bucket, asked.prefix);
  const behindMarker = { key: marker, inclusive: false };
  return rollUp(index, asked, startOf(asked, marker, { at: index.at, behindMarker }), max);
}

function lastOf({ entries }: RolledUp<ListedObject>): string {
  const last = entries.at(-1);
  return typeof last === 'object' ? last.object_key : (last ?? '');
}

function entryElements(
  { entries }: RolledUp<ListedObject>,
  keyElement: ListArguments['keyElement'],
  owner: string,
): string[] {
  const objects = entries.filter((entry) => typeof entry === 'object');
  const prefixes = entries.filter((entry) => typeof entry === 'string');
  return [
    ...objects.map((object) => contentsElement(object, keyElement, owner)),
    ...prefixes.map((prefix) => element('CommonPrefixes', [keyElement('Prefix', prefix)])),
  ];
}

function contentsElement(object: ListedObject, keyElement: ListArguments['keyElement'], owner: string): string {
  return element('Contents', [
    keyElement('Key', object.object_key),
    element('LastModified', formatIsoMillis(Math.floor(object.last_modified / 1000) * 1000)),
    element('ETag', quoted(object.etag)),
    element('Type', object.type),
    element('Size', object.size),
    element('StorageClass', storageClassOf(object.headers)),
    owner,
  ]);
}

const ownerElement = (account: string): string =>
  element('Owner', [element('ID', account), element('DisplayName', account)]);
