import { z } from 'zod';
import { type Operation, operation } from '../rpc/operation.js';
import type { ContentChallenges } from './content-challenge.js';
import { vodErrors } from './errors.js';
import type { MediaStore } from './media-store.js';
import { invalidMetadata } from './metadata-input.js';
import { fileSizeText } from './new-video.js';
import { creationDemand, ownerOf } from './scope.js';

/** Bytes. Smaller contents are few enough to be guessed, and cheap to send. */
export const MIN_CONTENT_BYTES = 1024 * 1024;

const MAX_CRC64 = 0xffff_ffff_ffff_ffffn;

/** Which content is meant: its size in bytes, and its CRC64 in decimal. */
export const contentShape = {
  FileSize: fileSizeText.transform(Number),
  Crc64: z
    .string()
    .regex(/^\d{1,20}$/)
    .transform(BigInt)
    .refine((crc) => crc <= MAX_CRC64)
    .transform(String),
};

export interface FindContentParts {
  readonly media: MediaStore;
  readonly challenges: ContentChallenges;
}

/** FindContent, an extension (docs/extensions.md): whether the account has a content, and the challenge to prove having it too. */
export function findContent({ media, challenges }: FindContentParts): Operation {
  return operation({
    product: 'vod',
    version: '2017-03-21',
    name: 'FindContent',
    description: 'Tells whether a content is stored already, and asks for a proof of possessing it.',
    signed: true,
    input: z.object(contentShape),
    invalid: invalidMetadata,
    denied: vodErrors.denied,
    access: async (_given, { principal }) => [creationDemand(principal, 'CreateUploadVideo')],
    perSecond: 50,
    perSecondOf: 'principal',
    async handle({ FileSize: size, Crc64: crc64 }, { principal, now }) {
      const found =
        size >= MIN_CONTENT_BYTES && (await media.findByContent(ownerOf(principal).accountId, { size, crc64 }));
      return found ? { Found: true, Challenge: challenges.issue(principal, { size, crc64 }, now) } : { Found: false };
    },
  });
}
