/** paramData: JSON text with one key `Vod`. Reference: vod 1.6. A missing or broken one is an empty one. */
import type { UploadOptions } from '../api.js';
import { readJsonObject } from '../core/read-error.js';

/** As pages give it: the documented text, or the object it was made of. */
export type ParamData = string | object | null | undefined;

export type VideoInfo = Readonly<Record<string, unknown>>;

/** The text; empty when there is none. */
export const paramText = (paramData: ParamData): string =>
  typeof paramData === 'object' && paramData !== null ? JSON.stringify(paramData) : (paramData ?? '');

export function parseParamData(text: string): VideoInfo {
  const vod = readJsonObject(text)?.Vod;
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
