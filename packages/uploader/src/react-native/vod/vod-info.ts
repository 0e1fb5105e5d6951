import { base64, utf8 } from '@sluice/wire';
import type { UploadOptions } from '../../api.js';

/** What is told about a media. A plain object will do, too. Reference: vod 2.1, 3.1. */
export interface VodInfoFields {
  title?: string | undefined;
  desc?: string | undefined;
  cateId?: number | string | null | undefined;
  /** A list (Android) or one comma separated text (iOS). */
  tags?: readonly string[] | string | undefined;
  /** JSON text. */
  userData?: string | undefined;
  coverUrl?: string | undefined;
  isProcess?: boolean | undefined;
  isShowWaterMark?: boolean | undefined;
  priority?: number | undefined;
  /** Name the server is told. Default: the name of the file. */
  fileName?: string | undefined;
  /** Default `cover`, as on iOS and in short videos; `default` images are listed in the console. */
  imageType?: 'cover' | 'default' | undefined;
  /** iOS: wins over that of the client. */
  storageLocation?: string | undefined;
  templateGroupId?: string | undefined;
}

/** {@link VodInfoFields} with the setters of the SDK for Android. */
export class VodInfo implements VodInfoFields {
  title: string | undefined;
  desc: string | undefined;
  cateId: number | string | null | undefined;
  tags: readonly string[] | string | undefined;
  userData: string | undefined;
  coverUrl: string | undefined;
  isProcess: boolean | undefined = true;
  isShowWaterMark: boolean | undefined;
  priority: number | undefined;
  fileName: string | undefined;
  imageType: 'cover' | 'default' | undefined;
  storageLocation: string | undefined;
  templateGroupId: string | undefined;

  constructor(fields: VodInfoFields = {}) {
    Object.assign(this, fields);
  }

  setTitle(title: string): void {
    this.title = title;
  }
  setDesc(desc: string): void {
    this.desc = desc;
  }
  setCateId(cateId: number | string | null): void {
    this.cateId = cateId;
  }
  setTags(tags: readonly string[] | string): void {
    this.tags = tags;
  }
  setUserData(userData: string): void {
    this.userData = userData;
  }
  setCoverUrl(coverUrl: string): void {
    this.coverUrl = coverUrl;
  }
  setIsProcess(isProcess: boolean): void {
    this.isProcess = isProcess;
  }
  setIsShowWaterMark(isShowWaterMark: boolean): void {
    this.isShowWaterMark = isShowWaterMark;
  }
  setPriority(priority: number): void {
    this.priority = priority;
  }
  setFileName(fileName: string): void {
    this.fileName = fileName;
  }
  setImageType(imageType: 'cover' | 'default'): void {
    this.imageType = imageType;
  }
}

/** Set on the client, for every file. */
export interface ClientMeta {
  readonly storageLocation?: string | undefined;
  readonly templateGroupId?: string | undefined;
  readonly workflowId?: string | undefined;
  readonly appId?: string | undefined;
}

export function uploadOptionsOf(info: VodInfoFields, client: ClientMeta): UploadOptions {
  const { cateId, tags } = info;
  return {
    title: info.title || undefined,
    description: info.desc || undefined,
    // The Android SDK sends the text `null` here.
    cateId: cateId === null || cateId === '' ? undefined : cateId,
    tags: tags && tags.length > 0 ? tags : undefined,
    userData: info.userData || undefined,
    coverUrl: info.coverUrl || undefined,
    fileName: info.fileName || undefined,
    imageType: info.imageType ?? 'cover',
    storageLocation: info.storageLocation || client.storageLocation || undefined,
    templateGroupId: info.templateGroupId || client.templateGroupId || undefined,
    workflowId: client.workflowId || undefined,
    appId: client.appId || undefined,
  };
}

/** The value of `x-oss-notification`: how metadata reaches the service when the media was not made by this client. */
export function notificationOf(info: VodInfoFields): string {
  const { cateId, tags, isShowWaterMark, priority } = info;
  const userData =
    isShowWaterMark === undefined && priority === undefined
      ? info.userData
      : { IsShowWaterMark: String(isShowWaterMark ?? false), Priority: String(priority ?? 6) };
  const vod = {
    Title: info.title,
    Description: info.desc,
    CateId: cateId === undefined || cateId === null || cateId === '' ? undefined : String(cateId),
    CoverUrl: info.coverUrl,
    IsProcess: String(info.isProcess ?? true),
    Tags: typeof tags === 'string' ? tags : tags?.join(','),
    UserData: userData,
  };
  return base64(utf8(JSON.stringify({ Vod: vod })));
}
