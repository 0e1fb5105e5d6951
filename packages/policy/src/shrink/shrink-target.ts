/** What the policies leave of one target. */
import { selectsAction } from '../action-index.js';
import type { Policy, Selection, Statement } from '../policy.js';
import type { ResourcePattern } from '../resource-pattern.js';
import type { Draft, DraftCondition } from './draft.js';
import { coversTarget, meetsTarget, narrowText, narrowToTarget } from './narrow-resource.js';
import { relativePattern, type Target, targetSlots } from './upload-target.js';
import { covers, widest } from './wildcard-algebra.js';

/** Empty when they allow nothing of it. */
export function shrinkTarget(policies: readonly Policy[], target: Target): readonly Draft[] {
  const statements = policies
    .flatMap((policy) => policy.statements)
    .filter((statement) => selectsAction(statement, target.action.toLowerCase()));
  const denies: Draft[] = [];
  for (const statement of statements) {
    if (statement.effect === 'Allow') continue;
    const copy = copyOfDeny(statement, target);
    if (copy === 'everything') return [];
    if (copy) denies.push(copy);
  }
  const allows = withoutCovered(
    statements.flatMap((statement) => (statement.effect === 'Allow' ? partsOfAllow(statement, target) : [])),
  );
  return allows.length === 0 ? [] : [...allows.flatMap(({ allow, except }) => [allow, ...except]), ...denies];
}

/**
 * A Deny goes over as it is, for this action only: then it denies here exactly what it denies there. Left out is what
 * has nothing to do with the target.
 */
function copyOfDeny({ resource, conditions }: Statement, target: Target): Draft | 'everything' | undefined {
  if (resource === undefined) return undefined;
  const deny = { effect: 'Deny', actions: [target.action], conditions: drafted(conditions) } as const;
  const everywhere =
    conditions.length === 0 ? 'everything' : ({ ...deny, member: 'Resource', resources: ['*'] } as const);
  const met = resource.patterns.filter((pattern) => meetsTarget(pattern, target));
  const all = resource.patterns.some((pattern) => coversTarget(pattern, target));
  const resources = met.map(({ text }) => text);
  if (resource.negated) {
    if (all) return undefined;
    return met.length === 0 ? everywhere : { ...deny, member: 'NotResource', resources };
  }
  if (all) return everywhere;
  return met.length === 0 ? undefined : { ...deny, member: 'Resource', resources };
}

interface Part {
  readonly allow: Draft;
  /** What `NotResource` takes out of it again. */
  readonly except: readonly Draft[];
}

function partsOfAllow({ resource, conditions }: Statement, target: Target): readonly Part[] {
  const both = resource && inPrefix(drafted(conditions), target);
  if (!both) return [];
  const { resources, except } = resource.negated ? takenOut(resource, target) : within(resource, target);
  if (resources.length === 0) return [];
  const actions = [target.action];
  const take = except.length === 0 ? [] : [{ effect: 'Deny', actions, member: 'Resource', resources: except } as const];
  return [
    {
      allow: { effect: 'Allow', actions, member: 'Resource', resources, conditions: both },
      except: take.map((deny) => ({ ...deny, conditions: [] })),
    },
  ];
}

interface Taken {
  readonly resources: readonly string[];
  readonly except: readonly string[];
}

const within = ({ patterns }: Selection<ResourcePattern>, target: Target): Taken => ({
  resources: widest(patterns.flatMap((pattern) => narrowToTarget(pattern, target))),
  except: [],
});

function takenOut({ patterns }: Selection<ResourcePattern>, target: Target): Taken {
  if (patterns.some((pattern) => coversTarget(pattern, target))) return { resources: [], except: [] };
  const except = patterns.filter((pattern) => meetsTarget(pattern, target)).map(({ text }) => text);
  return { resources: [targetSlots(target).join(':')], except };
}

/** With the prefix that a listing is about; `undefined` when both can never hold. */
function inPrefix(conditions: readonly DraftCondition[], { prefix }: Target): readonly DraftCondition[] | undefined {
  if (prefix === undefined) return conditions;
  const own = { operator: 'StringLike', key: 'oss:Prefix' };
  const given = conditions.find(({ operator, key }) => operator === own.operator && key === own.key);
  const values = given ? widest(given.values.flatMap((value) => narrowText(value, prefix))) : [relativePattern(prefix)];
  if (values.length === 0) return undefined;
  return [...conditions.filter((condition) => condition !== given), { ...own, values }];
}

function drafted(conditions: Statement['conditions']): readonly DraftCondition[] {
  return conditions.map(({ operator, key, values }) => ({ operator, key, values }));
}

/** Without parts that another one contains. A part with exceptions contains nothing: they may reach farther. */
function withoutCovered(parts: readonly Part[]): readonly Part[] {
  const plain = parts.filter(({ except }) => except.length === 0);
  // Exceptions take away from the other parts too, so that one without them goes first.
  const candidates = [...plain, ...parts.filter(({ except }) => except.length > 0)];
  return candidates.filter(
    (one, i) => !candidates.some((other, j) => i !== j && contains(other, one) && (i > j || !contains(one, other))),
  );
}

function contains(wide: Part, narrow: Part): boolean {
  if (wide.except.length > 0) return false;
  const held = narrow.allow.conditions.map((condition) => JSON.stringify(condition));
  return (
    wide.allow.conditions.every((condition) => held.includes(JSON.stringify(condition))) &&
    narrow.allow.resources.every((own) => wide.allow.resources.some((all) => coversResource(all, own)))
  );
}

/** Both have all five slots. */
function coversResource(wide: string, narrow: string): boolean {
  const [a, b] = [slotsOf(wide), slotsOf(narrow)];
  return a.every((slot, i) => covers(slot, b[i] as string));
}

function slotsOf(text: string): readonly string[] {
  const slots = text.split(':');
  return [...slots.slice(0, 4), slots.slice(4).join(':')];
}
