import { LRUCache } from 'lru-cache';
import type { KeyRing } from '../keys/key-ring.js';
import type { IdentityStore } from '../ram/identity-store.js';
import type { Clock } from '../runtime.js';
import type { Revocations } from '../sts/revocation/revocations.js';
import { type OpenedToken, openToken, TEMPORARY_ID_PREFIX, type TokenClaims, tokenIdOf } from '../sts/sealed-token.js';
import type { CredentialLookup, CredentialSource } from './credentials.js';
import type { Principal } from './principal.js';
import { type SessionOrigin, sessionOrigin } from './session-origin.js';

/** Says whether the thing a token speaks for still exists. */
export interface Liveness {
  /**
   * Deleting a role kills its tokens, and what was derived from them: chained sessions, upload grants. A role made anew under
   * the name has another id.
   */
  role(roleId: string): Promise<boolean>;
  /** Deleting a media kills its upload grants. */
  media(mediaId: string): Promise<boolean>;
}

/**
 * Bytes, about, of tokens whose opening is remembered, which takes some 100 µs: some ten thousand of the usual ones. A client sends the
 * same one with every part, and the built-in AppServer asks for each that it gives out from its cache.
 */
const REMEMBERED_BYTES = 32 * 1024 * 1024;
/** Of one token: itself as the name, what it holds, and the rooms for it. */
const rememberedBytes = (name: string): number => 3 * name.length + 500;

/**
 * Long-lived keys from the store, temporary ones from their sealed token: no table is asked for a token's secret.
 * Reference: ram-sts 1.6, 4.5.
 */
export function credentialSource(
  ring: KeyRing,
  store: IdentityStore,
  liveness: Liveness,
  revocations: Pick<Revocations, 'covers'>,
  clock: Clock,
): CredentialSource {
  // What a token holds never changes; whether it still counts is asked every time.
  const tokens = new LRUCache<string, OpenedToken>({
    maxSize: REMEMBERED_BYTES,
    sizeCalculation: (_, name) => rememberedBytes(name),
  });
  function open(accessKeyId: string, token: string): OpenedToken {
    const name = `${accessKeyId} ${token}`;
    const known = tokens.get(name);
    if (known) return known;
    const opened = openToken(ring, accessKeyId, token);
    if (opened.ok) tokens.set(name, opened);
    return opened;
  }

  async function temporary(accessKeyId: string, token: string): Promise<CredentialLookup> {
    const opened = open(accessKeyId, token);
    if (!opened.ok) return opened;
    const { claims, secret } = opened;
    if (claims.expiresAt <= clock.now()) return { ok: false, failure: 'expired-token' };
    const principal = principalOf(claims, accessKeyId);
    const origin = sessionOrigin(principal);
    if (origin && revocations.covers(origin)) return { ok: false, failure: 'revoked-token' };
    if (!(await isAlive(claims, origin))) return { ok: false, failure: 'revoked-token' };
    return { ok: true, secret, principal, temporary: true };
  }

  async function isAlive(claims: TokenClaims, origin: SessionOrigin | undefined): Promise<boolean> {
    for (const { roleId } of origin?.links ?? []) if (!(await liveness.role(roleId))) return false;
    return claims.kind === 'session' || liveness.media(claims.mediaId);
  }

  return {
    async lookup(accessKeyId, securityToken) {
      if (securityToken !== undefined) return temporary(accessKeyId, securityToken);
      if (accessKeyId.startsWith(TEMPORARY_ID_PREFIX)) return { ok: false, failure: 'missing-token' };
      // Ids are letters and digits. A form may hold anything, and a database may not tell one text from another with NUL.
      const key = /^\w{1,128}$/.test(accessKeyId) ? await store.findAccessKey(accessKeyId) : undefined;
      if (!key) return { ok: false, failure: 'unknown-access-key' };
      if (key.status !== 'Active') return { ok: false, failure: 'inactive-access-key' };
      const principal: Principal = key.user
        ? { kind: 'user', accountId: key.accountId, ...key.user }
        : { kind: 'account', accountId: key.accountId };
      return { ok: true, secret: key.secret, principal, temporary: false };
    },
  };
}

function principalOf(claims: TokenClaims, accessKeyId: string): Principal {
  if (claims.kind === 'session') return { ...claims, tokenId: tokenIdOf(accessKeyId) };
  const { issuedAt: _, ...grant } = claims;
  return grant;
}
