/** paramData: JSON text with one key `Vod`. Reference: vod 1.6. A missing or broken one is an empty one. */
import type { UploadOptions } from '../api.js';
import { readJsonObject } from '../core/read-error.js';

export type VideoInfo = Readonly<Record<string, unknown>>;

export function parseParamData(paramData: string | null | undefined): VideoInfo {
  const vod = readJsonObject(paramData ?? '')?.Vod;
  return typeof vod === 'object' && vod !== null ? (vod as VideoInfo) : {};
}

export function uploadOptionsOf(info: VideoInfo): UploadOptions {
  const text = (name: string): string | undefined => {
    const value = info[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
  };
  const { UserData: userData, Tags: tags } = info;
  return {
    title: text('Title'),
    description: text('Description'),
    cateId: text('CateId'),
    tags: Array.isArray(tags) ? tags.map(String) : text('Tags'),
    templateGroupId: text('TemplateGroupId'),
    workflowId: text('WorkflowId'),
    appId: text('AppId'),
    storageLocation: text('StorageLocation'),
    coverUrl: text('CoverURL'),
    userData: typeof userData === 'object' && userData !== null ? userData : text('UserData'),
    imageType: info.ImageType === 'cover' ? 'cover' : undefined,
  };
}
