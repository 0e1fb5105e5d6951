import { z } from 'zod';
import type { MediaTable } from '../db/schema.js';
import { type Operation, operation } from '../rpc/operation.js';
import { vodErrors } from './errors.js';
import { invalidMetadata } from './metadata-input.js';
import { findVideo } from './refresh-upload-video.js';
import { mediaDemand } from './scope.js';
import type { UploadParts } from './upload-parts.js';

const input = z.object({ VideoIds: z.string().max(20 * 65) });

export interface DeleteVideoParts extends Pick<UploadParts, 'media'> {
  /** Removes the media, its object and its unfinished uploads together. */
  remove(media: MediaTable): Promise<void>;
}

/** DeleteVideo: up to 20 videos with their files; their upload grants die with them. Reference: vod 4.10. */
export function deleteVideo(parts: DeleteVideoParts): Operation {
  const ids = (text: string): string[] => {
    const list = [...new Set(text.split(',').map((id) => id.trim()))].filter((id) => id !== '');
    if (list.length === 0) throw vodErrors.missing('VideoIds');
    if (list.length > 20) throw vodErrors.tooManyIds();
    return list;
  };
  return operation({
    product: 'vod',
    version: '2017-03-21',
    name: 'DeleteVideo',
    description: 'Deletes videos with their files.',
    signed: true,
    input,
    invalid: (name, missing) => (missing ? invalidMetadata(name, missing) : vodErrors.tooManyIds()),
    denied: vodErrors.denied,
    access: async ({ VideoIds }, { principal }) =>
      Promise.all(
        ids(VideoIds).map(async (VideoId) =>
          mediaDemand(principal, 'DeleteVideo', await findVideo(parts, { VideoId }, principal)),
        ),
      ),
    async handle({ VideoIds }, { principal }) {
      const missing: string[] = [];
      for (const VideoId of ids(VideoIds)) {
        const media = await findVideo(parts, { VideoId }, principal);
        if (media) await parts.remove(media);
        else missing.push(VideoId);
      }
      if (missing.length === ids(VideoIds).length) throw vodErrors.videoNotFound();
      return { ForbiddenVideoIds: [], NonExistVideoIds: missing };
    },
  });
}
