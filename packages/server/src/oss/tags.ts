import { percentDecode } from '@sluice/wire';
import type { ObjectCall } from './operation.js';
import { invalidArgument, OssError } from './oss-error.js';

/** At most ten an object, each key once (reference oss 0.4). */
export type Tags = readonly (readonly [key: string, value: string])[];

const MAX_TAGS = 10;
const MAX_KEY = 128;
const MAX_VALUE = 256;
const ALLOWED = /^[\p{L}\p{M}\p{N} +\-=._:/]*$/u;

/** The column `tags` of objects and uploads. */
export const writeTags = (tags: Tags): string => JSON.stringify(tags);

export const readTags = (column: string): Tags => JSON.parse(column) as Tags;

/**
 * `x-oss-tagging: key=value&key2=value2`, both URL-encoded; without `=` the value is empty.
 * @throws {OssError} `InvalidArgument` when it is not of that form, `InvalidTag`, `RepeatedTags`
 */
export function readTaggingHeader(headers: ReadonlyMap<string, string>): Tags {
  const header = headers.get('x-oss-tagging');
  if (header === undefined || header === '') return [];
  const tags = header.split('&').map((pair) => {
    const [key = '', value = '', ...more] = pair.split('=');
    const tag = [decode(key), decode(value)] as const;
    if (tag[0] === undefined || tag[1] === undefined || more.length > 0) {
      throw invalidArgument(
        'x-oss-tagging',
        header,
        'Tags must be written as key1=value1&key2=value2, with keys and values URL-encoded.',
        '0010-00000219',
      );
    }
    return [tag[0], tag[1]] as const;
  });
  return checkTags(tags);
}

/** As a form has it: a blank is `+` or `%20`. */
const decode = (text: string): string | undefined => percentDecode(text.replaceAll('+', '%20'));

/** @throws {OssError} `InvalidTag`, `RepeatedTags` */
export function checkTags(tags: Tags): Tags {
  if (tags.length > MAX_TAGS) throw invalid(`An object has at most ${MAX_TAGS} tags.`);
  for (const [key, value] of tags) {
    if (key === '' || length(key) > MAX_KEY) throw invalid(`A tag key has 1 to ${MAX_KEY} characters.`);
    if (length(value) > MAX_VALUE) throw invalid(`A tag value has at most ${MAX_VALUE} characters.`);
    if (!ALLOWED.test(key) || !ALLOWED.test(value)) {
      throw invalid('Tags are made of letters, digits, blanks and + - = . _ : /');
    }
  }
  if (new Set(tags.map(([key]) => key)).size < tags.length) throw new OssError('RepeatedTags');
  return tags;
}

const length = (text: string): number => [...text].length;

const invalid = (message: string): OssError => new OssError('InvalidTag', { message });

type Tagging = Pick<ObjectCall, 'authorise' | 'bucket' | 'name'>;

/** Who gives an object tags together with its bytes needs the permission to tag, too. @throws {OssError} `AccessDenied` */
export async function authoriseTaggingHeader(call: Tagging & Pick<ObjectCall, 'headers'>): Promise<void> {
  if (call.headers.get('x-oss-tagging')) await authoriseTagging(call);
}

export async function authoriseTagging({ authorise, bucket, name }: Tagging): Promise<void> {
  await authorise({ action: 'oss:PutObjectTagging', bucket, key: name.key });
}
