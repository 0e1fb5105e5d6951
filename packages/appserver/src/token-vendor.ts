import { formatIso, parseIso } from '@sluice/wire';
import { LRUCache } from 'lru-cache';
import { type RefreshSchedule, retryDelay, scheduleRefresh } from './refresh-schedule.js';
import { sessionNameOf } from './session-name.js';
import { normaliseSessionPolicy } from './session-policy.js';
import type { AssumeRole, StsCredentials } from './sts-client.js';
import { StsError, UpstreamError } from './upstream-error.js';

/** A token, and when it was asked for. */
export interface VendedToken extends StsCredentials {
  /** When it was asked for; milliseconds since the epoch, by this machine's clock. */
  readonly issuedAt: number;
}

/** Hands out tokens, one for each user; made by {@link createTokenVendor}. */
export interface TokenVendor {
  /**
   * A token that is valid now.
   *
   * @throws StsError (as a rejection) when there is none and none can be had
   */
  token(user: string): Promise<VendedToken>;
}

/** Options of {@link createTokenVendor}. */
export interface TokenVendorOptions {
  /** That of {@link createStsClient}. */
  readonly assumeRole: AssumeRole;
  /** `acs:ram::<account>:role/<name>`. */
  readonly roleArn: string;
  /** Seconds, default 3600. Below 1800 some official clients ask for a token on every call (reference ram-sts 6.1). */
  readonly durationSeconds?: number;
  /** What the user may do with the token, see `uploadScope`. Without it: everything the role may. */
  readonly sessionPolicy?: (user: string) => string | undefined;
  /** Milliseconds since the epoch; default `Date.now`. */
  readonly clock?: () => number;
  /** From 0 up to 1; default `Math.random`. Only for jitter. */
  readonly random?: () => number;
  /** Tokens that are remembered, default 10 000; beyond, the least recently used go. */
  readonly maxEntries?: number;
  /**
   * Asked before a token is vended again; `false`: it was revoked, and a new one is asked for. Default: tokens are good until
   * they end.
   */
  readonly stillGood?: (token: VendedToken) => boolean | Promise<boolean>;
  /** Told of every failed attempt, also of those that callers do not notice because the old token still serves. */
  readonly onRefreshError?: (error: unknown, user: string) => void;
}

interface Entry {
  readonly token?: VendedToken;
  readonly schedule?: RefreshSchedule;
  readonly failures: number;
  /** No attempt before this instant. */
  readonly retryAt: number;
  readonly error?: unknown;
}

const EMPTY: Entry = { failures: 0, retryAt: Number.NEGATIVE_INFINITY };

/**
 * Vends one token per user from a bounded cache (reference ram-sts 6.2): one `AssumeRole` at a time for each user,
 * renewal ahead of expiry, and the old token for as long as it is valid when renewal fails.
 *
 * @throws TypeError without a role, or for a function that is none
 */
export function createTokenVendor(options: TokenVendorOptions): TokenVendor {
  const { assumeRole, roleArn, sessionPolicy, stillGood, onRefreshError } = options;
  const { durationSeconds = 3600, clock = Date.now, random = Math.random, maxEntries = 10_000 } = options;
  if (!roleArn) throw new TypeError('a roleArn is needed');
  if (typeof assumeRole !== 'function') throw new TypeError('assumeRole must be a function: that of createStsClient()');
  if (sessionPolicy !== undefined && typeof sessionPolicy !== 'function')
    throw new TypeError('sessionPolicy must be a function from the user to a policy, as uploadScope() makes it');
  const entries = new LRUCache<string, Entry>({ max: maxEntries });
  // Checking and compacting a policy costs more than the rest of a hit; the text decides.
  const normalised = new LRUCache<string, string>({ max: maxEntries });
  // Apart from the cache, so that an entry that is evicted while it is being renewed is not asked for twice.
  const flights = new Map<string, Promise<VendedToken>>();

  async function renew(key: string, user: string, policy: string | undefined): Promise<VendedToken> {
    const issuedAt = clock();
    try {
      const roleSessionName = sessionNameOf(user);
      const credentials = await assumeRole({ roleArn, roleSessionName, durationSeconds, policy });
      const token = { ...credentials, issuedAt };
      const expiresAt = expiryOf(credentials, clock());
      // Fresh only now: stamped before the answer, concurrent callers would go on with the old token.
      entries.set(key, { token, schedule: scheduleRefresh(issuedAt, expiresAt, random()), failures: 0, retryAt: 0 });
      return token;
    } catch (error) {
      const before = entries.get(key) ?? EMPTY;
      const failures = before.failures + 1;
      const asked = error instanceof UpstreamError ? error.retryAfterMs : undefined;
      entries.set(key, { ...before, failures, retryAt: clock() + retryDelay(failures, random(), asked), error });
      onRefreshError?.(error, user);
      throw error;
    }
  }

  async function entryOf(key: string): Promise<Entry> {
    const entry = entries.get(key) ?? EMPTY;
    if (!stillGood || entry.token === undefined || (await stillGood(entry.token))) return entry;
    // Another caller may have come first.
    if (entries.get(key) === entry) {
      const { failures, retryAt, error } = entry;
      entries.set(key, { failures, retryAt, error });
    }
    return entries.get(key) ?? EMPTY;
  }

  function normalise(text: string): string {
    const known = normalised.get(text);
    if (known !== undefined) return known;
    const policy = normaliseSessionPolicy(text);
    normalised.set(text, policy);
    return policy;
  }

  function joinRenewal(key: string, user: string, policy: string | undefined): Promise<VendedToken> {
    const running = flights.get(key);
    if (running) return running;
    const flight = renew(key, user, policy).finally(() => flights.delete(key));
    flights.set(key, flight);
    return flight;
  }

  return {
    token: async (user) => {
      const wanted = sessionPolicy?.(user);
      const policy = wanted === undefined ? undefined : normalise(wanted);
      const key = JSON.stringify([roleArn, user, policy]);
      const entry = await entryOf(key);
      const { token, schedule } = entry;
      const now = clock();
      const valid = token !== undefined && schedule !== undefined && now < schedule.expiresAt;
      if (valid && now < schedule.advisoryAt) return token;
      const resting = now < entry.retryAt;
      if (valid && resting) return token;
      if (resting) throw entry.error;
      const renewal = joinRenewal(key, user, policy);
      if (!valid) return renewal;
      if (now < schedule.mandatoryAt) {
        // The failure is on record in the entry and was given to onRefreshError.
        renewal.catch(() => undefined);
        return token;
      }
      return renewal.catch((error: unknown) => {
        if (clock() < schedule.expiresAt) return token;
        throw error;
      });
    },
  };
}

/** @throws StsError when the token is expired on arrival, which would send every caller straight back here */
function expiryOf(credentials: StsCredentials, now: number): number {
  const expiresAt = parseIso(credentials.expiration);
  if (expiresAt !== undefined && expiresAt > now) return expiresAt;
  const message = `the token expires at ${credentials.expiration}, and here it is ${formatIso(now)}: check the clocks`;
  throw new StsError({ code: 'InvalidAnswer', status: 200, message });
}
