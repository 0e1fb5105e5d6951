/** What a page has to do with: both SDKs as they show themselves, and the test behind it. */
import type { Fault } from './fault-proxy.js';

/** What both SDKs show of a file. */
export interface Info {
  readonly file: File;
  readonly _endpoint?: string | null;
  readonly _bucket?: string | null;
  readonly _object?: string | null;
  readonly endpoint?: string;
  readonly bucket?: string;
  readonly object?: string;
  readonly state: string;
  readonly isImage: boolean;
  readonly videoId?: string;
  readonly imageId?: string;
  readonly loaded?: number;
  readonly userData?: string;
  readonly checkpoint?: unknown;
}

/** What both SDKs offer; arguments are loose, as they are for a page without types. */
export interface Uploader {
  readonly _state?: string;
  readonly state?: string;
  readonly options: Record<string, unknown>;
  addFile(
    file: unknown,
    endpoint?: unknown,
    bucket?: unknown,
    object?: unknown,
    paramData?: unknown,
    callback?: unknown,
  ): unknown;
  deleteFile(index: number): unknown;
  cancelFile(index: number): unknown;
  resumeFile(index: number): unknown;
  listFiles(): Info[];
  cleanList(): void;
  startUpload(): void;
  stopUpload(): void;
  nextUpload(): void;
  clear(state?: string): void;
  getCheckpoint(file: File): unknown;
  setUploadAuthAndAddress(info: Info, auth: unknown, address: unknown, videoId?: unknown): unknown;
  setSTSToken(info: Info, id: unknown, secret: unknown, token: unknown): unknown;
  setSTSTokenDirectlyUpload(info: Info, id: unknown, secret: unknown, token: unknown, expiration: unknown): unknown;
  resumeUploadWithAuth(auth: unknown): unknown;
  resumeUploadWithToken(id: unknown, secret: unknown, token: unknown, expiration?: unknown): unknown;
  resumeUploadWithSTSToken(id: unknown, secret: unknown, token: unknown, expiration?: unknown): unknown;
}

export interface Grant {
  readonly UploadAuth: string;
  readonly UploadAddress: string;
  readonly VideoId?: string;
  readonly ImageId?: string;
}

export interface FaultRule {
  readonly operation: string;
  /** First request it concerns, counted from 1 since the rule was given; default 1. */
  readonly from?: number;
  /** How many; default all that follow. */
  readonly times?: number;
  readonly fault: Fault;
}

/** What the test offers the page: its back end, and the bad days. */
export interface Backend {
  backendToken(policy?: string): Promise<{ accessKeyId: string; accessKeySecret: string; securityToken: string }>;
  backendGrant(request: { videoId?: string | undefined; fileName: string; image: boolean }): Promise<Grant>;
  backendVideo(videoId: string): Promise<Record<string, unknown>>;
  faults(rules: readonly FaultRule[]): Promise<void>;
}
