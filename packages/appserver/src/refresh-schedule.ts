/** When a token is renewed, and when a failed renewal is tried again. Reference ram-sts 6.2. All times in ms. */

const MINUTE = 60_000;
const FIRST_RETRY = 1_000;
const LONGEST_RETRY = 60_000;

export interface RefreshSchedule {
  /** From here on the token is served and renewed in the background. */
  readonly advisoryAt: number;
  /** From here on callers wait for the renewal. */
  readonly mandatoryAt: number;
  readonly expiresAt: number;
}

/**
 * Advisory: max(5 minutes, 10 % of life) before expiry plus up to a minute of jitter, so that a fleet does not renew
 * together; never more than half of the life, so that short-lived tokens are not renewed on every call.
 * Mandatory: min(10 % of life, 1 minute) before expiry.
 *
 * @param random from 0 up to 1
 */
export function scheduleRefresh(issuedAt: number, expiresAt: number, random: number): RefreshSchedule {
  const life = expiresAt - issuedAt;
  const margin = Math.min(Math.max(5 * MINUTE, life * 0.1) + random * MINUTE, life / 2);
  return { advisoryAt: expiresAt - margin, mandatoryAt: expiresAt - Math.min(life * 0.1, MINUTE), expiresAt };
}

/**
 * Exponential backoff with full jitter: anything up to 1 s, 2 s, 4 s … 60 s; never less than what the service asked.
 *
 * @param failures how many attempts failed in a row, from 1
 */
export function retryDelay(failures: number, random: number, askedMs = 0): number {
  const ceiling = Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** Math.min(failures - 1, 16));
  return Math.max(random * ceiling, askedMs);
}
