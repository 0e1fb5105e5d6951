import { base64, hex, utf8 } from '@sluice/wire';
import { identify } from '../core/fingerprint.js';
import { mediaKind } from '../core/media-kind.js';
import { bytesOf } from '../core/part-bytes.js';
import type { Checkpoint, Platform } from '../ports.js';
import { parseParamData } from './param-data.js';
import type { UploadInfo, VodCheckpoint } from './upload-info.js';

export interface AddedFile {
  readonly file: Blob;
  readonly endpoint: string | null | undefined;
  readonly bucket: string | null | undefined;
  readonly object: string | null | undefined;
  readonly paramData: string | null | undefined;
}

export function createInfo(added: AddedFile, region: string | undefined, random: () => number): UploadInfo {
  const { file, paramData } = added;
  const digits = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join('');
  return {
    file,
    _endpoint: added.endpoint ?? null,
    _bucket: added.bucket ?? null,
    _object: added.object ?? null,
    endpoint: added.endpoint ?? undefined,
    bucket: added.bucket ?? undefined,
    object: added.object ?? undefined,
    region,
    state: 'Ready',
    isImage: file ? mediaKind(fileName(file), file.type) === 'image' : false,
    videoInfo: parseParamData(paramData),
    userData: paramData ? base64(utf8(paramData)) : '',
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

/** Reads the head of the file and looks for an unfinished upload of it. */
export async function prepareInfo(info: UploadInfo, platform: Platform<Blob>): Promise<Checkpoint | undefined> {
  const source = await platform.open(info.file, {}, platform.hasher);
  try {
    const head = await source.slice(0, Math.min(1024, source.size ?? 0));
    head.crc64.catch(() => {});
    info.fileHash = hex(platform.digests.md5(await bytesOf(head.body)));
    head.release?.();
    info.fileMd5 = base64(utf8(info.fileHash));
    if (info.isImage) return undefined;
    const identity = await identify(source, '');
    if (!identity) return undefined;
    // A store that cannot be read remembers nothing; the upload itself tells about it.
    const record = await platform
      .checkpoints()
      ?.get(identity.fingerprint)
      .catch(() => undefined);
    if (record) {
      info.videoId = record.videoId;
      info.checkpoint = checkpointOf(record);
    }
    return record;
  } finally {
    await source.close?.();
  }
}

function checkpointOf(record: Checkpoint): VodCheckpoint {
  const { videoId, uploadId, bucket, key: object, endpoint, unit: partSize, fileName, size, lastModified } = record;
  return { videoId, uploadId, bucket, object, endpoint, partSize, fileName, size, lastModified };
}
