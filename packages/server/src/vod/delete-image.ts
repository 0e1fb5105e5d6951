import { z } from 'zod';
import type { Principal } from '../gate/principal.js';
import { type Operation, operation } from '../rpc/operation.js';
import type { DeleteVideoParts } from './delete-video.js';
import { vodErrors } from './errors.js';
import { findOfKind } from './find-media.js';
import { invalidMetadata } from './metadata-input.js';
import { eachFound, idList, severalDemands, splitIds } from './several-media.js';

/** By id only: there are no snapshots of videos, and a URL says no more than the id. */
const input = z.object({ DeleteImageType: z.enum(['ImageId']), ImageIds: idList });

/** DeleteImage: up to 20 images with their files. Reference: vod 4.10. */
export function deleteImage(parts: DeleteVideoParts): Operation {
  const find = (id: string, principal: Principal) => findOfKind(parts, 'image', id, principal);
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
      severalDemands(principal, 'DeleteImage', splitIds(ImageIds, 'ImageIds'), find),
    async handle({ ImageIds }, { principal }) {
      const ids = splitIds(ImageIds, 'ImageIds');
      const missing = await eachFound(principal, ids, find, parts.remove);
      if (missing.length === ids.length) throw vodErrors.noSuchResource(ImageIds);
      return {};
    },
  });
}
