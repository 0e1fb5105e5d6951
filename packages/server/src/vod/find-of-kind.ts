import type { MediaTable } from '../db/schema.js';
import type { Principal } from '../gate/principal.js';
import { ownerOf } from './scope.js';
import type { UploadParts } from './upload-parts.js';

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
