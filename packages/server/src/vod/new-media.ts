import type { MediaTable } from '../db/schema.js';
import type { Call } from '../rpc/operation.js';
import type { NewMedia } from './media-store.js';
import { baseName } from './media-types.js';
import { DEFAULT_APP_ID, type Metadata, unwrapUserData } from './metadata-input.js';
import { ownerOf } from './scope.js';
import { objectKey, titleFrom, type UploadParts } from './upload-parts.js';

interface Own {
  readonly mediaId: string;
  readonly kind: MediaTable['kind'];
  readonly fileName: string;
  readonly extension: string;
}

/** What the rows of all new media have in common; what one kind alone has is left empty. @throws RpcError for unusable `UserData` */
export function newMedia(
  given: Metadata & { readonly AppId?: string | undefined },
  { principal }: Pick<Call, 'principal'>,
  { bucket }: Pick<UploadParts, 'bucket'>,
  { mediaId, kind, fileName, extension }: Own,
): NewMedia {
  const { accountId, owner } = ownerOf(principal);
  return {
    media_id: mediaId,
    account_id: accountId,
    kind,
    status: 'Uploading',
    owner,
    title: given.Title ?? titleFrom(fileName),
    description: given.Description ?? '',
    tags: given.Tags ?? '',
    cate_id: null,
    cover_url: '',
    user_data: unwrapUserData(given.UserData),
    app_id: given.AppId ?? DEFAULT_APP_ID,
    template_group_id: '',
    reference_id: null,
    image_type: '',
    file_name: baseName(fileName),
    bucket,
    object_key: objectKey(mediaId, extension),
    size: 0,
    file_sample: '',
    part_unit: 0,
  };
}
