import { z } from 'zod';
import { type Operation, operation } from '../rpc/operation.js';
import { vodErrors } from './errors.js';
import { ATTACHED_MEDIA_EXTENSIONS, extensionOf } from './media-types.js';
import { checkMetadata, invalidMetadata, metadataShape } from './metadata-input.js';
import { newMedia } from './new-media.js';
import { fileSizeText } from './new-video.js';
import { creationDemand } from './scope.js';
import { checkStorageLocation, newMediaId, type UploadParts } from './upload-parts.js';

const { Title, Description, Tags, StorageLocation, UserData, AppId } = metadataShape;

const input = z.object({
  Title,
  Description,
  Tags,
  StorageLocation,
  UserData,
  AppId,
  BusinessType: z.enum(['watermark', 'subtitle', 'material']),
  MediaExt: z
    .string()
    .transform((text) => text.toLowerCase())
    .optional(),
  FileName: z.string().max(1024).optional(),
  FileSize: fileSizeText.optional(),
  CateIds: z
    .string()
    .regex(/^-?\d{1,15}(,-?\d{1,15}){0,4}$/)
    .optional(),
});

/**
 * CreateUploadAttachedMedia: a new watermark, subtitle or material, and the right to upload it. Which of them it may be, its
 * extension says: `MediaExt`, or that of the file name. Reference: vod 4.3.
 */
export function createUploadAttachedMedia(parts: UploadParts): Operation {
  return operation({
    product: 'vod',
    version: '2017-03-21',
    name: 'CreateUploadAttachedMedia',
    description: 'Creates a watermark, subtitle or material and grants its upload.',
    signed: true,
    input,
    invalid: invalidMetadata,
    denied: vodErrors.denied,
    access: async (_given, { principal }) => [creationDemand(principal, 'CreateUploadAttachedMedia')],
    async handle(given, call) {
      checkMetadata(given);
      checkStorageLocation(given.StorageLocation, parts);
      const fileName = given.FileName ?? '';
      const extension = given.MediaExt ?? extensionOf(fileName);
      if (extension === '') throw vodErrors.missing('MediaExt');
      const allowed = ATTACHED_MEDIA_EXTENSIONS[given.BusinessType];
      if (!allowed.has(extension)) throw vodErrors.mediaExtension(given.BusinessType, allowed);
      const mediaId = newMediaId(parts.random);
      call.note({ mediaId });
      const media = await parts.media.create({
        ...newMedia(given, call, parts, { mediaId, kind: 'attached', fileName, extension }),
        cate_id: given.CateIds ?? null,
        image_type: given.BusinessType,
        size: Number(given.FileSize ?? 0),
      });
      const url = parts.objectUrl(media.bucket, media.object_key);
      return { MediaId: mediaId, MediaURL: url, FileURL: url, ...parts.grants.grant(media, call) };
    },
  });
}
