import { base64, hex, utf8 } from '@sluice/wire';
import { md5 } from '@sluice/wire/noble-md5';
import { identify } from '../core/fingerprint.js';
import { mediaKind } from '../core/media-kind.js';
import { bytesOf } from '../core/part-bytes.js';
import type { Platform } from '../ports.js';
import { type ParamData, paramText, parseParamData } from './param-data.js';
import type { UploadInfo } from './upload-info.js';

export interface AddedFile {
  readonly file: Blob;
  readonly endpoint: string | null | undefined;
  readonly bucket: string | null | undefined;
  readonly object: string | null | undefined;
  readonly paramData: ParamData;
}

export function createInfo(added: AddedFile, region: string | undefined, random: () => number): UploadInfo {
  const { file } = added;
  const digits = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join('');
  const text = paramText(added.paramData);
  return {
    file,
    _endpoint: added.endpoint ?? null,
    _bucket: added.bucket ?? null,
    _object: added.object ?? null,
    endpoint: undefined,
    bucket: undefined,
    object: undefined,
    region,
    state: 'Ready',
    isImage: mediaKind(fileName(file), file.type) === 'image',
    videoInfo: parseParamData(text),
    userData: text === '' ? '' : base64(utf8(text)),
    ri: digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-').toUpperCase(),
    videoId: undefined,
    imageId: undefined,
    checkpoint: undefined,
    loaded: 0,
    retry: 0,
    fileHash: undefined,
    fileMd5: undefined,
  };
}

export const fileName = (file: Blob): string => ('name' in file && typeof file.name === 'string' ? file.name : '');

/** The façade names no account, and neither do its checkpoints. */
const NO_ACCOUNT = '';

/**
 * Reads the head of the file, and what the core will know it by.
 * @returns the name of its checkpoint; `undefined` for an image, whose upload cannot be gone on with
 */
export async function readHead(info: UploadInfo, platform: Platform<Blob>): Promise<string | undefined> {
  const source = await platform.open(info.file, {}, platform.hasher);
  try {
    const head = await source.slice(0, Math.min(1024, info.file.size));
    // Not sent: nobody waits for its checksum.
    head.crc64.catch(() => {});
    info.fileHash = hex(md5(await bytesOf(head.body)));
    head.release?.();
    info.fileMd5 = base64(utf8(info.fileHash));
    return info.isImage ? undefined : (await identify(source, NO_ACCOUNT))?.fingerprint;
  } finally {
    await source.close?.();
  }
}
