/** Who makes media and grants the credential of one file. */
import { decodeUploadAddress, decodeUploadAuth, parseIso, type UploadAuth } from '@sluice/wire';
import type { UploadGrant, UploadOptions, UploadResult } from '../api.js';
import type { FileSource } from '../ports.js';
import type { Layout } from './layout.js';
import type { MediaKind } from './media-kind.js';
import type { OssTarget } from './oss-target.js';
import type { RenewReason } from './renewable.js';
import type { ServerClock } from './server-clock.js';
import { localError, type UploadError } from './upload-error.js';

export interface MediaGrant {
  readonly videoId: string | undefined;
  readonly imageId: string | undefined;
  readonly imageUrl: string | undefined;
  /** Absent when only the credential was renewed. */
  readonly target: OssTarget | undefined;
  readonly auth: UploadAuth;
  /** Server time, milliseconds. */
  readonly expiresAt: number | undefined;
}

export interface GrantCall {
  readonly source: FileSource;
  readonly meta: UploadOptions;
  /** Of the content; absent for a stream. */
  readonly sample: string | undefined;
  readonly reason: RenewReason;
  readonly signal: AbortSignal;
  onRetry(error: UploadError, attempt: number, delay: number): void;
}

export interface MediaAuthority {
  create(kind: MediaKind, call: GrantCall, layout: Layout): Promise<MediaGrant>;
  /** Once, without retries of its own: the caller repeats it. */
  refresh(videoId: string, call: GrantCall): Promise<MediaGrant>;
  /** Makes the media of content the server has already; `undefined` when it has not. Absent: cannot be asked. */
  instant?(call: GrantCall): Promise<UploadResult | undefined>;
}

/**
 * @param askedAt server time before the call: an end told as a lifetime is then rather too early than too late
 * @throws UploadError `MalformedAnswer`
 */
export function readGrant(
  answer: UploadGrant | Record<string, unknown>,
  serverClock: ServerClock,
  askedAt: number,
): MediaGrant {
  const { UploadAuth, UploadAddress, VideoId, ImageId, ImageURL } = answer as Record<string, unknown>;
  const auth = typeof UploadAuth === 'string' ? decodeUploadAuth(UploadAuth) : undefined;
  if (!auth) throw localError('MalformedAnswer', 'The UploadAuth is missing or not base64 of the expected JSON.');
  const address = typeof UploadAddress === 'string' ? decodeUploadAddress(UploadAddress) : undefined;
  if (UploadAddress && !address) {
    throw localError('MalformedAnswer', 'The UploadAddress is not base64 of the expected JSON.');
  }
  const life = Number(auth.Expiration) * 1000;
  const end = parseIso(auth.ExpireUTCTime ?? '') ?? (life > 0 ? askedAt + life : undefined);
  return {
    videoId: text(VideoId),
    imageId: text(ImageId),
    imageUrl: text(ImageURL),
    target: address && { endpoint: address.Endpoint, bucket: address.Bucket, key: address.FileName },
    auth,
    // An end that lies in the past already was told by another clock than ours; the lifetime needs no clock.
    expiresAt: end !== undefined && end <= serverClock.now() && life > 0 ? askedAt + life : end,
  };
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
