import type { VodHttpClientConfig } from './http-client-config.js';
import type { VodInfoFields } from './vod-info.js';

/** A short video and its cover. Reference: vod 2.1. */
export interface VodSessionCreateInfo {
  readonly imagePath: string;
  readonly videoPath: string;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken: string;
  /** ISO 8601. The spelling is that of the SDK. */
  readonly expriedTime: string;
  readonly svideoInfo?: VodInfoFields | undefined;
  readonly requestID?: string | undefined;
  /** Default `true`. */
  readonly isTranscode?: boolean | undefined;
  /** Bytes, at least 102 400; default 1 MiB. */
  readonly partSize?: number | undefined;
  readonly templateGroupId?: string | undefined;
  readonly storageLocation?: string | undefined;
  readonly appId?: string | undefined;
  readonly workFlowId?: string | undefined;
  readonly vodHttpClientConfig?: VodHttpClientConfig | undefined;
}

type Fields = { -readonly [Name in keyof VodSessionCreateInfo]?: VodSessionCreateInfo[Name] };

/** As in Java: `new VodSessionCreateInfoBuilder().setImagePath(…) … .build()`. A plain object will do, too. */
export class VodSessionCreateInfoBuilder {
  readonly #fields: Fields = {};

  setImagePath(imagePath: string): this {
    return this.#set({ imagePath });
  }
  setVideoPath(videoPath: string): this {
    return this.#set({ videoPath });
  }
  setAccessKeyId(accessKeyId: string): this {
    return this.#set({ accessKeyId });
  }
  setAccessKeySecret(accessKeySecret: string): this {
    return this.#set({ accessKeySecret });
  }
  setSecurityToken(securityToken: string): this {
    return this.#set({ securityToken });
  }
  setExpriedTime(expriedTime: string): this {
    return this.#set({ expriedTime });
  }
  setSvideoInfo(svideoInfo: VodInfoFields): this {
    return this.#set({ svideoInfo });
  }
  setRequestID(requestID: string): this {
    return this.#set({ requestID });
  }
  setIsTranscode(isTranscode: boolean): this {
    return this.#set({ isTranscode });
  }
  setPartSize(partSize: number): this {
    return this.#set({ partSize });
  }
  setTemplateGroupId(templateGroupId: string): this {
    return this.#set({ templateGroupId });
  }
  setStorageLocation(storageLocation: string): this {
    return this.#set({ storageLocation });
  }
  setAppId(appId: string): this {
    return this.#set({ appId });
  }
  setWorkFlowId(workFlowId: string): this {
    return this.#set({ workFlowId });
  }
  setVodHttpClientConfig(vodHttpClientConfig: VodHttpClientConfig): this {
    return this.#set({ vodHttpClientConfig });
  }
  build(): VodSessionCreateInfo {
    const empty = {
      imagePath: '',
      videoPath: '',
      accessKeyId: '',
      accessKeySecret: '',
      securityToken: '',
      expriedTime: '',
    };
    return { ...empty, ...this.#fields };
  }

  #set(fields: Fields): this {
    Object.assign(this.#fields, fields);
    return this;
  }
}
