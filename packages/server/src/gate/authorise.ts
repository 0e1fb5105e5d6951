import type { Decision } from '@sluice/policy';
import type { Principal } from './principal.js';

/** What a principal wants to do; `context` holds condition keys (`acs:SourceIp`, `acs:SecureTransport` …). */
export interface AccessQuestion {
  readonly action: string;
  readonly resource: string;
  readonly context?: Readonly<Record<string, string | undefined>>;
}

/** Decides by policy. The account itself may do everything in its own account; anonymous may do nothing. */
export interface Authoriser {
  decide(principal: Principal, question: AccessQuestion): Promise<Decision>;
}
