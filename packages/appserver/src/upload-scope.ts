import { isLiteral } from '@sluice/policy';
import { sessionNameOf } from './session-name.js';
import { normaliseSessionPolicy } from './session-policy.js';

/** Options of {@link uploadScope}. */
export interface UploadScopeOptions {
  /** Bucket that uploads go to; 3–63 of `a-z 0-9 -`. */
  readonly bucket: string;
  /** Account that owns it, digits. Default any: the role's own policies already say whose. */
  readonly accountId?: string;
  /** Folder of the user's objects, without slashes at its ends; default `users/<session name>`. */
  readonly userPrefix?: (user: string) => string;
  /**
   * `sluice` (default): refresh and reading only for media that this user's sessions made, named
   * `acs:vod:*:*:media/<session name>/<media id>`. `alibaba`: any media, as VOD there knows no resource but `*`
   * (reference vod 6).
   */
  readonly dialect?: 'sluice' | 'alibaba';
}

/** An option, or the prefix of a user, that must not be put into a policy. */
export class UploadScopeError extends Error {
  override readonly name = 'UploadScopeError';
}

/**
 * The session policy of an uploader: create media, refresh their upload credentials, and put, list and abort parts in
 * one folder. RAM has no policy variables, so the concrete prefix is written out (reference ram-sts 6.2 point 4).
 *
 * @throws UploadScopeError for options that cannot be put into a policy; the returned function for prefixes that cannot
 * @throws SessionPolicyError (the returned function) when the policy would be longer than 2048 characters
 */
export function uploadScope(options: UploadScopeOptions): (user: string) => string {
  const { bucket, accountId = '*', dialect = 'sluice' } = options;
  const prefixOf = options.userPrefix ?? ((user: string) => `users/${sessionNameOf(user)}`);
  // A bucket that is not given would be one called "undefined".
  if (typeof bucket !== 'string' || !/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(bucket))
    throw new UploadScopeError(`"${bucket}" is no bucket name`);
  if (dialect !== 'sluice' && dialect !== 'alibaba')
    throw new UploadScopeError(`"${dialect}" is no dialect: "sluice" or "alibaba"`);
  if (!/^(?:\*|\d{1,32})$/.test(accountId)) throw new UploadScopeError(`"${accountId}" is no account id`);
  return (user) => {
    const prefix = prefixOf(user);
    checkPrefix(prefix);
    const media = dialect === 'alibaba' ? '*' : `acs:vod:*:${accountId}:media/${sessionNameOf(user)}/*`;
    const statements = [
      allow(['vod:CreateUploadVideo', 'vod:CreateUploadImage'], '*'),
      allow(['vod:RefreshUploadVideo', 'vod:GetVideoInfo'], media),
      allow(
        ['oss:PutObject', 'oss:ListParts', 'oss:AbortMultipartUpload'],
        `acs:oss:*:${accountId}:${bucket}/${prefix}/*`,
      ),
    ];
    return normaliseSessionPolicy(JSON.stringify({ Version: '1', Statement: statements }));
  };
}

function allow(Action: readonly string[], Resource: string): object {
  return { Effect: 'Allow', Action, Resource };
}

/** A prefix must mean itself and nothing above itself. */
function checkPrefix(prefix: string): void {
  const sound =
    isLiteral(prefix) &&
    !/["'`\\]|\p{Cc}|\p{Surrogate}/u.test(prefix) &&
    prefix.split('/').every((segment) => segment !== '' && segment !== '.' && !segment.includes('..'));
  if (!sound) {
    throw new UploadScopeError(
      `the prefix ${JSON.stringify(prefix)} must be folders joined by "/", without wildcards, quotes, "..", backslashes or control characters`,
    );
  }
}
