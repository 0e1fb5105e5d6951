import { z } from 'zod';
import type { Principal } from '../gate/principal.js';
import { type Operation, operation } from '../rpc/operation.js';
import type { DeleteVideoParts } from './delete-video.js';
import { vodErrors } from './errors.js';
import { findOfKind } from './find-media.js';
import { invalidMetadata } from './metadata-input.js';
import { eachFound, idList, severalDemands, splitIds } from './several-media.js';

/** DeleteAttachedMedia: up to 20 watermarks, subtitles and materials with their files. */
export function deleteAttachedMedia(parts: DeleteVideoParts): Operation {
  const find = (id: string, principal: Principal) => findOfKind(parts, 'attached', id, principal);
  return operation({
    product: 'vod',
    version: '2017-03-21',
    name: 'DeleteAttachedMedia',
    description: 'Deletes watermarks, subtitles and materials with their files.',
    signed: true,
    input: z.object({ MediaIds: idList }),
    invalid: invalidMetadata,
    denied: vodErrors.denied,
    access: async ({ MediaIds }, { principal }) =>
      severalDemands(principal, 'DeleteAttachedMedia', splitIds(MediaIds, 'MediaIds'), find),
    async handle({ MediaIds }, { principal }) {
      return { NonExistMediaIds: await eachFound(principal, splitIds(MediaIds, 'MediaIds'), find, parts.remove) };
    },
  });
}
