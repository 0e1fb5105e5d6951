import { z } from 'zod';
import { type Operation, operation } from '../rpc/operation.js';
import type { DeleteVideoParts } from './delete-video.js';
import { vodErrors } from './errors.js';
import { findOfKind } from './find-of-kind.js';
import { invalidMetadata } from './metadata-input.js';
import { idList, splitIds } from './named-videos.js';
import { mediaDemand } from './scope.js';

/** DeleteAttachedMedia: up to 20 watermarks, subtitles and materials with their files. */
export function deleteAttachedMedia(parts: DeleteVideoParts): Operation {
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
      Promise.all(
        splitIds(MediaIds, 'MediaIds').map(async (id) =>
          mediaDemand(principal, 'DeleteAttachedMedia', await findOfKind(parts, 'attached', id, principal)),
        ),
      ),
    async handle({ MediaIds }, { principal }) {
      const missing: string[] = [];
      for (const id of splitIds(MediaIds, 'MediaIds')) {
        const media = await findOfKind(parts, 'attached', id, principal);
        if (media) await parts.remove(media);
        else missing.push(id);
      }
      return { NonExistMediaIds: missing };
    },
  });
}
