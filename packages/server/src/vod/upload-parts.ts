import type { Random } from '../runtime.js';
import { vodErrors } from './errors.js';
import type { MediaStore } from './media-store.js';
import { baseName } from './media-types.js';
import type { UploadGrants } from './upload-grant.js';

/** What the operations that create and renew uploads are made of. */
export interface UploadParts {
  readonly media: MediaStore;
  readonly grants: UploadGrants;
  readonly random: Random;
  /** Where media are kept. */
  readonly bucket: string;
  /** Public URL of an object, for answers and events. */
  readonly objectUrl: (bucket: string, key: string) => string;
}

/** Prefix of the keys of all media; kept out of reach of tokens that may write to the bucket directly. */
export const MEDIA_PREFIX = 'media/';

/** 32 lower-case hexadecimal digits. */
export const newMediaId = (random: Random): string => Buffer.from(random.bytes(16)).toString('hex');

export const objectKey = (mediaId: string, extension: string): string =>
  `${MEDIA_PREFIX}${mediaId}/source.${extension}`;

/** The title of a media that was given none: its file name without the extension. */
export function titleFrom(fileName: string): string {
  const name = baseName(fileName);
  const dot = name.lastIndexOf('.');
  const stem = dot > 0 ? name.slice(0, dot) : name;
  return [...stem].slice(0, 128).join('');
}

/** A storage location is the host of a bucket of ours, or the bucket's name. */
export function checkStorageLocation(given: string | undefined, { bucket }: Pick<UploadParts, 'bucket'>): void {
  if (given !== undefined && given.split('.')[0] !== bucket) throw vodErrors.storage();
}
