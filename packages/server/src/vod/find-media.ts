import { z } from 'zod';
import type { MediaTable } from '../db/schema.js';
import type { Principal } from '../gate/principal.js';
import { vodErrors } from './errors.js';
import { ownerOf } from './scope.js';
import type { UploadParts } from './upload-parts.js';

/** Parameters that name one video: its id, or else the caller's own reference id. */
export const videoNameShape = { VideoId: z.string().max(64).optional(), ReferenceId: z.string().max(64).optional() };

/** The video by its id or reference, if it is one of the caller's account. */
export async function findVideo(
  { media }: Pick<UploadParts, 'media'>,
  named: { VideoId?: string | undefined; ReferenceId?: string | undefined },
  principal: { readonly kind: string; readonly accountId?: string },
): Promise<MediaTable | undefined> {
  if (named.VideoId === undefined && named.ReferenceId === undefined) throw vodErrors.missing('VideoId');
  const accountId = principal.accountId ?? '';
  const found =
    named.VideoId === undefined
      ? await media.findByReference(accountId, named.ReferenceId ?? '')
      : await media.find(named.VideoId);
  return found?.kind === 'video' && found.account_id === accountId ? found : undefined;
}

/** The media by its id, if it is one of the caller's account and of that kind. */
export async function findOfKind(
  { media }: Pick<UploadParts, 'media'>,
  kind: MediaTable['kind'],
  mediaId: string,
  principal: Principal,
): Promise<MediaTable | undefined> {
  const found = await media.find(mediaId);
  return found?.kind === kind && found.account_id === ownerOf(principal).accountId ? found : undefined;
}
