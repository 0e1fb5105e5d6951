import type { Condition } from './condition.js';
import { knownKey, operatorType } from './condition-keys.js';
import type { Policy, Selection, Statement } from './policy.js';
import { pointTo } from './policy-grammar-error.js';
import { isLiteral, type Wildcard } from './wildcard.js';

/** Stable names of what {@link lintPolicy} can say. */
export type PolicyWarningCode =
  | 'bucket-wildcard'
  | 'object-action-on-bucket'
  | 'region-slot'
  | 'dead-resource'
  | 'allow-not'
  | 'variable'
  | 'unknown-condition-key'
  | 'operator-type'
  | 'literal-wildcard'
  | 'deny-on-absent-key';

/** Something that is allowed and probably not meant. */
export interface PolicyWarning {
  readonly code: PolicyWarningCode;
  /** JSON pointer into the document. */
  readonly pointer: string;
  /** One sentence for the author. */
  readonly message: string;
}

/**
 * What is correct by the grammar, and probably not what its author meant. Warnings only: a policy with them is kept and
 * evaluated like any other.
 */
export function lintPolicy(policy: Policy): readonly PolicyWarning[] {
  return policy.statements.flatMap((statement) => {
    const pointer = pointTo('/Statement', statement.index);
    return [
      ...negations(statement, pointer),
      ...(statement.resource ? resources(statement, statement.resource, pointer) : []),
      ...statement.conditions.flatMap((condition) => conditions(statement, condition, pointer)),
    ];
  });
}

const warning = (code: PolicyWarningCode, pointer: string, message: string): PolicyWarning => ({
  code,
  pointer,
  message,
});

function negations({ effect, action, resource }: Statement, pointer: string): readonly PolicyWarning[] {
  if (effect === 'Deny') return [];
  return [action, resource].flatMap((list) =>
    list?.negated
      ? [
          warning(
            'allow-not',
            pointTo(pointer, list.member),
            `Allow with ${list.member} allows everything that is not listed, also what will exist only later`,
          ),
        ]
      : [],
  );
}

/** Actions of OSS that are about a bucket and not about an object in it (reference ram-sts 3.5). */
const BUCKET_ACTION = /^oss:(?:list(?:objects|multipartuploads|buckets)|(?:put|get|delete)bucket)/i;

function resources(
  { action }: Statement,
  list: Selection<{ readonly text: string; readonly slots: readonly Wildcard[] }>,
  pointer: string,
): readonly PolicyWarning[] {
  const objects = !action.negated && action.patterns.every(({ text }) => isLiteral(text) && !BUCKET_ACTION.test(text));
  return list.patterns.flatMap(({ text, slots }, i) => {
    const own = pointTo(pointer, list.member);
    const place = list.listed ? pointTo(own, i) : own;
    const [, service, region, , relative] = slots.map((slot) => slot.text);
    const found: PolicyWarning[] = [];
    const add = (code: PolicyWarningCode, message: string) => found.push(warning(code, place, message));
    if (text.includes('${')) add('variable', 'there are no policy variables: "${" means only itself');
    if (text.startsWith('*') && text.includes(':')) {
      add('dead-resource', `"${text}" matches no name: names begin with "acs:", and "*" does not cross a colon`);
    }
    if (text.startsWith('acs:') && relative === undefined && isLiteral(slots.at(-1)?.text ?? '')) {
      add(
        'dead-resource',
        `"${text}" matches no name: names are "acs:service:region:account:id", and this one is too short`,
      );
    }
    if (service !== 'oss' || relative === undefined) return found;
    if (region !== '*') add('region-slot', 'names of OSS have "*" in their region slot, so this matches none of them');
    if (/^[^/]+\*$/.test(relative)) {
      add('bucket-wildcard', `"${relative}" also matches other buckets that begin alike; for one bucket write a "/"`);
    } else if (objects && !/[/*]/.test(relative)) {
      add(
        'object-action-on-bucket',
        `objects in "${relative}" are named "${relative}/…"; this matches the bucket only`,
      );
    }
    return found;
  });
}

function conditions(
  { effect }: Statement,
  { operator, key, values }: Condition,
  pointer: string,
): readonly PolicyWarning[] {
  const place = pointTo(pointTo(pointTo(pointer, 'Condition'), operator), key);
  const found: PolicyWarning[] = [];
  const add = (code: PolicyWarningCode, message: string) => found.push(warning(code, place, message));
  const known = knownKey(key);
  if (known === undefined)
    add('unknown-condition-key', `no request has the key "${key}", so the statement never applies`);
  else if (known.type !== operatorType(operator)) {
    add('operator-type', `${key} is compared with ${known.type} operators; ${operator} compares something else`);
  } else if (effect === 'Deny' && !known.always) {
    add('deny-on-absent-key', `a request without ${key} is not denied: an absent key never matches`);
  }
  if (/^String(?:Not)?Equals/.test(operator) && !values.every(isLiteral)) {
    add(
      'literal-wildcard',
      `${operator} compares literally; for wildcards use ${/Not/.test(operator) ? 'StringNotLike' : 'StringLike'}`,
    );
  }
  if (values.some((value) => value.includes('${')))
    add('variable', 'there are no policy variables: "${" means only itself');
  return found;
}
