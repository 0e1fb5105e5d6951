import type { MediaTable } from '../db/schema.js';
import type { Principal } from '../gate/principal.js';
import { type Operation, operation } from '../rpc/operation.js';
import { vodErrors } from './errors.js';
import { findVideo } from './find-media.js';
import { type NamedVideo, namedVideos, namedVideosShape, notThere } from './named-videos.js';
import { eachFound, severalDemands } from './several-media.js';
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
  const find = (name: NamedVideo, principal: Principal) => findVideo(parts, name, principal);
  return operation({
    product: 'vod',
    version: '2017-03-21',
    name: 'DeleteVideo',
    description: 'Deletes videos with their files.',
    signed: true,
    input: namedVideosShape,
    invalid: () => vodErrors.tooManyIds(),
    denied: vodErrors.denied,
    access: async (given, { principal }) => severalDemands(principal, 'DeleteVideo', namedVideos(given), find),
    async handle(given, { principal }) {
      const names = namedVideos(given);
      const missing = await eachFound(principal, names, find, parts.remove);
      if (missing.length === names.length) throw vodErrors.videoNotFound();
      return { ForbiddenVideoIds: [], ...notThere(missing) };
    },
  });
}
