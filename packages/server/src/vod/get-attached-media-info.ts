import { formatIso } from '@sluice/wire';
import { z } from 'zod';
import type { MediaTable } from '../db/schema.js';
import type { Principal } from '../gate/principal.js';
import { type Operation, operation } from '../rpc/operation.js';
import { vodErrors } from './errors.js';
import { findOfKind } from './find-media.js';
import type { ImageInfoParts } from './get-image-info.js';
import { invalidMetadata } from './metadata-input.js';
import { eachFound, idList, severalDemands, splitIds } from './several-media.js';
import { showFileStatus } from './show-video.js';

/** GetAttachedMediaInfo of up to 20. Categories are known by their ids alone; URLs are not signed. Reference: vod 4.9. */
export function getAttachedMediaInfo(parts: ImageInfoParts): Operation {
  const find = (id: string, principal: Principal) => findOfKind(parts, 'attached', id, principal);
  return operation({
    product: 'vod',
    version: '2017-03-21',
    name: 'GetAttachedMediaInfo',
    description: 'Tells what is known of watermarks, subtitles and materials.',
    signed: true,
    input: z.object({ MediaIds: idList }),
    invalid: invalidMetadata,
    denied: vodErrors.denied,
    access: async ({ MediaIds }, { principal }) =>
      severalDemands(principal, 'GetAttachedMediaInfo', splitIds(MediaIds, 'MediaIds'), find),
    async handle({ MediaIds }, { principal }) {
      const shown: object[] = [];
      const missing = await eachFound(principal, splitIds(MediaIds, 'MediaIds'), find, (media) =>
        shown.push(show(media, parts)),
      );
      return { AttachedMediaList: shown, NonExistMediaIds: missing };
    },
  });
}

function show(media: MediaTable, { objectUrl, storageLocation }: ImageInfoParts): object {
  return {
    MediaId: media.media_id,
    Type: media.image_type,
    Title: media.title,
    Description: media.description,
    Tags: media.tags,
    Categories: (media.cate_id?.split(',') ?? []).map((id) => ({ CateId: Number(id) })),
    Status: showFileStatus(media),
    URL: objectUrl(media.bucket, media.object_key),
    StorageLocation: storageLocation(media.bucket),
    AppId: media.app_id,
    CreationTime: formatIso(media.created_at),
    ModificationTime: formatIso(media.modified_at),
  };
}
