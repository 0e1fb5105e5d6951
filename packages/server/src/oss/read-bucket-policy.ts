import {
  outOfReach,
  POLICY_LENGTH,
  type Policy,
  PolicyGrammarError,
  parsePolicy,
  pointTo,
  type Statement,
} from '@sluice/policy';
import { bucketArn } from '@sluice/wire';
import { mayBeAllowedToEverybody } from '../gate/bucket-policy.js';
import type { Bucket } from './catalog/buckets.js';
import { OssError } from './oss-error.js';
import type { TextRules } from './request-body.js';

/** Condition keys that requests of the data plane have. */
const CONDITION_KEYS = ['acs:CurrentTime', 'acs:SourceIp', 'acs:SecureTransport', 'oss:Prefix', 'oss:Delimiter'];

/** For the body of PutBucketPolicy, which is JSON. */
export const bucketPolicyRules: TextRules = {
  maxBytes: POLICY_LENGTH.resource,
  refuse: (why) =>
    why === 'too large'
      ? invalid(`It is longer than ${POLICY_LENGTH.resource} bytes (16 KB).`, '0030-00000001')
      : invalid(`It is ${why}.`),
};

/**
 * Reads the policy of a bucket and refuses, beside what breaks the grammar, what would silently mean something else than
 * what is written: a resource outside of the bucket, a condition key that no request has, and everybody allowed to write.
 * @throws {OssError} `InvalidPolicyDocument` with the JSON pointer and the reason
 */
export function readBucketPolicy(text: string, { bucket, account_id: ownerId }: Bucket): Policy {
  try {
    const policy = parsePolicy(text, 'resource');
    const [beyond] = outOfReach(policy, bucketArn(ownerId, bucket));
    if (beyond !== undefined) {
      throw new PolicyGrammarError(
        beyond,
        `it is neither this bucket nor anything in it; write "${bucketArn(ownerId, bucket)}" or "${bucketArn(ownerId, bucket)}/*"`,
      );
    }
    for (const statement of policy.statements) {
      refuseUnknownKeys(statement);
      refuseOpenWrites(statement);
    }
    return policy;
  } catch (error) {
    if (error instanceof PolicyGrammarError) throw invalid(error.message);
    throw error;
  }
}

/** A Deny on a key that no request has would protect nothing: an absent key never matches. */
function refuseUnknownKeys({ index, conditions }: Statement): void {
  for (const { operator, key } of conditions) {
    if (CONDITION_KEYS.includes(key)) continue;
    const place = ['Condition', operator, key].reduce(pointTo, pointTo('/Statement', index));
    throw new PolicyGrammarError(place, `no request has this key here; there are ${CONDITION_KEYS.join(', ')}`);
  }
}

/** Who writes signs, and is named. */
function refuseOpenWrites({ index, effect, action, principals }: Statement): void {
  if (effect === 'Deny' || !principals?.texts.includes('*')) return;
  const at = action.patterns.findIndex(({ text }) => !mayBeAllowedToEverybody(text));
  if (at < 0) return;
  const own = pointTo(pointTo('/Statement', index), action.member);
  throw new PolicyGrammarError(
    action.listed ? pointTo(own, at) : own,
    'everybody ("*") may be allowed to read only, with "oss:GetObject…" and "oss:ListObjects…"; name who may do more',
  );
}

/** Whether something is allowed to everybody, be it on conditions. */
export const allowsEverybody = ({ statements }: Policy): boolean =>
  statements.some(({ effect, principals }) => effect === 'Allow' && principals?.texts.includes('*'));

function invalid(why: string, ec = '0030-00000005'): OssError {
  return new OssError('InvalidPolicyDocument', { message: `The policy is not valid. ${why}`, ec });
}
