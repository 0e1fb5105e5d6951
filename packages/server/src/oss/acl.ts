import type { BucketsTable, ObjectAcl } from '../db/schema.js';
import { type Answer, xmlAnswer } from './answer.js';
import { invalidArgument, OssError } from './oss-error.js';
import { element, xmlDocument } from './xml.js';

export type BucketAcl = BucketsTable['acl'];

const BUCKET_ACLS: readonly string[] = ['private', 'public-read', 'public-read-write'] satisfies BucketAcl[];

export const isBucketAcl = (text: string): text is BucketAcl => BUCKET_ACLS.includes(text);

/** `x-oss-acl`; `undefined` when it is not sent. @throws {OssError} `InvalidArgument` */
export function readBucketAcl(headers: ReadonlyMap<string, string>): BucketAcl | undefined {
  const acl = headers.get('x-oss-acl')?.trim();
  if (acl === undefined || isBucketAcl(acl)) return acl;
  throw invalidArgument('x-oss-acl', acl, 'The ACL must be private, public-read or public-read-write.');
}

/** `x-oss-object-acl`; `undefined` when it is not sent. @throws {OssError} `InvalidArgument` */
export function readObjectAcl(headers: ReadonlyMap<string, string>): ObjectAcl | undefined {
  const acl = headers.get('x-oss-object-acl')?.trim();
  if (acl === undefined || acl === 'default' || isBucketAcl(acl)) return acl;
  const message = 'The ACL must be default, private, public-read or public-read-write.';
  throw invalidArgument('x-oss-object-acl', acl, message);
}

/** @throws {OssError} `MissingArgument` */
export function required<T>(acl: T | undefined, header: string): T {
  if (acl !== undefined) return acl;
  throw new OssError('MissingArgument', {
    message: `The header ${header} is missing.`,
    extra: [['ArgumentName', header]],
  });
}

/** Whether everybody may read. `public-read-write` opens no more than that: whoever writes is to sign. */
export function isPublic(bucket: BucketAcl, object: ObjectAcl = 'default'): boolean {
  return (object === 'default' ? bucket : object) !== 'private';
}

export const ownerElement = (accountId: string): string =>
  element('Owner', [element('ID', accountId), element('DisplayName', accountId)]);

export const grantElement = (acl: ObjectAcl): string => element('AccessControlList', [element('Grant', acl)]);

export const aclAnswer = (accountId: string, acl: ObjectAcl): Answer =>
  xmlAnswer(xmlDocument(element('AccessControlPolicy', [ownerElement(accountId), grantElement(acl)])));
