export {
  authorise,
  authoriseAssumeRole,
  authoriseByTrust,
  type Decision,
  type ExplainOptions,
  type ResourceSide,
} from './authorise.js';
export type { ConditionContext } from './condition.js';
export { type AccessRequest, evaluate, type Outcome, type Verdict } from './evaluate.js';
export type {
  DecidingStatement,
  ExplainedSet,
  Explanation,
  Mismatch,
  NearMiss,
  PolicySet,
  PolicyType,
} from './explanation.js';
export { lintPolicy, type PolicyWarning, type PolicyWarningCode } from './lint.js';
export { POLICY_LENGTH, parsePolicy } from './parse-policy.js';
export type { NamedPolicy, Policy, PolicyKind, Statement } from './policy.js';
export { PolicyGrammarError, pointTo } from './policy-grammar-error.js';
export { outOfReach } from './resource-reach.js';
export { type ShrunkPolicy, shrink } from './shrink/shrink.js';
export { ShrinkError, type ShrinkFailure } from './shrink/shrink-error.js';
export type { Upload, UploadVerb } from './shrink/upload-target.js';
export { isLiteral, matchesWildcard } from './wildcard.js';
