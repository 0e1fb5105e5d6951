import type { Principal } from './principal.js';

/** One session: what of it a revocation can name. */
export interface SessionLink {
  readonly accountId: string;
  readonly roleId: string;
  readonly sessionName: string;
  /** The access key id without `STS.`: new for every token. */
  readonly tokenId: string;
  readonly issuedAt: number;
}

/** The sessions that stand behind a credential, however it was handed on. */
export interface SessionOrigin {
  readonly sourceIdentity?: string | undefined;
  /** Newest first: the session itself, the one that assumed its role, and so on. */
  readonly links: readonly SessionLink[];
}

/** `undefined` for who was no session: a user, the account, nobody. */
export function sessionOrigin(principal: Principal): SessionOrigin | undefined {
  if (principal.kind === 'upload-grant') return principal.origin;
  if (principal.kind !== 'session') return undefined;
  const { accountId, roleId, sessionName, tokenId, issuedAt, sourceIdentity, via = [] } = principal;
  return {
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
    links: [{ accountId, roleId, sessionName, tokenId, issuedAt }, ...via],
  };
}
