import { z } from 'zod';
import type { MediaTable } from '../db/schema.js';
import { type Operation, operation } from '../rpc/operation.js';
import { vodErrors } from './errors.js';
import { findVideo } from './refresh-upload-video.js';
import { mediaDemand } from './scope.js';
import type { UploadParts } from './upload-parts.js';

const MOST = 20;
const list = z
  .string()
  .max(MOST * 65)
  .optional();
const input = z.object({ VideoIds: list, ReferenceIds: list });

type Named = { readonly VideoId: string } | { readonly ReferenceId: string };

export interface DeleteVideoParts extends Pick<UploadParts, 'media'> {
  /** Removes the media, its object and its unfinished uploads together. */
  remove(media: MediaTable): Promise<void>;
}

/**
 * DeleteVideo: up to 20 videos with their files; their upload grants die with them. They are named by their ids or, when there
 * are none, by the caller's own reference ids. Reference: vod 4.10.
 */
export function deleteVideo(parts: DeleteVideoParts): Operation {
  return operation({
    product: 'vod',
    version: '2017-03-21',
    name: 'DeleteVideo',
    description: 'Deletes videos with their files.',
    signed: true,
    input,
    invalid: () => vodErrors.tooManyIds(),
    denied: vodErrors.denied,
    access: async (given, { principal }) =>
      Promise.all(
        namedIn(given).map(async (name) =>
          mediaDemand(principal, 'DeleteVideo', await findVideo(parts, name, principal)),
        ),
      ),
    async handle(given, { principal }) {
      const names = namedIn(given);
      const missing: Named[] = [];
      for (const name of names) {
        const media = await findVideo(parts, name, principal);
        if (media) await parts.remove(media);
        else missing.push(name);
      }
      if (missing.length === names.length) throw vodErrors.videoNotFound();
      const videoIds = missing.flatMap((name) => ('VideoId' in name ? [name.VideoId] : []));
      const referenceIds = missing.flatMap((name) => ('ReferenceId' in name ? [name.ReferenceId] : []));
      return { ForbiddenVideoIds: [], NonExistVideoIds: videoIds, NonExistReferenceIds: referenceIds };
    },
  });
}

function namedIn({ VideoIds, ReferenceIds }: z.output<typeof input>): readonly Named[] {
  if (VideoIds === undefined && ReferenceIds !== undefined) {
    return split(ReferenceIds, 'ReferenceIds').map((ReferenceId) => ({ ReferenceId }));
  }
  return split(VideoIds ?? '', 'VideoIds').map((VideoId) => ({ VideoId }));
}

function split(text: string, name: string): readonly string[] {
  const ids = [...new Set(text.split(',').map((id) => id.trim()))].filter((id) => id !== '');
  if (ids.length === 0) throw vodErrors.missing(name);
  if (ids.length > MOST) throw vodErrors.tooManyIds();
  return ids;
}
