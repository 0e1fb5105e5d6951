import { listAuditRecords } from './audit/list-audit-records.js';
import { isLoopback, type ServerConfig } from './config.js';
import type { Database, MediaTable } from './db/schema.js';
import { transact } from './db/transact.js';
import { policyCache } from './gate/policy-authoriser.js';
import type { KeyRing } from './keys/key-ring.js';
import type { ObjectContents } from './oss/contents.js';
import { deleteObject, storedBytes } from './oss/objects.js';
import type { KeyUsage } from './ram/access-keys/key-usage.js';
import type { IdentityStore } from './ram/identity-store.js';
import { passwordHoldsUser } from './ram/login/login-profile-operations.js';
import type { PasswordHashing } from './ram/login/password-hashing.js';
import { deviceHoldsUser } from './ram/mfa/mfa-operations.js';
import { ramOperations } from './ram/operations.js';
import type { Operation } from './rpc/operation.js';
import type { Clock, Random } from './runtime.js';
import { assumeRole } from './sts/assume-role.js';
import { assumeRoleWithSaml } from './sts/assume-role-with-saml.js';
import { getCallerIdentity } from './sts/get-caller-identity.js';
import { assumeRoleWithOidc } from './sts/oidc/assume-role-with-oidc.js';
import type { ProviderKeys } from './sts/oidc/provider-keys.js';
import type { Revocations } from './sts/revocation/revocations.js';
import {
  deleteRevocation,
  listRevocations,
  type RevokeSessionsParts,
  revokeSessions,
} from './sts/revocation/revoke-sessions.js';
import { contentChallenges } from './vod/content-challenge.js';
import { createUploadAttachedMedia } from './vod/create-upload-attached-media.js';
import { createUploadImage } from './vod/create-upload-image.js';
import { createUploadVideo } from './vod/create-upload-video.js';
import { createVideoFromContent } from './vod/create-video-from-content.js';
import { deleteAttachedMedia } from './vod/delete-attached-media.js';
import { deleteImage } from './vod/delete-image.js';
import { deleteVideo } from './vod/delete-video.js';
import { findContent } from './vod/find-content.js';
import { getAttachedMediaInfo } from './vod/get-attached-media-info.js';
import { getImageInfo } from './vod/get-image-info.js';
import { getMezzanineInfo } from './vod/get-mezzanine-info.js';
import { getVideoInfo } from './vod/get-video-info.js';
import { getVideoInfos } from './vod/get-video-infos.js';
import { listUnfinishedUploads } from './vod/list-unfinished-uploads.js';
import type { MediaStore } from './vod/media-store.js';
import { refreshUploadVideo } from './vod/refresh-upload-video.js';
import { updateVideoInfo } from './vod/update-video-info.js';
import { uploadGrants } from './vod/upload-grant.js';
import { uploadProgress } from './vod/upload-progress.js';

export interface OperationParts {
  readonly config: Pick<
    ServerConfig,
    | 'instantUpload'
    | 'oidcProviderAllow'
    | 'ossDomain'
    | 'region'
    | 'stsMinDuration'
    | 'stsPerSecond'
    | 'stsPrincipalPerSecond'
    | 'uploadAuthSeconds'
  >;
  readonly db: Database;
  readonly store: IdentityStore;
  readonly media: MediaStore;
  readonly revocations: Revocations;
  readonly abortUploads: RevokeSessionsParts['abortUploads'];
  readonly ring: KeyRing;
  readonly providerKeys: ProviderKeys;
  readonly clock: Clock;
  readonly random: Random;
  readonly hashing: PasswordHashing;
  /** When access keys were used. */
  readonly usage?: Pick<KeyUsage, 'lastUsed'> | undefined;
  /** The bytes of objects. */
  readonly contents: ObjectContents;
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
  const storageLocation = (name: string) => `${name}.${config.ossDomain}`;
  const uploadParts = { media, grants, random, bucket, objectUrl };
  const sts = {
    store,
    ring,
    random,
    parseTrust: policyCache('trust'),
    minDuration: config.stsMinDuration,
    perSecond: config.stsPerSecond,
    principalPerSecond: config.stsPrincipalPerSecond,
  };
  return [
    assumeRole(sts),
    assumeRoleWithOidc({ ...sts, db, keys: parts.providerKeys }),
    assumeRoleWithSaml,
    getCallerIdentity,
    revokeSessions(parts),
    listRevocations(parts),
    deleteRevocation(parts),
    listAuditRecords({ db }),
    ...ramOperations({
      db,
      ring,
      clock,
      random,
      usage: parts.usage,
      allowsHttpIssuer: ({ hostname }) => config.oidcProviderAllow.length > 0 && isLoopback(hostname),
      hashing: parts.hashing,
      holdersOfUser: [passwordHoldsUser, deviceHoldsUser],
    }),
    createUploadVideo(uploadParts),
    createUploadImage(uploadParts),
    createUploadAttachedMedia(uploadParts),
    refreshUploadVideo(uploadParts),
    listUnfinishedUploads({ media, uploads: { storedBytes: (uploadId) => storedBytes(db, uploadId) } }),
    ...(config.instantUpload ? instantUpload() : []),
    getVideoInfo({ media, region: config.region, storageLocation }),
    getVideoInfos({ media, storageLocation }),
    getMezzanineInfo({ media, objectUrl }),
    getImageInfo({ media, objectUrl, storageLocation }),
    getAttachedMediaInfo({ media, objectUrl, storageLocation }),
    updateVideoInfo({ media }),
    ...[deleteVideo, deleteImage, deleteAttachedMedia].map((deletion) => deletion({ media, remove })),
    ...uploadProgress,
  ];

  async function remove(row: MediaTable): Promise<void> {
    await transact(db, async (transaction) => {
      await media.delete(transaction, row.media_id);
      await deleteObject(transaction, { bucket: row.bucket, key: row.object_key }, clock.now());
    });
    parts.onObjectsDeleted();
  }

  function instantUpload(): readonly Operation[] {
    const challenges = contentChallenges(ring, random);
    return [
      findContent({ media, challenges }),
      createVideoFromContent({ media, challenges, contents: parts.contents, random, bucket }),
    ];
  }
}
