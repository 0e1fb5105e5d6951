import type { Decision } from '@sluice/policy';
import type { Principal } from './principal.js';

/** What a principal wants to do; `context` holds condition keys (`acs:SourceIp`, `acs:SecureTransport` …). */
export interface AccessQuestion {
  readonly action: string;
  readonly resource: string;
  readonly context?: Readonly<Record<string, string | undefined>>;
  /** For a bucket that has a policy, or something in it. Without, a caller of another account is not to be asked about. */
  readonly bucketPolicy?: BucketPolicySide;
}

export interface BucketPolicySide {
  readonly bucket: string;
  /** The account that the bucket belongs to. */
  readonly ownerId: string;
  /** The policy as it was written. */
  readonly document: string;
}

/**
 * Decides by policy. The account itself may do everything in its own account, but for what the policy of a bucket denies it;
 * anonymous may do nothing but what the policy of a bucket lets everybody read.
 */
export interface Authoriser {
  decide(principal: Principal, question: AccessQuestion): Promise<Decision>;
}
