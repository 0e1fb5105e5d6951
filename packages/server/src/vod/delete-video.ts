import type { MediaTable } from '../db/schema.js';
import { type Operation, operation } from '../rpc/operation.js';
import { vodErrors } from './errors.js';
import { type NamedVideo, namedVideos, namedVideosShape, notThere } from './named-videos.js';
import { findVideo } from './refresh-upload-video.js';
import { mediaDemand } from './scope.js';
import type { UploadParts } from './upload-parts.js';

export interface DeleteVideoParts extends Pick<UploadParts, 'media'> {
  /** Removes the media, its object and its unfinished uploads together. */
  remove(media: MediaTable): Promise<void>;
}

/**
 * DeleteVideo: up to 20 videos with their files; their upload grants die with them. They are named by their ids or, when there
 * are none, by the caller's own reference ids. Reference: vod 4.10.
 */
export function deleteVideo(parts: DeleteVideoParts): Operation {
  return operation({
    product: 'vod',
    version: '2017-03-21',
    name: 'DeleteVideo',
    description: 'Deletes videos with their files.',
    signed: true,
    input: namedVideosShape,
    invalid: () => vodErrors.tooManyIds(),
    denied: vodErrors.denied,
    access: async (given, { principal }) =>
      Promise.all(
        namedVideos(given).map(async (name) =>
          mediaDemand(principal, 'DeleteVideo', await findVideo(parts, name, principal)),
        ),
      ),
    async handle(given, { principal }) {
      const names = namedVideos(given);
      const missing: NamedVideo[] = [];
      for (const name of names) {
        const media = await findVideo(parts, name, principal);
        if (media) await parts.remove(media);
        else missing.push(name);
      }
      if (missing.length === names.length) throw vodErrors.videoNotFound();
      return { ForbiddenVideoIds: [], ...notThere(missing) };
    },
  });
}
