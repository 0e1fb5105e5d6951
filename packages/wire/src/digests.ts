/** {@link SigningDigests} that may answer later, as WebCrypto does. */
export interface AsyncDigests {
  sha256(data: Uint8Array): Uint8Array | Promise<Uint8Array>;
  hmacSha1(key: Uint8Array, data: Uint8Array): Uint8Array | Promise<Uint8Array>;
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/**
 * The hashes that signatures need, as a port: Node hands in its native ones (`@sluice/wire/node`), pages and phones the
 * audited pure ones (`@sluice/wire/noble`), which also work on plain http.
 */
export interface SigningDigests extends AsyncDigests {
  sha256(data: Uint8Array): Uint8Array;
  hmacSha1(key: Uint8Array, data: Uint8Array): Uint8Array;
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array;
}

/** With MD5, which OSS checks bodies by. */
export interface Digests extends SigningDigests {
  md5(data: Uint8Array): Uint8Array;
}
