import type { LinkLimits } from './link-control.js';

/** Options of the transfer, resolved: every one has a value. */
export interface Settings extends LinkLimits {
  readonly retryCount: number;
  /** Base of the exponential backoff, milliseconds. */
  readonly retryDelay: number;
  readonly signatureVersion: 'v1' | 'v4';
  /** Milliseconds without any byte moving. */
  readonly timeout: number;
  /** Milliseconds for one call of the function that supplies credentials; `Infinity` when a person may be asked. */
  readonly credentialsTimeout: number;
  /** Renew credentials before they run out; `false` waits until they have. */
  readonly renewAhead: boolean;
  /** For V4 signatures when the UploadAuth names none. */
  readonly region: string;
  /** The endpoint is the bucket's own domain. */
  readonly cname: boolean;
  readonly account: string;
  readonly instant: boolean;
}
