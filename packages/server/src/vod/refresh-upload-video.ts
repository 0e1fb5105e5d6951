import { z } from 'zod';
import { type Operation, operation } from '../rpc/operation.js';
import { vodErrors } from './errors.js';
import { findVideo, videoNameShape } from './find-media.js';
import { invalidMetadata } from './metadata-input.js';
import { mediaDemand } from './scope.js';
import type { UploadParts } from './upload-parts.js';

const input = z.object(videoNameShape);

/**
 * RefreshUploadVideo: the right to upload once more, for the same bucket and key; an open multipart upload goes on.
 * After the upload it is the documented way to overwrite the file. Images cannot be refreshed. Reference: vod 4.4.
 */
export function refreshUploadVideo(parts: UploadParts): Operation {
  return operation({
    product: 'vod',
    version: '2017-03-21',
    name: 'RefreshUploadVideo',
    description: 'Renews the grant to upload the file of a video.',
    signed: true,
    input,
    invalid: invalidMetadata,
    denied: vodErrors.denied,
    access: async (given, { principal }) => [
      mediaDemand(principal, 'RefreshUploadVideo', await findVideo(parts, given, principal)),
    ],
    async handle(given, call) {
      const media = await findVideo(parts, given, call.principal);
      if (!media) throw vodErrors.videoNotFound();
      call.note({ mediaId: media.media_id });
      if (media.status === 'UploadFail') await parts.media.reopen(media.media_id);
      return { VideoId: media.media_id, ...parts.grants.grant(media, call) };
    },
  });
}
