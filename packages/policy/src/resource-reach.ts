import type { Policy } from './policy.js';
import { pointTo } from './policy-grammar-error.js';
import { type ResourcePattern, resourceName } from './resource-pattern.js';
import { overlaps } from './shrink/wildcard-algebra.js';
import { matchesWildcard } from './wildcard.js';

/**
 * Where a policy names resources that are neither the one it is attached to nor anything below that: JSON pointers, in
 * order. A Deny on such a name would protect nothing, and nobody would see it.
 * @param resource the full name of a bucket, `acs:oss:*:<account>:<bucket>`
 */
export function outOfReach(policy: Policy, resource: string): readonly string[] {
  return policy.statements.flatMap(({ index, resource: selection }) => {
    if (selection === undefined) return [];
    const own = pointTo(pointTo('/Statement', index), selection.member);
    return selection.patterns.flatMap((pattern, i) =>
      reaches(pattern, resource) ? [] : [selection.listed ? pointTo(own, i) : own],
    );
  });
}

function reaches(pattern: ResourcePattern, text: string): boolean {
  const name = resourceName(text);
  if (pattern.matches(name)) return true;
  const last = pattern.slots.length - 1;
  const start = name.starts[last];
  const tail = pattern.slots[last];
  if (start === undefined || tail === undefined) return false;
  const before = pattern.slots.slice(0, last).every((slot, i) => matchesWildcard(slot.text, name.slots[i] as string));
  return before && overlaps(tail.text, `${text.slice(start)}/?*`);
}
