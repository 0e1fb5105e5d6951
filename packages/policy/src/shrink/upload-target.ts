/** What an upload is about, as resources and actions of OSS (reference ram-sts 3.5). */
import { isLiteral } from '../wildcard.js';
import { ShrinkError } from './shrink-error.js';

/**
 * - `put`: write the object, whole or in parts
 * - `resume`: `put`, and list the parts that are there already
 * - `abort`: give up an upload in parts
 * - `read`: get the object and its metadata
 * - `list`: list the objects below the prefix
 * - `delete`: delete the object
 * - `tag`: write the object with tags
 */
export type UploadVerb = 'put' | 'resume' | 'abort' | 'read' | 'list' | 'delete' | 'tag';

/** What is to be uploaded or done, and where. */
export interface Upload {
  /** 3 to 63 of `a-z 0-9 -`. */
  readonly bucket: string;
  /** The one object; `*` and `?` cannot be meant literally and are refused. Either this or `prefix`. */
  readonly key?: string;
  /** Where the keys of the objects begin, `users/alice/`. Empty: the whole bucket. */
  readonly prefix?: string;
  /** What may be done there. */
  readonly verbs: readonly UploadVerb[];
  /** Owner of the bucket, digits; default any. */
  readonly accountId?: string;
}

const OBJECT_ACTIONS: Readonly<Record<Exclude<UploadVerb, 'list'>, readonly string[]>> = {
  put: ['oss:PutObject'],
  resume: ['oss:PutObject', 'oss:ListParts'],
  abort: ['oss:AbortMultipartUpload'],
  read: ['oss:GetObject'],
  delete: ['oss:DeleteObject'],
  tag: ['oss:PutObjectTagging'],
};

/** One action on one resource name or on all that begin alike. */
export interface Target {
  readonly action: string;
  readonly account: string;
  /** The relative id of the name, or its beginning. */
  readonly stem: string;
  readonly open: boolean;
  /** Patterns that `oss:Prefix` has to match; absent when it does not matter. */
  readonly prefix?: { readonly stem: string; readonly open: boolean };
}

/** @throws ShrinkError when the upload cannot be put into a policy */
export function targetsOf({ bucket, key, prefix, verbs, accountId = '*' }: Upload): readonly Target[] {
  if (!/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(bucket)) throw invalid(`"${bucket}" is no bucket name`);
  if (!/^(?:\*|\d{1,32})$/.test(accountId)) throw invalid(`"${accountId}" is no account id`);
  if ((key === undefined) === (prefix === undefined)) throw invalid('give either a key or a prefix');
  if (key === '') throw invalid('a key must not be empty');
  if (verbs.length === 0) throw invalid('give at least one verb');
  const path = key ?? prefix ?? '';
  if (!isLiteral(path) || /\p{Cc}|\p{Surrogate}/u.test(path)) {
    throw invalid(`${JSON.stringify(path)} has wildcards or control characters, which a policy cannot mean literally`);
  }
  const open = key === undefined;
  const actions = new Set(verbs.flatMap((verb) => (verb === 'list' ? [] : actionsOf(verb))));
  const objects = [...actions].map((action) => ({ action, account: accountId, stem: `${bucket}/${path}`, open }));
  if (!verbs.includes('list')) return objects;
  const list = { action: 'oss:ListObjects', account: accountId, stem: bucket, open: false };
  return [...objects, path === '' ? list : { ...list, prefix: { stem: path, open } }];
}

function actionsOf(verb: Exclude<UploadVerb, 'list'>): readonly string[] {
  if (Object.hasOwn(OBJECT_ACTIONS, verb)) return OBJECT_ACTIONS[verb];
  throw invalid(`"${verb}" is no verb of an upload`);
}

export const relativePattern = ({ stem, open }: Pick<Target, 'stem' | 'open'>): string => (open ? `${stem}*` : stem);

export const targetSlots = (target: Target): readonly string[] => [
  'acs',
  'oss',
  '*',
  target.account,
  relativePattern(target),
];

const invalid = (why: string): ShrinkError => new ShrinkError('InvalidUpload', why);
