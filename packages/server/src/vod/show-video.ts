import { formatIso } from '@sluice/wire';
import type { MediaTable } from '../db/schema.js';

/** Host of a bucket: what the service calls a storage location. */
export type StorageLocation = (bucket: string) => string;

/** There is one storage class. */
export const STORAGE_CLASS = 'Standard';

/** The members that GetVideoInfo and GetVideoInfos have in common. */
export function showVideo(media: MediaTable, storageLocation: StorageLocation) {
  return {
    VideoId: media.media_id,
    Title: media.title,
    Description: media.description,
    Tags: media.tags,
    ...showCategory(media),
    CoverURL: media.cover_url,
    Status: media.status,
    Size: media.size,
    CreationTime: formatIso(media.created_at),
    ModificationTime: formatIso(media.modified_at),
    StorageLocation: storageLocation(media.bucket),
    StorageClass: STORAGE_CLASS,
    TemplateGroupId: media.template_group_id,
    AppId: media.app_id,
    ...(media.reference_id === null ? {} : { ReferenceId: media.reference_id }),
    UserData: media.user_data,
  };
}

export const showCategory = ({ cate_id }: Pick<MediaTable, 'cate_id'>): { CateId?: number } =>
  cate_id === null ? {} : { CateId: Number(cate_id) };

/** As the file itself is told, of which nothing comes after the upload. */
export const showFileStatus = ({ status }: Pick<MediaTable, 'status'>): string =>
  status === 'UploadSucc' ? 'Normal' : status;
