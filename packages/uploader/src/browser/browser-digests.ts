import type { AsyncDigests } from '@sluice/wire';
import { loaded } from '../core/load.js';

/** WebCrypto; where a page has none (on plain http) pure ones in its place, loaded with the first signature. */
export function browserDigests(subtle: SubtleCrypto | null | undefined = globalThis.crypto?.subtle): AsyncDigests {
  if (!subtle) {
    const pure = async () => (await loaded(() => import('@sluice/wire/noble'))).nobleSigningDigests;
    return {
      sha256: async (data) => (await pure()).sha256(data),
      hmacSha1: async (key, data) => (await pure()).hmacSha1(key, data),
      hmacSha256: async (key, data) => (await pure()).hmacSha256(key, data),
    };
  }
  const hmac = (hash: string) => async (key: Uint8Array, data: Uint8Array) => {
    const imported = await subtle.importKey('raw', key as BufferSource, { name: 'HMAC', hash }, false, ['sign']);
    return new Uint8Array(await subtle.sign('HMAC', imported, data as BufferSource));
  };
  return {
    sha256: async (data) => new Uint8Array(await subtle.digest('SHA-256', data as BufferSource)),
    hmacSha1: hmac('SHA-1'),
    hmacSha256: hmac('SHA-256'),
  };
}
