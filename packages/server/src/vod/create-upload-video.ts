import { z } from 'zod';
import { type Operation, operation } from '../rpc/operation.js';
import { vodErrors } from './errors.js';
import { baseName, extensionOf, MEDIA_EXTENSIONS } from './media-types.js';
import { checkMetadata, DEFAULT_APP_ID, invalidMetadata, metadataShape, unwrapUserData } from './metadata-input.js';
import { creationDemand, ownerOf } from './scope.js';
import { checkStorageLocation, newMediaId, objectKey, titleFrom, type UploadParts } from './upload-parts.js';

const input = z.object({
  ...metadataShape,
  FileName: z.string().max(1024),
  FileSize: z
    .string()
    .regex(/^\d{1,15}$/)
    .optional(),
  CoverURL: z.string().max(1024).optional(),
  WorkflowId: z.string().max(64).optional(),
  ReferenceId: z
    .string()
    .regex(/^[A-Za-z0-9_-]{6,64}$/)
    .optional(),
});

/** CreateUploadVideo: a new audio or video, and the right to upload its file. Reference: vod 4.1. */
export function createUploadVideo(parts: UploadParts): Operation {
  return operation({
    product: 'vod',
    version: '2017-03-21',
    name: 'CreateUploadVideo',
    description: 'Creates a video or audio and grants the upload of its file.',
    signed: true,
    input,
    invalid: invalidMetadata,
    denied: vodErrors.denied,
    access: async (_given, { principal }) => [creationDemand(principal, 'CreateUploadVideo')],
    async handle(given, call) {
      checkMetadata(given);
      const extension = extensionOf(given.FileName);
      if (!MEDIA_EXTENSIONS.has(extension)) throw vodErrors.fileExtension();
      checkStorageLocation(given.StorageLocation, parts);
      const { accountId, owner } = ownerOf(call.principal);
      const mediaId = newMediaId(parts.random);
      const media = await parts.media.create({
        media_id: mediaId,
        account_id: accountId,
        kind: 'video',
        status: 'Uploading',
        owner,
        title: given.Title ?? titleFrom(given.FileName),
        description: given.Description ?? '',
        tags: given.Tags ?? '',
        cate_id: given.CateId ?? null,
        cover_url: given.CoverURL ?? '',
        user_data: unwrapUserData(given.UserData),
        app_id: given.AppId ?? DEFAULT_APP_ID,
        template_group_id: given.TemplateGroupId ?? '',
        reference_id: given.ReferenceId ?? null,
        image_type: '',
        file_name: baseName(given.FileName),
        bucket: parts.bucket,
        object_key: objectKey(mediaId, extension),
        size: Number(given.FileSize ?? 0),
      });
      if (!media) throw vodErrors.referenceTaken();
      return { VideoId: mediaId, ...parts.grants.grant(media, call) };
    },
  });
}
