import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Database } from '../../db/schema.js';
import { transact } from '../../db/transact.js';
import type { AccountPrincipal, UserPrincipal } from '../../gate/principal.js';
import type { KeyRing } from '../../keys/key-ring.js';
import type { Clock, Log, Random } from '../../runtime.js';
import { consumeCode, type MfaDevice } from '../mfa/mfa-device-rows.js';
import { isExpired } from '../preferences/password-policy.js';
import { updateUser } from '../users/user-rows.js';
import { beginAttempt, forgetAttempts, takeBackAttempt } from './login-attempts.js';
import { findLoginSubject, type LoginSubject } from './login-subject.js';
import { isMfaTicket, sealMfaTicket } from './mfa-ticket.js';
import { HashingBusy, type PasswordHashing } from './password-hashing.js';

/** What somebody types, and where they are. */
export interface LoginAttempt {
  /** Id, alias or name of the account. */
  readonly account: string;
  /** Name of a RAM user; absent: the account itself. */
  readonly user?: string | undefined;
  readonly password: string;
  /** Six digits of the MFA device. */
  readonly code?: string | undefined;
  /** Of an earlier login from the same browser. */
  readonly mfaTicket?: string | undefined;
  readonly sourceIp: string;
}

/** What has to be done before anything else may be. */
export type LoginDuty = 'bind-mfa-device' | 'change-password';

export type LoginResult =
  /** No such user, a wrong password or code, locked, or from an address that is not let in: nobody is told which. */
  | { readonly outcome: 'refused' }
  /** Too many logins at the moment, or too many from this address: come again, milliseconds. */
  | { readonly outcome: 'busy'; readonly retryAfterMs: number }
  /** The password is right; ask for a code. */
  | { readonly outcome: 'code-required' }
  /** Everything is right, but only an administrator can set a new password. */
  | { readonly outcome: 'password-expired' }
  | {
      readonly outcome: 'duties';
      readonly principal: UserPrincipal;
      /** At least one. Until they are done, the principal may do nothing else. */
      readonly duties: readonly LoginDuty[];
    }
  | {
      readonly outcome: 'signed-in';
      readonly principal: UserPrincipal | AccountPrincipal;
      /** End of the session. */
      readonly until: number;
      /** To be kept by the browser, when the account wants that. */
      readonly mfaTicket?: string;
    };

export interface Login {
  verifyLogin(attempt: LoginAttempt): Promise<LoginResult>;
}

export interface LoginParts {
  readonly db: Database;
  readonly ring: KeyRing;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly hashing: PasswordHashing;
  /** Logins a minute from one address; default 30: against one password that is tried on everybody. */
  readonly perAddress?: number;
}

const HOUR_MS = 3_600_000;
const BUSY_RETRY_MS = 2_000;
const DEFAULT_PER_ADDRESS = 30;

/** Logging in with a password, for a console to be built on. */
export function login(parts: LoginParts): Login {
  const { db, ring, clock, random, log, hashing } = parts;
  const addresses = new RateLimiterMemory({ points: parts.perAddress ?? DEFAULT_PER_ADDRESS, duration: 60 });

  /** @returns why it is refused, when it is */
  async function judge(
    subject: LoginSubject,
    attempt: LoginAttempt,
    right: boolean,
    locked: boolean,
  ): Promise<LoginResult | 'unknown' | 'locked' | 'password' | 'network' | 'code'> {
    const { who, policy, preference, device } = subject;
    if (locked) return 'locked';
    if (!who) return subject.outside ? 'network' : 'unknown';
    if (!right) return 'password';
    if (who.kind === 'account') {
      await transact(db, (transaction) => forgetAttempts(transaction, subject.attempts));
      return { outcome: 'signed-in', principal: { ...who, mfaPresent: false }, until: sessionEnd(subject) };
    }
    const { user, profile } = who;
    const proof = device ? await secondFactor(subject, device, user.user_id, attempt) : 'none';
    if (proof === 'missing') {
      await takeBack(subject);
      return { outcome: 'code-required' };
    }
    if (proof === 'wrong') return 'code';
    await transact(db, (transaction) => forgetAttempts(transaction, subject.attempts));

    const expired = isExpired(policy, profile, clock.now());
    if (expired && policy.HardExpiry) return { outcome: 'password-expired' };
    const principal: UserPrincipal = {
      kind: 'user',
      accountId: user.account_id,
      userId: user.user_id,
      userName: user.user_name,
      mfaPresent: proof === 'code',
    };
    const duties: LoginDuty[] = [];
    if (!device && profile.mfa_bind_required !== 0) duties.push('bind-mfa-device');
    if (expired || profile.password_reset_required !== 0) duties.push('change-password');
    if (duties.length > 0) return { outcome: 'duties', principal, duties };

    await updateUser(db, user.user_id, { last_login_at: clock.now() });
    const ticket =
      device && proof === 'code' && preference.EnableSaveMFATicket
        ? { mfaTicket: sealMfaTicket(ring, random, device, clock.now()) }
        : {};
    return { outcome: 'signed-in', principal, until: sessionEnd(subject), ...ticket };
  }

  async function secondFactor(
    { preference }: LoginSubject,
    device: MfaDevice,
    userId: string,
    { code, mfaTicket }: LoginAttempt,
  ): Promise<'code' | 'ticket' | 'missing' | 'wrong'> {
    const now = clock.now();
    if (code !== undefined && code !== '') return (await consumeCode(db, ring, userId, code, now)) ? 'code' : 'wrong';
    const kept = preference.EnableSaveMFATicket && mfaTicket !== undefined && isMfaTicket(ring, device, mfaTicket, now);
    return kept ? 'ticket' : 'missing';
  }

  const sessionEnd = ({ preference }: LoginSubject): number => clock.now() + preference.LoginSessionDuration * HOUR_MS;

  const takeBack = ({ attempts }: LoginSubject): Promise<void> =>
    transact(db, (transaction) => takeBackAttempt(transaction, attempts));

  /** @returns milliseconds to wait, when it is too many */
  async function tooManyFrom(address: string): Promise<number | undefined> {
    try {
      await addresses.consume(networkOf(address));
      return undefined;
    } catch (refused) {
      if (refused instanceof RateLimiterRes) return Math.max(1, refused.msBeforeNext);
      throw refused;
    }
  }

  return {
    async verifyLogin(attempt) {
      const wait = await tooManyFrom(attempt.sourceIp);
      if (wait !== undefined) return { outcome: 'busy', retryAfterMs: wait };
      const subject = await findLoginSubject(db, ring, attempt);
      const most = subject.policy.MaxLoginAttemps;
      const lockedUntil = await transact(db, (transaction) =>
        beginAttempt(transaction, subject.attempts, most, clock.now()),
      );
      let right: boolean;
      try {
        // Also for who is locked or does not exist: an answer that comes sooner would tell.
        right = await hashing.verify(subject.passwordHash, attempt.password);
      } catch (error) {
        if (lockedUntil === undefined) await takeBack(subject);
        if (error instanceof HashingBusy) return { outcome: 'busy', retryAfterMs: BUSY_RETRY_MS };
        throw error;
      }
      const result = await judge(subject, attempt, right, lockedUntil !== undefined);
      if (typeof result !== 'string') return result;
      // Names are not logged: people type passwords into the wrong field.
      log.info({ subject: subject.attempts, sourceIp: attempt.sourceIp, reason: result }, 'a login was refused');
      return { outcome: 'refused' };
    },
  };
}

/** A household has one IPv4 address, but a /64 of IPv6. */
function networkOf(address: string): string {
  if (!address.includes(':') || address.includes('.')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head.split(':').filter((group) => group !== '');
  const zeros = tail === undefined ? 0 : 8 - groups.length - tail.split(':').filter((group) => group !== '').length;
  return [...groups, ...Array<string>(Math.max(0, zeros)).fill('0'), ...(tail?.split(':') ?? [])].slice(0, 4).join(':');
}

/**
 * A login name in one text: `alice@<account>` for a user, `<account>` for the account itself. An account is called by id,
 * alias or name.
 */
export function parseLoginName(text: string): Pick<LoginAttempt, 'account' | 'user'> {
  const at = text.lastIndexOf('@');
  return at < 0 ? { account: text } : { account: text.slice(at + 1), user: text.slice(0, at) };
}
