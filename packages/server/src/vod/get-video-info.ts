import { z } from 'zod';
import { type Operation, operation } from '../rpc/operation.js';
import { vodErrors } from './errors.js';
import { findVideo, videoNameShape } from './find-media.js';
import { invalidMetadata } from './metadata-input.js';
import { mediaDemand } from './scope.js';
import { type StorageLocation, showVideo } from './show-video.js';
import type { UploadParts } from './upload-parts.js';

const input = z.object(videoNameShape);

export interface VideoInfoParts extends Pick<UploadParts, 'media'> {
  readonly region: string;
  readonly storageLocation: StorageLocation;
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
      return {
        Video: { ...showVideo(media, parts.storageLocation), RegionId: parts.region, Snapshots: { Snapshot: [] } },
      };
    },
  });
}
