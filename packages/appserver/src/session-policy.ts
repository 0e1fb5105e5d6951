import { parsePolicy } from '@sluice/policy';

/** Longest session policy STS takes, in characters (reference ram-sts 1.3). */
export const SESSION_POLICY_LIMIT = 2048;

/** A session policy that STS would refuse. */
export class SessionPolicyError extends Error {
  override readonly name = 'SessionPolicyError';
}

/**
 * Checks a session policy before it is asked for, and brings it to one form (no blanks between tokens), so that two
 * spellings share a cache entry.
 *
 * @throws PolicyGrammarError when it is no policy
 * @throws SessionPolicyError when it is longer than 2048 characters
 */
export function normaliseSessionPolicy(text: string): string {
  parsePolicy(text);
  const compact = JSON.stringify(JSON.parse(text));
  if (compact.length > SESSION_POLICY_LIMIT) {
    throw new SessionPolicyError(
      `the session policy has ${compact.length} characters, STS takes ${SESSION_POLICY_LIMIT}: use a shorter prefix`,
    );
  }
  return compact;
}
