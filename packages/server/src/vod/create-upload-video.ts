import { z } from 'zod';
import { type Operation, operation } from '../rpc/operation.js';
import { vodErrors } from './errors.js';
import { invalidMetadata } from './metadata-input.js';
import { newVideo, videoShape } from './new-video.js';
import { creationDemand } from './scope.js';
import type { UploadParts } from './upload-parts.js';

/** CreateUploadVideo: a new audio or video, and the right to upload its file. Reference: vod 4.1. */
export function createUploadVideo(parts: UploadParts): Operation {
  return operation({
    product: 'vod',
    version: '2017-03-21',
    name: 'CreateUploadVideo',
    description: 'Creates a video or audio and grants the upload of its file.',
    signed: true,
    input: z.object(videoShape),
    invalid: invalidMetadata,
    denied: vodErrors.denied,
    access: async (_given, { principal }) => [creationDemand(principal, 'CreateUploadVideo')],
    async handle(given, call) {
      const row = newVideo(given, call, parts);
      call.note({ mediaId: row.media_id });
      const media = await parts.media.create(row);
      return { VideoId: media.media_id, ...parts.grants.grant(media, call) };
    },
  });
}
