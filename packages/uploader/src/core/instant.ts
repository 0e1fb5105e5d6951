/** No bytes for content the server has: it is told the checksum, and then shown that this side has every byte. */
import { type AsyncDigests, base64Decode, concatBytes, crc64Combine, hex, utf8 } from '@sluice/wire';
import type { UploadResult } from '../api.js';
import type { FileSource } from '../ports.js';
import type { GrantCall, MediaAuthority } from './media-authority.js';
import { bytesOf } from './part-bytes.js';
import type { Params, VodCaller } from './sts-authority.js';
import { codeOf, ServiceError } from './upload-error.js';
import { throwIfAborted } from './waiting.js';

/** Below, content could be guessed: the server does not answer for it. */
const LEAST = 1024 * 1024;
const CHUNK = 4 * 1024 * 1024;
const CRC_CHUNK = 64 * 1024 * 1024;

/**
 * Asks by size and CRC-64, and answers the challenge with SHA-256 over challenge and content (leaves of 4 MiB, so that
 * memory stays flat). Whoever knows only the checksum cannot answer. The file is read once, and once more on a hit.
 */
export function instantUpload(
  callVod: VodCaller,
  digests: AsyncDigests,
  videoParams: (call: GrantCall) => Params,
): NonNullable<MediaAuthority['instant']> {
  return async (call): Promise<UploadResult | undefined> => {
    const { signal, source } = call;
    const size = source.size ?? 0;
    if (size < LEAST) return undefined;
    try {
      const crc64 = String(await wholeCrc(source, size, signal));
      const content = { FileSize: String(size), Crc64: crc64 };
      const { Challenge } = await callVod('FindContent', content, call);
      const challenge = typeof Challenge === 'string' ? Challenge : '';
      if (challenge === '') return undefined;
      const Proof = await proof(source, size, base64Decode(challenge) ?? utf8(challenge), digests, signal);
      const params = { ...videoParams(call), ...content, ContentType: source.type, Challenge: challenge, Proof };
      const { VideoId, Bucket, FileName, ETag } = await callVod('CreateVideoFromContent', params, call);
      const text = (value: unknown) => (typeof value === 'string' ? value : '');
      return {
        videoId: text(VideoId),
        bucket: text(Bucket),
        key: text(FileName),
        etag: text(ETag) || undefined,
        crc64,
        size,
        instant: true,
      };
    } catch (error) {
      // A server that does not know the calls, or does not allow them, no longer has the content, or takes too long: send
      // the bytes. What is wrong with the file or the token comes up again there.
      const code = codeOf(error);
      if (error instanceof ServiceError || code === 'Timeout' || code === 'NetworkError') return undefined;
      throw error;
    }
  };
}

async function wholeCrc(source: FileSource, size: number, signal: AbortSignal): Promise<bigint> {
  let whole = 0n;
  for (let at = 0; at < size; at += CRC_CHUNK) {
    throwIfAborted(signal);
    const end = Math.min(size, at + CRC_CHUNK);
    whole = crc64Combine(whole, await source.crc64(at, end), end - at);
  }
  return whole;
}

async function proof(
  source: FileSource,
  size: number,
  challenge: Uint8Array,
  digests: AsyncDigests,
  signal: AbortSignal,
): Promise<string> {
  const leaves: Uint8Array[] = [challenge];
  for (let at = 0; at < size; at += CHUNK) {
    throwIfAborted(signal);
    const part = await source.slice(at, Math.min(size, at + CHUNK));
    part.crc64.catch(() => {});
    leaves.push(await sha256(concatBytes(challenge, await bytesOf(part.body)), digests));
    part.release?.();
  }
  return hex(await sha256(concatBytes(...leaves), digests));
}

/** The platform's own where there is one: many times faster, and off the main thread. */
async function sha256(bytes: Uint8Array, digests: AsyncDigests): Promise<Uint8Array> {
  const subtle = globalThis.crypto?.subtle;
  return subtle ? new Uint8Array(await subtle.digest('SHA-256', bytes as BufferSource)) : digests.sha256(bytes);
}
