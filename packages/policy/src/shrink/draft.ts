/** Statements of a policy that is being made, and how they are joined and written. */
import type { Condition } from '../condition.js';

/** `{ operator: { key: values } }`, flat. */
export type DraftCondition = Pick<Condition, 'operator' | 'key' | 'values'>;

export interface Draft {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  readonly member: 'Resource' | 'NotResource';
  readonly resources: readonly string[];
  readonly conditions: readonly DraftCondition[];
}

/** First the actions of equal statements together, then the resources. `NotResource` lists are no sums: they stay. */
export function joined(drafts: readonly Draft[]): readonly Draft[] {
  const byResource = join(
    drafts,
    (draft) => [draft.effect, draft.member, sorted(draft.resources), draft.conditions],
    (a, b) => ({ ...a, actions: union(a.actions, b.actions) }),
  );
  return join(
    byResource,
    (draft) => [
      draft.effect,
      draft.member,
      draft.member === 'NotResource' ? draft.resources : [],
      sorted(draft.actions),
      draft.conditions,
    ],
    (a, b) => ({ ...a, resources: union(a.resources, b.resources) }),
  );
}

function join(
  drafts: readonly Draft[],
  likeness: (draft: Draft) => unknown,
  add: (a: Draft, b: Draft) => Draft,
): readonly Draft[] {
  const found = new Map<string, Draft>();
  for (const draft of drafts) {
    const key = JSON.stringify(likeness(draft));
    const before = found.get(key);
    found.set(key, before ? add(before, draft) : draft);
  }
  return [...found.values()];
}

/** The document, without blanks. */
export function write(drafts: readonly Draft[]): string {
  return JSON.stringify({ Version: '1', Statement: drafts.map(statement) });
}

function statement({ effect, actions, member, resources, conditions }: Draft): object {
  return {
    Effect: effect,
    Action: scalar(actions),
    [member]: scalar(resources),
    ...(conditions.length === 0 ? {} : { Condition: block(conditions) }),
  };
}

function block(conditions: readonly DraftCondition[]): object {
  const operators = new Map<string, Map<string, unknown>>();
  for (const { operator, key, values } of conditions) {
    const keys = operators.get(operator) ?? new Map<string, unknown>();
    operators.set(operator, keys.set(key, scalar(values)));
  }
  return Object.fromEntries([...operators].map(([operator, keys]) => [operator, Object.fromEntries(keys)]));
}

const scalar = (list: readonly string[]): string | readonly string[] =>
  list.length === 1 ? (list[0] as string) : list;
const sorted = (list: readonly string[]): readonly string[] => [...list].sort();
const union = (a: readonly string[], b: readonly string[]): readonly string[] => [...new Set([...a, ...b])];
