import { POLICY_LENGTH, parsePolicy } from '../parse-policy.js';
import type { NamedPolicy, Policy } from '../policy.js';
import { joined, write } from './draft.js';
import { ShrinkError } from './shrink-error.js';
import { shrinkTarget } from './shrink-target.js';
import { targetsOf, type Upload } from './upload-target.js';

/** The smallest session policy for an upload. */
export interface ShrunkPolicy {
  /** The session policy, at most 2048 characters, without blanks. */
  readonly document: string;
  /** The same, compiled. */
  readonly policy: Policy;
  /** Actions of the upload of which the policies allow nothing. */
  readonly missing: readonly string[];
}

/**
 * The smallest session policy for an upload: what the policies allow of it, and nothing else. It never allows what they
 * deny, not even by itself: conditions go along, and so does every Deny that has to do with the upload.
 *
 * @param original one policy, or all that count together (those of a user with its groups, or of a role)
 * @throws ShrinkError `InvalidUpload` for what cannot be put into a policy, `NothingAllowed` when nothing is left,
 * `TooLong` when what is left has more than 2048 characters
 */
export function shrink(original: Policy | readonly (Policy | NamedPolicy)[], upload: Upload): ShrunkPolicy {
  const policies = (isList(original) ? original : [original]).map((one) => ('policy' in one ? one.policy : one));
  const targets = targetsOf(upload);
  const parts = targets.map((target) => ({ action: target.action, drafts: shrinkTarget(policies, target) }));
  const drafts = joined(parts.flatMap((part) => part.drafts));
  const where = `${upload.bucket}/${upload.key ?? `${upload.prefix ?? ''}*`}`;
  if (drafts.length === 0) {
    const actions = targets.map(({ action }) => action).join(', ');
    throw new ShrinkError('NothingAllowed', `the policies allow none of ${actions} on ${where}`);
  }
  const document = write(drafts);
  if (document.length > POLICY_LENGTH.session) {
    throw new ShrinkError(
      'TooLong',
      `a session policy for ${where} has ${document.length} characters, STS takes ${POLICY_LENGTH.session}: ` +
        'ask for fewer verbs or a longer prefix, or give the role simpler policies',
    );
  }
  const missing = parts.filter((part) => part.drafts.length === 0).map(({ action }) => action);
  return { document, policy: parsePolicy(document), missing };
}

const isList = (given: Policy | readonly (Policy | NamedPolicy)[]): given is readonly (Policy | NamedPolicy)[] =>
  Array.isArray(given);
