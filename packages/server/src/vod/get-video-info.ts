import { formatIso } from '@sluice/wire';
import { z } from 'zod';
import type { MediaTable } from '../db/schema.js';
import { type Operation, operation } from '../rpc/operation.js';
import { vodErrors } from './errors.js';
import { invalidMetadata } from './metadata-input.js';
import { findVideo } from './refresh-upload-video.js';
import { mediaDemand } from './scope.js';
import type { UploadParts } from './upload-parts.js';

const input = z.object({ VideoId: z.string().max(64).optional(), ReferenceId: z.string().max(64).optional() });

export interface VideoInfoParts extends Pick<UploadParts, 'media'> {
  readonly region: string;
  /** Host of a bucket: what the service calls a storage location. */
  readonly storageLocation: (bucket: string) => string;
}

/** GetVideoInfo. Reference: vod 4.9. */
export function getVideoInfo(parts: VideoInfoParts): Operation {
  return operation({
    product: 'vod',
    version: '2017-03-21',
    name: 'GetVideoInfo',
    description: 'Tells what is known of a video.',
    signed: true,
    input,
    invalid: invalidMetadata,
    denied: vodErrors.denied,
    access: async (given, { principal }) => [
      mediaDemand(principal, 'GetVideoInfo', await findVideo(parts, given, principal)),
    ],
    async handle(given, { principal }) {
      const media = await findVideo(parts, given, principal);
      if (!media) throw vodErrors.videoNotFound();
      return { Video: videoInfo(media, parts) };
    },
  });
}

function videoInfo(media: MediaTable, { region, storageLocation }: VideoInfoParts): object {
  return {
    VideoId: media.media_id,
    Title: media.title,
    Description: media.description,
    Tags: media.tags,
    ...(media.cate_id === null ? {} : { CateId: Number(media.cate_id) }),
    CoverURL: media.cover_url,
    Snapshots: { Snapshot: [] },
    Status: media.status,
    Size: media.size,
    CreationTime: formatIso(media.created_at),
    ModificationTime: formatIso(media.modified_at),
    StorageLocation: storageLocation(media.bucket),
    RegionId: region,
    TemplateGroupId: media.template_group_id,
    AppId: media.app_id,
    ...(media.reference_id === null ? {} : { ReferenceId: media.reference_id }),
    UserData: media.user_data,
  };
}
