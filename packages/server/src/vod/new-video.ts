import { z } from 'zod';
import type { Call } from '../rpc/operation.js';
import { vodErrors } from './errors.js';
import type { NewMedia } from './media-store.js';
import { extensionOf, MEDIA_EXTENSIONS } from './media-types.js';
import { checkMetadata, metadataShape } from './metadata-input.js';
import { newMedia } from './new-media.js';
import { checkStorageLocation, newMediaId, type UploadParts } from './upload-parts.js';

/** Part sizes of OSS, bytes (reference oss 0.5). */
const MIN_PART_UNIT = 100 * 1024;
const MAX_PART_UNIT = 5 * 1024 ** 3;

export const fileSizeText = z.string().regex(/^\d{1,15}$/);

/** Parameters of every operation that makes a video. `FileSample` and `PartUnit` are extensions (docs/extensions.md). */
export const videoShape = {
  ...metadataShape,
  FileName: z.string().max(1024),
  FileSize: fileSizeText.optional(),
  CoverURL: z.string().max(1024).optional(),
  WorkflowId: z.string().max(64).optional(),
  ReferenceId: z
    .string()
    .regex(/^[A-Za-z0-9_-]{6,64}$/)
    .optional(),
  FileSample: z
    .string()
    .regex(/^[\w-]{1,128}$/)
    .optional(),
  PartUnit: z
    .string()
    .regex(/^\d{1,10}$/)
    .transform(Number)
    .pipe(z.number().min(MIN_PART_UNIT).max(MAX_PART_UNIT))
    .optional(),
};

const input = z.object(videoShape);
export type NewVideo = z.output<typeof input>;

/** The row of a new video. @throws RpcError for what cannot be one */
export function newVideo(
  given: NewVideo,
  call: Pick<Call, 'principal'>,
  parts: Pick<UploadParts, 'random' | 'bucket'>,
): NewMedia {
  checkMetadata(given);
  const extension = extensionOf(given.FileName);
  if (!MEDIA_EXTENSIONS.has(extension)) throw vodErrors.fileExtension();
  checkStorageLocation(given.StorageLocation, parts);
  const mediaId = newMediaId(parts.random);
  return {
    ...newMedia(given, call, parts, { mediaId, kind: 'video', fileName: given.FileName, extension }),
    cate_id: given.CateId ?? null,
    cover_url: given.CoverURL ?? '',
    template_group_id: given.TemplateGroupId ?? '',
    reference_id: given.ReferenceId ?? null,
    size: Number(given.FileSize ?? 0),
    file_sample: given.FileSample ?? '',
    part_unit: given.PartUnit ?? 0,
  };
}
