/** The slow way through the same statements, taken only when somebody asks why. */
import { selectsAction } from './action-index.js';
import { type Condition, conditionHolds, givenValue, isComparable } from './condition.js';
import { judge, type Question, selectsPrincipal, selectsResource } from './evaluate.js';
import {
  type DecidingStatement,
  type ExplainedSet,
  LONGEST_VALUE,
  type Mismatch,
  MOST_STATEMENTS,
  MOST_VALUES,
  type NearMiss,
  type PolicySet,
} from './explanation.js';
import type { NamedPolicy, Statement } from './policy.js';
import { pointTo } from './policy-grammar-error.js';

type Missing = NonNullable<ExplainedSet['missing']>;

/** From the farthest to the nearest. */
const STAGES: readonly Missing[] = ['policy', 'action', 'principal', 'resource', 'condition'];

/** One set of policies, explained. */
export function explainSet(set: PolicySet, policies: readonly NamedPolicy[], question: Question): ExplainedSet {
  const { outcome } = judge(policies, question);
  const common = { set, outcome, policies: policies.length };
  if (outcome === 'ImplicitDeny') return { ...common, decidedBy: [], ...nearestOf(policies, question) };
  const effect = outcome === 'Allow' ? 'Allow' : 'Deny';
  const deciding = statementsOf(policies, effect).filter(({ of }) => stageOf(of, question) === undefined);
  return { ...common, ...limited(deciding.map(deciderOf), (decidedBy) => ({ decidedBy, nearest: [] })) };
}

function nearestOf(
  policies: readonly NamedPolicy[],
  question: Question,
): Pick<ExplainedSet, 'missing' | 'nearest' | 'omitted'> {
  const missed = statementsOf(policies, 'Allow').map((found) => ({ found, stage: stageOf(found.of, question) }));
  const missing = missed.reduce<Missing>(
    (best, { stage }) => (stage !== undefined && STAGES.indexOf(stage) > STAGES.indexOf(best) ? stage : best),
    policies.length === 0 ? 'policy' : 'action',
  );
  if (missing === 'policy' || missing === 'action') return { missing, nearest: [] };
  const nearest = missed.filter(({ stage }) => stage === missing);
  const explained = nearest.map(
    ({ found }): NearMiss => ({ ...deciderOf(found), because: mismatches(found.of, missing, question) }),
  );
  return { missing, ...limited(explained, (kept) => ({ nearest: kept })) };
}

interface Found {
  readonly in: NamedPolicy;
  readonly of: Statement;
}

function statementsOf(policies: readonly NamedPolicy[], effect: Statement['effect']): Found[] {
  return policies.flatMap((named) =>
    named.policy.statements.filter((s) => s.effect === effect).map((of) => ({ in: named, of })),
  );
}

function deciderOf({ in: named, of: { effect, index } }: Found): DecidingStatement {
  const pointer = pointTo('/Statement', index);
  return { policy: named.name, type: named.type, effect, statement: index, pointer };
}

/** Where a statement stops applying; `undefined` when it applies. */
function stageOf(statement: Statement, question: Question): Exclude<Missing, 'policy'> | undefined {
  if (!selectsAction(statement, question.action)) return 'action';
  if (!selectsPrincipal(statement, question)) return 'principal';
  if (!selectsResource(statement, question)) return 'resource';
  return statement.conditions.every((condition) => conditionHolds(condition, question.context))
    ? undefined
    : 'condition';
}

function mismatches(statement: Statement, stage: Missing, question: Question): readonly Mismatch[] {
  const pointer = pointTo('/Statement', statement.index);
  const { resource, principals } = statement;
  if (stage === 'condition') {
    return statement.conditions
      .filter((condition) => !conditionHolds(condition, question.context))
      .map((condition) => conditionMismatch(condition, pointer, question));
  }
  if (stage === 'principal') {
    const [wanted, saw] = [some(principals?.texts ?? []), some(question.caller.names)];
    return [{ on: 'principal', pointer: pointTo(pointer, 'Principal'), wanted, negated: false, saw }];
  }
  if (resource === undefined) return [];
  const wanted = some(resource.patterns.map(({ text }) => text));
  const { member, negated } = resource;
  return [{ on: 'resource', pointer: pointTo(pointer, member), wanted, negated, saw: some([question.resource.text]) }];
}

function conditionMismatch(condition: Condition, pointer: string, { context }: Question): Mismatch {
  const { operator, key, negated } = condition;
  const given = givenValue(key, context);
  return {
    on: 'condition',
    pointer: pointTo(pointTo(pointTo(pointer, 'Condition'), operator), key),
    operator,
    key,
    wanted: some(condition.values),
    negated,
    saw: given === undefined ? [] : some([given]),
    ...(given === undefined || isComparable(condition, given) ? {} : { incomparable: true as const }),
  };
}

function some(values: readonly string[]): string[] {
  return values
    .slice(0, MOST_VALUES)
    .map((value) => (value.length > LONGEST_VALUE ? `${value.slice(0, LONGEST_VALUE - 1)}…` : value));
}

function limited<T, R extends object>(items: readonly T[], put: (kept: readonly T[]) => R): R & { omitted?: number } {
  const omitted = items.length - MOST_STATEMENTS;
  return { ...put(items.slice(0, MOST_STATEMENTS)), ...(omitted > 0 ? { omitted } : {}) };
}
