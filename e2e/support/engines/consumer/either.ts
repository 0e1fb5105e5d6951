/** What both platforms share: the first entry, which the resolver of each leads to its own file. */
import { AliyunUpload, createUploader, UploadError, type UploadGrant } from '@sluice/uploader';
import { AliyunUpload as Alone } from '@sluice/uploader/aliyun-upload';

export const uploader = createUploader({
  auth: async ({ signal }) => (await (await fetch('/auth', { signal })).json()) as UploadGrant,
});
export const same = AliyunUpload.Vod === Alone.Vod;
export const isOurs = (error: unknown): boolean => error instanceof UploadError;
