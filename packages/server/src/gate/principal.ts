import type { SessionLink, SessionOrigin } from './session-origin.js';

/** Who is calling, after a signature was verified. */
export type Principal =
  | AccountPrincipal
  | UserPrincipal
  | SessionPrincipal
  | FederatedPrincipal
  | UploadGrantPrincipal
  | AnonymousPrincipal;

/** The account itself (root). Skips policy, and may not assume roles. */
export interface AccountPrincipal {
  readonly kind: 'account';
  readonly accountId: string;
}

export interface UserPrincipal {
  readonly kind: 'user';
  readonly accountId: string;
  readonly userId: string;
  readonly userName: string;
}

/** A role, assumed through STS. */
export interface SessionPrincipal {
  readonly kind: 'session';
  readonly accountId: string;
  readonly roleId: string;
  readonly roleName: string;
  readonly sessionName: string;
  /** Policy document given at AssumeRole: the session may do what it **and** the role allow. */
  readonly sessionPolicy?: string | undefined;
  readonly sourceIdentity?: string | undefined;
  /** The access key id without `STS.`. */
  readonly tokenId: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** The sessions that it was chained from, newest first. */
  readonly via?: readonly SessionLink[] | undefined;
}

/** Somebody that an identity provider vouches for: may assume the roles that trust the provider, and nothing else. */
export interface FederatedPrincipal {
  readonly kind: 'federated';
  /** That of the provider. */
  readonly accountId: string;
  readonly providerArn: string;
  readonly providerName: string;
  readonly token: OidcTokenFacts;
}

/** What a verified token says. */
export interface OidcTokenFacts {
  readonly issuer: string;
  readonly subject: string;
  /** As in the token. */
  readonly audience: readonly string[];
  /** The one of them that is a client id of the provider. */
  readonly clientId: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** The holder of an UploadAuth: may write exactly one object. */
export interface UploadGrantPrincipal {
  readonly kind: 'upload-grant';
  readonly accountId: string;
  readonly mediaId: string;
  readonly bucket: string;
  readonly key: string;
  readonly expiresAt: number;
  /** The session that asked for it: revoked with that one. */
  readonly origin?: SessionOrigin | undefined;
}

export interface AnonymousPrincipal {
  readonly kind: 'anonymous';
}

export const anonymous: AnonymousPrincipal = { kind: 'anonymous' };

/** A name for logs; never a credential. */
export function principalName(principal: Principal): string {
  switch (principal.kind) {
    case 'account':
      return `account/${principal.accountId}`;
    case 'user':
      return `user/${principal.userName}`;
    case 'session':
      return `role/${principal.roleName}/${principal.sessionName}`;
    case 'federated':
      return `oidc-provider/${principal.providerName}/${principal.token.subject}`;
    case 'upload-grant':
      return `upload/${principal.mediaId}`;
    case 'anonymous':
      return 'anonymous';
  }
}
