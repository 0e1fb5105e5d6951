/** The façade on the fake world, with an application that answers as the documentation shows. */
import type { UploadInfo } from '../aliyun-upload/upload-info.js';
import { Vod } from '../aliyun-upload/vod.js';
import type { VodOptions } from '../aliyun-upload/vod-options.js';
import { type TestFile, testFile, testSource, type World, world } from './bench.js';

export interface VodWorld extends World {
  /** Callbacks in order: `name file`. */
  readonly events: string[];
  vod(options?: Partial<VodOptions>, auto?: 'sts' | 'auth' | 'none'): Vod;
  file(size: number, name?: string): File;
  /** Lets time pass until nothing is left to do: the end, or a failure with nothing behind it. */
  drain(vod: Vod): Promise<void>;
}

export function vodWorld(options: Parameters<typeof world>[0] = {}): VodWorld {
  const base = world(options);
  const contents = new Map<Blob, TestFile>();
  const events: string[] = [];
  const { sizeOf: _, reopen: __, checkUpload: ___, ...platform } = base.platform;
  const adapters = {
    ...platform,
    open: async (blob: Blob) => testSource(contents.get(blob) ?? testFile(blob.size)),
  };
  const nameOf = (info: UploadInfo) => (info.file as File)?.name ?? '-';
  return {
    ...base,
    events,
    file(size, name = 'talk.mp4') {
      const file = testFile(size, name);
      const blob = new File([file.bytes as Uint8Array<ArrayBuffer>], name, { lastModified: file.lastModified });
      contents.set(blob, file);
      return blob;
    },
    vod(chosen = {}, auto = 'sts') {
      const vod: Vod = new Vod(
        {
          endpoint: 'http://vod.test',
          partSize: 102_400,
          ...chosen,
          addFileSuccess: (info) => {
            events.push(`add ${nameOf(info)}`);
            chosen.addFileSuccess?.(info);
          },
          onUploadstarted: (info) => {
            events.push(`started ${nameOf(info)}`);
            if (chosen.onUploadstarted) return chosen.onUploadstarted(info);
            if (auto === 'sts') {
              const token = base.cloud.issueToken();
              vod.setSTSToken(info, token.accessKeyId, token.accessKeySecret, token.securityToken);
            }
            if (auto === 'auth') {
              const grant = base.cloud.grant(info.isImage ? 'image' : 'video', nameOf(info));
              const id = grant.VideoId ?? grant.ImageId ?? '';
              vod.setUploadAuthAndAddress(info, grant.UploadAuth ?? '', grant.UploadAddress ?? '', id);
            }
          },
          onUploadSucceed: (info) => {
            events.push(`succeed ${nameOf(info)}`);
            chosen.onUploadSucceed?.(info);
          },
          onUploadFailed: (info, code, message) => {
            events.push(`failed ${nameOf(info)} ${code}`);
            chosen.onUploadFailed?.(info, code, message);
          },
          onUploadTokenExpired: (info, error) => {
            events.push(`expired ${nameOf(info)}`);
            chosen.onUploadTokenExpired?.(info, error);
          },
          onUploadCanceled: (info, error) => {
            events.push(`canceled ${nameOf(info)}`);
            chosen.onUploadCanceled?.(info, error);
          },
          onUploadEnd: (info) => {
            events.push('end');
            chosen.onUploadEnd?.(info);
          },
        },
        adapters,
      );
      return vod;
    },
    async drain(vod) {
      const over = () => vod.state === 'End' || vod.state === 'Failure';
      for (let i = 0; !over() && i < 1000; i++) await base.clock.advance(100);
      if (!over()) throw new Error(`stands still in state ${vod.state}: ${events.join(', ')}`);
    },
  };
}
