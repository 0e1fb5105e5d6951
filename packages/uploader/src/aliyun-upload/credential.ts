/** What an application may answer with when a file starts or its credential ended. */
import { encodeUploadAuth, formatIso } from '@sluice/wire';
import type { StsCredentials, UploadGrant } from '../api.js';

export type Credential =
  /** STS mode: the SDK makes and refreshes the media. */
  | { readonly mode: 'sts'; readonly token: StsCredentials }
  /** Credential mode: the application's back end did. */
  | { readonly mode: 'auth'; readonly grant: UploadGrant };

const DEFAULT_LIFE = 3000;

/** Raw keys of the object store in the shape of an UploadAuth. */
export function rawUploadAuth(
  accessKeyId: string,
  accessKeySecret: string,
  securityToken: string,
  expireTime: string | number | undefined,
  now: number,
): string {
  const end = typeof expireTime === 'number' ? expireTime : Date.parse(expireTime ?? '');
  const known = Number.isFinite(end) && end > now;
  return encodeUploadAuth({
    AccessKeyId: accessKeyId,
    AccessKeySecret: accessKeySecret,
    SecurityToken: securityToken,
    Expiration: String(known ? Math.ceil((end - now) / 1000) : DEFAULT_LIFE),
    ...(known ? { ExpireUTCTime: formatIso(end) } : {}),
  });
}
