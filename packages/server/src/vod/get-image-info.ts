import { formatIso } from '@sluice/wire';
import { z } from 'zod';
import { type Operation, operation } from '../rpc/operation.js';
import { vodErrors } from './errors.js';
import { findOfKind } from './find-media.js';
import { invalidMetadata } from './metadata-input.js';
import { mediaDemand } from './scope.js';
import { type StorageLocation, showCategory, showFileStatus } from './show-video.js';
import type { UploadParts } from './upload-parts.js';

const input = z.object({ ImageId: z.string().max(64) });

export interface ImageInfoParts extends Pick<UploadParts, 'media' | 'objectUrl'> {
  readonly storageLocation: StorageLocation;
}

/** GetImageInfo. The URLs are not signed. Reference: vod 4.9. */
export function getImageInfo(parts: ImageInfoParts): Operation {
  return operation({
    product: 'vod',
    version: '2017-03-21',
    name: 'GetImageInfo',
    description: 'Tells what is known of an image.',
    signed: true,
    input,
    invalid: invalidMetadata,
    denied: vodErrors.denied,
    access: async ({ ImageId }, { principal }) => [
      mediaDemand(principal, 'GetImageInfo', await findOfKind(parts, 'image', ImageId, principal)),
    ],
    async handle({ ImageId }, { principal }) {
      const media = await findOfKind(parts, 'image', ImageId, principal);
      if (!media) throw vodErrors.noSuchResource(ImageId);
      const url = parts.objectUrl(media.bucket, media.object_key);
      return {
        ImageInfo: {
          ImageId: media.media_id,
          ImageType: media.image_type,
          Title: media.title,
          Description: media.description,
          Tags: media.tags,
          ...showCategory(media),
          Status: showFileStatus(media),
          URL: url,
          StorageLocation: parts.storageLocation(media.bucket),
          AppId: media.app_id,
          CreationTime: formatIso(media.created_at),
          // The size of an image is a text, that of a video a number.
          Mezzanine: { OriginalFileName: media.file_name, FileURL: url, FileSize: String(media.size) },
        },
      };
    },
  });
}
