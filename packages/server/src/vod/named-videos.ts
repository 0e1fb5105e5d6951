import { z } from 'zod';
import { idList, splitIds } from './several-media.js';

const list = idList.optional();

/** Up to 20 videos by their ids or, when there are none, by the caller's own reference ids: texts separated by commas. */
export const namedVideosShape = z.object({ VideoIds: list, ReferenceIds: list });

export type NamedVideo = { readonly VideoId: string } | { readonly ReferenceId: string };

/** Each of them once. @throws RpcError when none is named, or too many */
export function namedVideos({ VideoIds, ReferenceIds }: z.output<typeof namedVideosShape>): readonly NamedVideo[] {
  if (VideoIds === undefined && ReferenceIds !== undefined) {
    return splitIds(ReferenceIds, 'ReferenceIds').map((ReferenceId) => ({ ReferenceId }));
  }
  return splitIds(VideoIds ?? '', 'VideoIds').map((VideoId) => ({ VideoId }));
}

/** Members of an answer that name what was not found. */
export function notThere(missing: readonly NamedVideo[]) {
  return {
    NonExistVideoIds: missing.flatMap((name) => ('VideoId' in name ? [name.VideoId] : [])),
    NonExistReferenceIds: missing.flatMap((name) => ('ReferenceId' in name ? [name.ReferenceId] : [])),
  };
}
