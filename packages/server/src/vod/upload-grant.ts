import { encodeUploadAddress, encodeUploadAuth, formatIso } from '@sluice/wire';
import type { MediaTable } from '../db/schema.js';
import { sessionOrigin } from '../gate/session-origin.js';
import type { KeyRing } from '../keys/key-ring.js';
import type { Call } from '../rpc/operation.js';
import type { Random } from '../runtime.js';
import { sealToken } from '../sts/sealed-token.js';

export interface UploadGrants {
  /** UploadAddress and UploadAuth: the right to write the object of one media, for a while. Reference: vod 4.5. */
  grant(
    media: MediaTable,
    call: Pick<Call, 'host' | 'path' | 'now' | 'principal'>,
  ): { UploadAddress: string; UploadAuth: string };
}

/**
 * @param ossEndpoint public endpoint of the data plane, with scheme
 * @param lifetime seconds
 */
export function uploadGrants(ring: KeyRing, random: Random, ossEndpoint: () => string, lifetime: number): UploadGrants {
  return {
    grant(media, call) {
      const expiresAt = call.now + lifetime * 1000;
      const origin = sessionOrigin(call.principal);
      const credentials = sealToken(ring, random, {
        kind: 'upload-grant',
        accountId: media.account_id,
        mediaId: media.media_id,
        bucket: media.bucket,
        key: media.object_key,
        ...(origin === undefined ? {} : { origin: { ...origin, links: [...origin.links] } }),
        issuedAt: call.now,
        expiresAt,
      });
      const region = clientRegion(call.host, call.path);
      return {
        UploadAddress: encodeUploadAddress({
          Endpoint: ossEndpoint(),
          Bucket: media.bucket,
          FileName: media.object_key,
        }),
        UploadAuth: encodeUploadAuth({
          SecurityToken: credentials.securityToken,
          AccessKeyId: credentials.accessKeyId,
          AccessKeySecret: credentials.accessKeySecret,
          Expiration: String(lifetime),
          ExpireUTCTime: formatIso(expiresAt),
          ...(region === undefined ? {} : { Region: region }),
        }),
      };
    },
  };
}

/**
 * What the client calls its region. The official SDKs put it raw into `https://vod.{region}.aliyuncs.com/` and later
 * call whatever `UploadAuth.Region` says, so the only safe answer is their own text or none: any other would send
 * their next calls, token included, to a host that is not ours. Reference: vod 1.12.
 */
export function clientRegion(host: string, path: string): string | undefined {
  // A host of any other shape (`vod.a@b.aliyuncs.com`) would name another one when put back into the template.
  if (!/^[A-Za-z0-9.-]+(:\d+)?$/.test(host)) return undefined;
  const m = /^vod\.(.+)\.aliyuncs\.com(?::\d+)?(?:\/.*)?$/.exec(`${host}${path}`);
  return m?.[1];
}
