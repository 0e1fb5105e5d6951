import { backoff, FIRST_CONTACT } from './backoff.js';
import type { Line } from './exchange.js';
import type { Settings } from './settings.js';
import { localError, UploadError } from './upload-error.js';
import { inTime, isOffline, rest, unlessAborted } from './waiting.js';

/** Why credentials are asked for: the first time, ahead of their end, after it, or because a server refused them. */
export type RenewReason = 'initial' | 'ahead' | 'expired' | 'refused';

export interface Renewed<T> {
  readonly value: T;
  /** Server time in milliseconds; `undefined` when unknown: then only a refusal leads to a renewal. */
  readonly expiresAt: number | undefined;
}

export interface Held<T> extends Renewed<T> {
  /** This machine's time in milliseconds. */
  readonly obtainedAt: number;
}

export interface RenewableOptions<T> {
  readonly line: Pick<Line, 'env' | 'serverClock'>;
  readonly settings: Pick<Settings, 'renewAhead' | 'retryCount' | 'retryDelay' | 'credentialsTimeout'>;
  /** Ends waiting for ever. */
  readonly signal: AbortSignal;
  load(reason: RenewReason, signal: AbortSignal): Promise<Renewed<T>>;
  onRenewed(reason: RenewReason, expiresAt: number | undefined): void;
  onRetry(error: unknown, attempt: number, delay: number): void;
}

/** Credentials younger than this when they were used count as fresh. */
const FRESH_MS = 1000;
const MAX_FRESH_REFUSALS = 5;

/** Errors that came after all tries. Who loads with credentials of this kind need not try all of that again, each time. */
const exhausted = new WeakSet<object>();

/**
 * Credentials that may end at any moment, shared by all who need them.
 *
 * One load at a time; the held ones stay in use while they are valid, even when loads fail. Renewal starts
 * min(max(300 s, 20 % of life), 50 % of life) before the end. Server time counts, and life is computed again whenever
 * the measured offset changes.
 */
export class Renewable<T> {
  readonly #options: RenewableOptions<T>;
  #held: Held<T> | undefined;
  #refused = false;
  #givenUp = false;
  #pending: Promise<Held<T>> | undefined;
  #freshRefusals = 0;

  constructor(options: RenewableOptions<T>, first?: Renewed<T>) {
    this.#options = options;
    if (first) this.#hold(first);
  }

  get value(): T | undefined {
    return this.#held?.value;
  }

  async get(signal: AbortSignal): Promise<Held<T>> {
    const held = this.#held;
    if (!held || !this.#usable()) {
      const reason = !held ? 'initial' : this.#refused ? 'refused' : 'expired';
      return unlessAborted(this.#renew(reason), signal);
    }
    // A renewal ahead that fails for good is told by onRetry; the error itself comes up when the held ones end.
    if (this.#due(held)) this.#renew('ahead').catch(() => {});
    return held;
  }

  /** A server took the credentials. */
  accepted(): void {
    this.#freshRefusals = 0;
  }

  /**
   * A server refused the credentials as expired or unknown. Not an error by itself, but it is one when credentials
   * that were fresh are refused five times in a row.
   * @param signedAt this machine's time when the refused request was signed
   * @throws UploadError `CredentialsRefused`
   */
  refused(held: Held<T>, signedAt: number, cause: unknown): void {
    if (held !== this.#held || this.#refused) return;
    this.#refused = true;
    if (signedAt - held.obtainedAt < FRESH_MS) this.#freshRefusals++;
    if (this.#freshRefusals < MAX_FRESH_REFUSALS) return;
    this.#freshRefusals = 0;
    const text = cause instanceof Error ? ` ${cause.message}` : '';
    throw localError('CredentialsRefused', `Fresh credentials were refused ${MAX_FRESH_REFUSALS} times.${text}`, cause);
  }

  /** Milliseconds to the end, and of life as a whole; `undefined` when the end is unknown or cannot be true. */
  #life(held: Held<T>): { left: number; whole: number } | undefined {
    const { serverClock } = this.#options.line;
    if (held.expiresAt === undefined) return undefined;
    const whole = held.expiresAt - serverClock.at(held.obtainedAt);
    // Over before it began: the clock of this device is off and not measured yet. Let the server judge.
    return whole <= 0 ? undefined : { left: held.expiresAt - serverClock.now(), whole };
  }

  #usable(): boolean {
    return this.#held !== undefined && !this.#refused && (this.#life(this.#held)?.left ?? 1) > 0;
  }

  #due(held: Held<T>): boolean {
    const life = this.#options.settings.renewAhead && !this.#givenUp ? this.#life(held) : undefined;
    return life !== undefined && life.left <= Math.min(Math.max(300_000, life.whole / 5), life.whole / 2);
  }

  #hold(fresh: Renewed<T>): Held<T> {
    this.#refused = false;
    this.#givenUp = false;
    this.#held = { ...fresh, obtainedAt: this.#options.line.env.clock.now() };
    return this.#held;
  }

  #renew(reason: RenewReason): Promise<Held<T>> {
    this.#pending ??= this.#load(reason).finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #load(reason: RenewReason): Promise<Held<T>> {
    const { line, load, settings, signal } = this.#options;
    const { env } = line;
    const { credentialsTimeout, retryCount, retryDelay } = settings;
    if (this.#freshRefusals > 1) await rest(env, backoff(env.random, retryDelay, this.#freshRefusals - 2), signal);
    let counted = 0;
    for (let attempt = 0; ; attempt++) {
      try {
        const fresh = await inTime(env.clock, credentialsTimeout, signal, (inner) => load(reason, inner));
        const held = this.#hold(fresh);
        this.#options.onRenewed(reason, held.expiresAt);
        return held;
      } catch (error) {
        if (signal.aborted) throw error;
        // Only failures that hold somebody up count: while the old credentials are good there is time, and without a
        // connection nobody can be blamed.
        const offline = isOffline(env);
        if (!offline && !this.#usable()) counted++;
        const tries = reason === 'initial' ? Math.min(retryCount, FIRST_CONTACT) : retryCount;
        const final =
          (error instanceof UploadError && (!error.retryable || (counted > 0 && exhausted.has(error)))) ||
          counted > tries;
        if (final) {
          this.#givenUp = true;
          exhausted.add(error as object);
          throw error;
        }
        const delay = backoff(env.random, retryDelay, Math.min(attempt, 10));
        this.#options.onRetry(error, attempt + 1, delay);
        await rest(env, delay, signal);
      }
    }
  }
}
