import { z } from 'zod';
import { type Operation, operation } from '../rpc/operation.js';
import { vodErrors } from './errors.js';
import { findVideo, videoNameShape } from './find-media.js';
import type { MediaDescription } from './media-store.js';
import { checkMetadata, invalidMetadata, metadataShape, unwrapUserData } from './metadata-input.js';
import { mediaDemand } from './scope.js';
import type { UploadParts } from './upload-parts.js';

const { Title, Description, Tags, CateId, UserData } = metadataShape;

const input = z.object({
  ...videoNameShape,
  Title,
  Description,
  Tags,
  CateId,
  UserData,
  CoverURL: z.string().max(1024).optional(),
});

/** UpdateVideoInfo: changes what is given and nothing else; the file stays. Reference: vod 4.10. */
export function updateVideoInfo(parts: Pick<UploadParts, 'media'>): Operation {
  return operation({
    product: 'vod',
    version: '2017-03-21',
    name: 'UpdateVideoInfo',
    description: 'Changes the description of a video.',
    signed: true,
    input,
    invalid: invalidMetadata,
    denied: vodErrors.denied,
    access: async (given, { principal }) => [
      mediaDemand(principal, 'UpdateVideoInfo', await findVideo(parts, given, principal)),
    ],
    async handle(given, { principal, note }) {
      const media = await findVideo(parts, given, principal);
      if (!media) throw vodErrors.videoNotFound();
      note({ mediaId: media.media_id });
      checkMetadata(given);
      await parts.media.describe(media.media_id, changeOf(given));
      return {};
    },
  });
}

function changeOf(given: z.output<typeof input>): Partial<MediaDescription> {
  return {
    ...(given.Title === undefined ? {} : { title: given.Title }),
    ...(given.Description === undefined ? {} : { description: given.Description }),
    ...(given.Tags === undefined ? {} : { tags: given.Tags }),
    ...(given.CateId === undefined ? {} : { cate_id: given.CateId }),
    ...(given.CoverURL === undefined ? {} : { cover_url: given.CoverURL }),
    ...(given.UserData === undefined ? {} : { user_data: unwrapUserData(given.UserData) }),
  };
}
