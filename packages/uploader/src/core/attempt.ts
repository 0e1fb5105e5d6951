/** One signed call, carried through whatever can heal: expiry, a wrong clock, a bad line. */
import { backoff, FIRST_CONTACT, type RetryBudget } from './backoff.js';
import type { Line } from './exchange.js';
import { isCredentialRefusal, isSkewRefusal } from './refusal.js';
import type { Renewable } from './renewable.js';
import { asUploadError, ServiceError, type UploadError } from './upload-error.js';
import { isOffline, rest, whenOnline } from './waiting.js';

export interface Attempt<C, T> {
  readonly line: Line;
  readonly credentials: Renewable<C>;
  readonly budget: RetryBudget;
  /** Base of the backoff, milliseconds. */
  readonly retryDelay: number;
  readonly signal: AbortSignal;
  /** Signs and sends once. Called again for each new try, so it must build the request anew. */
  send(credentials: C): Promise<T>;
  /** Waited for; what it throws is final. */
  onRetry(error: UploadError, attempt: number, delay: number): unknown;
}

/**
 * A refusal of expired credentials costs no retry: the call is signed again and sent again, alone. A wrong clock is
 * corrected once. Without a connection it waits for one. Network errors, timeouts, 5xx and throttling take from the budget; any other answer is final.
 */
export async function attempt<C, T>({ line, credentials, signal, ...call }: Attempt<C, T>): Promise<T> {
  const { clock, random } = line.env;
  for (let skewCorrected = false; ; ) {
    const held = await credentials.get(signal);
    const signedAt = clock.now();
    try {
      const result = await call.send(held.value);
      credentials.accepted();
      return result;
    } catch (thrown) {
      if (isCredentialRefusal(thrown)) {
        credentials.refused(held, signedAt, thrown);
        continue;
      }
      const error = asUploadError(thrown, 'NetworkError', 'The call failed');
      if (isSkewRefusal(error) && !skewCorrected) {
        skewCorrected = true;
        const serverTime = error instanceof ServiceError ? error.serverTime : undefined;
        if (serverTime !== undefined) line.serverClock.observe(serverTime, signedAt, clock.now());
        continue;
      }
      if (!error.retryable || signal.aborted) throw error;
      if (isOffline(line.env)) {
        await whenOnline(line.env, signal);
        continue;
      }
      const number = call.budget.take();
      if (number === undefined || (number >= FIRST_CONTACT && !line.reached)) throw error;
      const delay = backoff(random, call.retryDelay, number, error instanceof ServiceError ? error.retryAfter : 0);
      await call.onRetry(error, number + 1, delay);
      await rest(line.env, delay, signal);
    }
  }
}
