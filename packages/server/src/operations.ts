import type { ServerConfig } from './config.js';
import type { Database } from './db/schema.js';
import { policyCache } from './gate/policy-authoriser.js';
import type { KeyRing } from './keys/key-ring.js';
import { deleteObject } from './oss/objects.js';
import type { IdentityStore } from './ram/identity-store.js';
import type { Operation } from './rpc/operation.js';
import type { Clock, Random } from './runtime.js';
import { assumeRole } from './sts/assume-role.js';
import { getCallerIdentity } from './sts/get-caller-identity.js';
import { createUploadImage } from './vod/create-upload-image.js';
import { createUploadVideo } from './vod/create-upload-video.js';
import { deleteVideo } from './vod/delete-video.js';
import { getVideoInfo } from './vod/get-video-info.js';
import type { MediaStore } from './vod/media-store.js';
import { refreshUploadVideo } from './vod/refresh-upload-video.js';
import { uploadGrants } from './vod/upload-grant.js';
import { uploadProgress } from './vod/upload-progress.js';

export interface OperationParts {
  readonly config: Pick<ServerConfig, 'ossDomain' | 'region' | 'stsMinDuration' | 'stsPerSecond' | 'uploadAuthSeconds'>;
  readonly db: Database;
  readonly store: IdentityStore;
  readonly media: MediaStore;
  readonly ring: KeyRing;
  readonly clock: Clock;
  readonly random: Random;
  /** Where media are kept. */
  readonly bucket: string;
  /** Public endpoint of the data plane, with scheme. */
  readonly ossEndpoint: () => string;
  readonly objectUrl: (bucket: string, key: string) => string;
  /** Objects were deleted, and their space can be given back. */
  readonly onObjectsDeleted: () => void;
}

/** The table of RPC operations: everything the control plane answers. */
export function operationTable(parts: OperationParts): readonly Operation[] {
  const { config, db, store, media, ring, clock, random, bucket, objectUrl } = parts;
  const grants = uploadGrants(ring, random, parts.ossEndpoint, config.uploadAuthSeconds);
  const uploadParts = { media, grants, random, bucket, objectUrl };
  return [
    assumeRole({
      store,
      ring,
      random,
      parseTrust: policyCache('trust'),
      minDuration: config.stsMinDuration,
      perSecond: config.stsPerSecond,
    }),
    getCallerIdentity,
    createUploadVideo(uploadParts),
    createUploadImage(uploadParts),
    refreshUploadVideo(uploadParts),
    getVideoInfo({ media, region: config.region, storageLocation: (name) => `${name}.${config.ossDomain}` }),
    deleteVideo({
      media,
      async remove(row) {
        await db.transaction().execute(async (transaction) => {
          await media.delete(transaction, row.media_id);
          await deleteObject(transaction, { bucket: row.bucket, key: row.object_key }, clock.now());
        });
        parts.onObjectsDeleted();
      },
    }),
    ...uploadProgress,
  ];
}
