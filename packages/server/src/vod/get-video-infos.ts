import { type Operation, operation } from '../rpc/operation.js';
import { vodErrors } from './errors.js';
import type { VideoInfoParts } from './get-video-info.js';
import { type NamedVideo, namedVideos, namedVideosShape, notThere } from './named-videos.js';
import { findVideo } from './refresh-upload-video.js';
import { mediaDemand } from './scope.js';
import { showVideo } from './show-video.js';

/** GetVideoInfos: GetVideoInfo of up to 20 videos; here snapshots are a plain list. Reference: vod 4.9. */
export function getVideoInfos(parts: Pick<VideoInfoParts, 'media' | 'storageLocation'>): Operation {
  return operation({
    product: 'vod',
    version: '2017-03-21',
    name: 'GetVideoInfos',
    description: 'Tells what is known of several videos.',
    signed: true,
    input: namedVideosShape,
    invalid: () => vodErrors.tooManyIds(),
    denied: vodErrors.denied,
    access: async (given, { principal }) =>
      Promise.all(
        namedVideos(given).map(async (name) =>
          mediaDemand(principal, 'GetVideoInfos', await findVideo(parts, name, principal)),
        ),
      ),
    async handle(given, { principal }) {
      const shown: object[] = [];
      const missing: NamedVideo[] = [];
      for (const name of namedVideos(given)) {
        const media = await findVideo(parts, name, principal);
        if (media) shown.push({ ...showVideo(media, parts.storageLocation), Snapshots: [] });
        else missing.push(name);
      }
      return { VideoList: shown, ...notThere(missing) };
    },
  });
}
