import { formatIso } from '@sluice/wire';
import { z } from 'zod';
import { type Operation, operation } from '../rpc/operation.js';
import { vodErrors } from './errors.js';
import { findVideo, videoNameShape } from './find-media.js';
import { invalidMetadata } from './metadata-input.js';
import { mediaDemand } from './scope.js';
import { STORAGE_CLASS, showFileStatus } from './show-video.js';
import type { UploadParts } from './upload-parts.js';

const input = z.object(videoNameShape);

/**
 * GetMezzanineInfo: how far the upload of a file is, and where it lies. Nothing is read out of files here, so there are no
 * streams, sizes of pictures or durations; the URL is not signed. Reference: vod 4.9.
 */
export function getMezzanineInfo(parts: Pick<UploadParts, 'media' | 'objectUrl'>): Operation {
  return operation({
    product: 'vod',
    version: '2017-03-21',
    name: 'GetMezzanineInfo',
    description: 'Tells of the source file of a video.',
    signed: true,
    input,
    invalid: invalidMetadata,
    denied: vodErrors.denied,
    access: async (given, { principal }) => [
      mediaDemand(principal, 'GetMezzanineInfo', await findVideo(parts, given, principal)),
    ],
    async handle(given, { principal }) {
      const media = await findVideo(parts, given, principal);
      if (!media) throw vodErrors.videoNotFound();
      return {
        Mezzanine: {
          VideoId: media.media_id,
          FileName: media.object_key,
          FileURL: parts.objectUrl(media.bucket, media.object_key),
          Size: media.size,
          Status: showFileStatus(media),
          CreationTime: formatIso(media.created_at),
          OutputType: 'oss',
          PreprocessStatus: 'UnPreprocess',
          StorageClass: STORAGE_CLASS,
          AudioStreamList: [],
          VideoStreamList: [],
        },
      };
    },
  });
}
