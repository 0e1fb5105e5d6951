import { z } from 'zod';
import { type Operation, operation } from '../rpc/operation.js';
import type { DeleteVideoParts } from './delete-video.js';
import { vodErrors } from './errors.js';
import { findOfKind } from './find-of-kind.js';
import { invalidMetadata } from './metadata-input.js';
import { idList, splitIds } from './named-videos.js';
import { mediaDemand } from './scope.js';

/** By id only: there are no snapshots of videos, and a URL says no more than the id. */
const input = z.object({ DeleteImageType: z.enum(['ImageId']), ImageIds: idList });

/** DeleteImage: up to 20 images with their files. Reference: vod 4.10. */
export function deleteImage(parts: DeleteVideoParts): Operation {
  return operation({
    product: 'vod',
    version: '2017-03-21',
    name: 'DeleteImage',
    description: 'Deletes images with their files.',
    signed: true,
    input,
    invalid: (name, missing) =>
      name === 'DeleteImageType' && !missing ? vodErrors.deleteImageType() : invalidMetadata(name, missing),
    denied: vodErrors.denied,
    access: async ({ ImageIds }, { principal }) =>
      Promise.all(
        splitIds(ImageIds, 'ImageIds').map(async (id) =>
          mediaDemand(principal, 'DeleteImage', await findOfKind(parts, 'image', id, principal)),
        ),
      ),
    async handle({ ImageIds }, { principal }) {
      let deleted = 0;
      for (const id of splitIds(ImageIds, 'ImageIds')) {
        const media = await findOfKind(parts, 'image', id, principal);
        if (!media) continue;
        await parts.remove(media);
        deleted += 1;
      }
      if (deleted === 0) throw vodErrors.noSuchResource(ImageIds);
      return {};
    },
  });
}
