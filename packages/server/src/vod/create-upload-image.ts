import { z } from 'zod';
import { type Operation, operation } from '../rpc/operation.js';
import { vodErrors } from './errors.js';
import { extensionOf, IMAGE_EXTENSIONS } from './media-types.js';
import { checkMetadata, invalidMetadata, metadataShape } from './metadata-input.js';
import { newMedia } from './new-media.js';
import { creationDemand } from './scope.js';
import { checkStorageLocation, newMediaId, type UploadParts } from './upload-parts.js';

const WORKFLOW_ID = /^[0-9a-f]{32}$/i;

const input = z.object({
  ...metadataShape,
  // The Android SDK mixes its arguments up, and sends the id of the workflow here (reference vod 2.3).
  StorageLocation: metadataShape.StorageLocation.transform((given) =>
    WORKFLOW_ID.test(given ?? '') ? undefined : given,
  ),
  ImageType: z.enum(['default', 'cover']),
  // The iOS SDK sends the extension of the file, which on a phone is `heic` as a rule (reference vod 3.3, 4.13).
  ImageExt: z
    .string()
    .transform((text) => text.toLowerCase())
    .refine((extension) => IMAGE_EXTENSIONS.has(extension))
    .optional(),
  OriginalFileName: z.string().max(1024).optional(),
});

/** CreateUploadImage: a new image, and the right to upload it. Reference: vod 4.2. */
export function createUploadImage(parts: UploadParts): Operation {
  return operation({
    product: 'vod',
    version: '2017-03-21',
    name: 'CreateUploadImage',
    description: 'Creates an image and grants its upload.',
    signed: true,
    input,
    invalid: (name, missing) => (name === 'ImageExt' ? vodErrors.imageExtension() : invalidMetadata(name, missing)),
    denied: vodErrors.denied,
    access: async (_given, { principal }) => [creationDemand(principal, 'CreateUploadImage')],
    async handle(given, call) {
      checkMetadata(given);
      checkStorageLocation(given.StorageLocation, parts);
      const named = extensionOf(given.OriginalFileName ?? '');
      if (given.OriginalFileName !== undefined && !IMAGE_EXTENSIONS.has(named)) throw vodErrors.fileExtension();
      const extension = given.ImageExt ?? (named || 'png');
      const mediaId = newMediaId(parts.random);
      call.note({ mediaId });
      const media = await parts.media.create({
        ...newMedia(given, call, parts, { mediaId, kind: 'image', fileName: given.OriginalFileName ?? '', extension }),
        cate_id: given.CateId ?? null,
        image_type: given.ImageType,
      });
      const url = parts.objectUrl(media.bucket, media.object_key);
      return { ImageId: mediaId, ImageURL: url, FileURL: url, ...parts.grants.grant(media, call) };
    },
  });
}
