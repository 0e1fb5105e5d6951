import type { Principal } from '../gate/principal.js';
import { type Operation, operation } from '../rpc/operation.js';
import { vodErrors } from './errors.js';
import { findVideo } from './find-media.js';
import type { VideoInfoParts } from './get-video-info.js';
import { type NamedVideo, namedVideos, namedVideosShape, notThere } from './named-videos.js';
import { eachFound, severalDemands } from './several-media.js';
import { showVideo } from './show-video.js';

/** GetVideoInfos: GetVideoInfo of up to 20 videos; here snapshots are a plain list. Reference: vod 4.9. */
export function getVideoInfos(parts: Pick<VideoInfoParts, 'media' | 'storageLocation'>): Operation {
  const find = (name: NamedVideo, principal: Principal) => findVideo(parts, name, principal);
  return operation({
    product: 'vod',
    version: '2017-03-21',
    name: 'GetVideoInfos',
    description: 'Tells what is known of several videos.',
    signed: true,
    input: namedVideosShape,
    invalid: () => vodErrors.tooManyIds(),
    denied: vodErrors.denied,
    access: async (given, { principal }) => severalDemands(principal, 'GetVideoInfos', namedVideos(given), find),
    async handle(given, { principal }) {
      const shown: object[] = [];
      const missing = await eachFound(principal, namedVideos(given), find, (media) =>
        shown.push({ ...showVideo(media, parts.storageLocation), Snapshots: [] }),
      );
      return { VideoList: shown, ...notThere(missing) };
    },
  });
}
