import type { DecidingStatement, ExplainedSet, Explanation, Mismatch, PolicySet } from './explanation.js';

const SETS: Readonly<Record<PolicySet, string>> = {
  session: 'the session policy',
  identity: 'the policies of the identity',
  trust: "the role's trust policy",
  resource: 'the policy of the resource',
};

/** @param blamed the set that refused; absent when allowed */
export function sentenceOf(
  { action, resource, sets }: Pick<Explanation, 'action' | 'resource' | 'sets'>,
  blamed: ExplainedSet | undefined,
): string {
  const what = `${action} on ${resource}`;
  if (blamed === undefined) {
    const grounds = sets
      .filter(({ foreign }) => !foreign)
      .map(({ decidedBy }) => decidedBy[0])
      .filter((decider) => decider !== undefined);
    return `Allowed: ${what} is allowed by ${grounds.map(statementName).join(', and ')}.`;
  }
  const [decider] = blamed.decidedBy;
  if (blamed.outcome === 'ExplicitDeny') {
    const by = decider === undefined ? SETS[blamed.set] : statementName(decider);
    return `Denied: ${what} is denied by ${by}; a Deny wins over every Allow.`;
  }
  const neither = blamed.set === 'identity' && sets.some(({ set }) => set === 'resource');
  const by = `${SETS[blamed.set]}${neither ? `, nor by ${SETS.resource}` : ''}`;
  return `Denied: ${what} is not allowed by ${by}. ${neither && blamed.missing === 'policy' ? 'The identity has none.' : missingSentence(blamed, action)}`.trimEnd();
}

function missingSentence({ missing, nearest, policies, set }: ExplainedSet, action: string): string {
  const [first] = nearest;
  if (missing === 'policy') return 'There is none.';
  if (missing === 'action') {
    const where = policies === 1 ? SETS[set] : `any of its ${policies} policies`;
    return `No Allow statement of ${where} is about ${action}.`;
  }
  if (first === undefined) return '';
  return `Nearest is ${statementName(first)}, but ${first.because.map((one) => mismatchClause(one, first.type)).join(', and ')}.`;
}

function statementName({ policy, type, pointer }: DecidingStatement): string {
  const owner = type === 'Session' ? 'the session policy' : `the ${type.toLowerCase()} policy "${policy}"`;
  return `${pointer} of ${owner}`;
}

function mismatchClause(
  { on, operator, key, wanted, negated, saw, incomparable }: Mismatch,
  type: DecidingStatement['type'],
): string {
  const list = wanted.map((value) => `"${value}"`).join(' or ');
  if (on === 'principal')
    return `it ${type === 'Resource' ? 'is for' : 'trusts'} ${list}, and the caller is ${saw.map((s) => `"${s}"`).join(', ') || 'nobody'}`;
  if (on === 'resource') return `it is about ${negated ? 'everything but ' : ''}${list}`;
  const [given] = saw;
  if (given === undefined) return `its condition ${operator} needs ${key}, which the request does not have`;
  if (incomparable) return `its condition ${operator} cannot compare ${key}, which is "${given}"`;
  return `its condition ${operator} wants ${key} to be ${negated ? 'neither ' : ''}${negated ? list.replaceAll(' or ', ' nor ') : list}, and it is "${given}"`;
}
