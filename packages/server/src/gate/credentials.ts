import type { Principal } from './principal.js';

/** Why a pair of access key id and security token names nobody. Each plane has its own code for each. */
export type CredentialFailure =
  | 'unknown-access-key'
  | 'inactive-access-key'
  /** A temporary access key id (`STS.…`) without its token. */
  | 'missing-token'
  /** Not a token of ours, or one that was changed. */
  | 'malformed-token'
  /** A genuine token that belongs to another access key id. */
  | 'mismatched-token'
  | 'expired-token'
  /** A genuine token whose role or media is gone. */
  | 'revoked-token';

export type CredentialLookup =
  | { readonly ok: true; readonly secret: string; readonly principal: Principal; readonly temporary: boolean }
  | { readonly ok: false; readonly failure: CredentialFailure };

/** Finds the secret to verify a signature with, and who it speaks for. */
export interface CredentialSource {
  lookup(accessKeyId: string, securityToken: string | undefined): Promise<CredentialLookup>;
}
