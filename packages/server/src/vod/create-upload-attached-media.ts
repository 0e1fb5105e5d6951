import { z } from 'zod';
import { type Operation, operation } from '../rpc/operation.js';
import { vodErrors } from './errors.js';
import { ATTACHED_MEDIA_EXTENSIONS, baseName, extensionOf } from './media-types.js';
import { checkMetadata, DEFAULT_APP_ID, invalidMetadata, metadataShape, unwrapUserData } from './metadata-input.js';
import { fileSizeText } from './new-video.js';
import { creationDemand, ownerOf } from './scope.js';
import { checkStorageLocation, newMediaId, objectKey, titleFrom, type UploadParts } from './upload-parts.js';

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
      const { accountId, owner } = ownerOf(call.principal);
      const mediaId = newMediaId(parts.random);
      call.note({ mediaId });
      const media = await parts.media.create({
        media_id: mediaId,
        account_id: accountId,
        kind: 'attached',
        status: 'Uploading',
        owner,
        title: given.Title ?? titleFrom(fileName),
        description: given.Description ?? '',
        tags: given.Tags ?? '',
        cate_id: given.CateIds ?? null,
        cover_url: '',
        user_data: unwrapUserData(given.UserData),
        app_id: given.AppId ?? DEFAULT_APP_ID,
        template_group_id: '',
        reference_id: null,
        image_type: given.BusinessType,
        file_name: baseName(fileName),
        bucket: parts.bucket,
        object_key: objectKey(mediaId, extension),
        size: Number(given.FileSize ?? 0),
        file_sample: '',
        part_unit: 0,
      });
      const url = parts.objectUrl(media.bucket, media.object_key);
      return { MediaId: mediaId, MediaURL: url, FileURL: url, ...parts.grants.grant(media, call) };
    },
  });
}
