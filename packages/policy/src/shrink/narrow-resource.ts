import type { ResourcePattern } from '../resource-pattern.js';
import { matchesWildcard } from '../wildcard.js';
import { type Target, targetSlots } from './upload-target.js';
import { beginningWith, covers, overlaps } from './wildcard-algebra.js';

const SLOTS = 5;

/** Whether the pattern matches every name of the target. Never true by mistake. */
export function coversTarget(pattern: ResourcePattern, target: Target): boolean {
  return pairs(pattern, target).every(([mine, theirs]) => covers(mine, theirs));
}

/** Whether the pattern may match a name of the target. Never false by mistake. */
export function meetsTarget(pattern: ResourcePattern, target: Target): boolean {
  return pairs(pattern, target).every(([mine, theirs]) => overlaps(mine, theirs));
}

/** Resource patterns that together match what the pattern matches of the target; nothing beyond either. */
export function narrowToTarget(pattern: ResourcePattern, target: Target): readonly string[] {
  if (coversTarget(pattern, target)) return [targetSlots(target).join(':')];
  const slots = pattern.slots.map(({ text }) => text);
  // Of `acs:oss:*x`, which nobody writes, what it has in common with a target has no simple form.
  if (slots.length < SLOTS) return [];
  const [acs = '', service = '', region = '', account = '', relative = ''] = slots;
  if (!matchesWildcard(acs, 'acs') || !matchesWildcard(service, 'oss')) return [];
  const owner =
    target.account === '*' ? account : matchesWildcard(account, target.account) ? target.account : undefined;
  if (owner === undefined) return [];
  return narrowText(relative, target).map((own) => `acs:oss:${region}:${owner}:${own}`);
}

/** Patterns that together match what a pattern matches of one text, or of the texts that begin with it. */
export function narrowText(
  pattern: string,
  { stem, open }: { readonly stem: string; readonly open: boolean },
): readonly string[] {
  if (open) return beginningWith(stem, pattern);
  return matchesWildcard(pattern, stem) ? [stem] : [];
}

/** Slot by slot; the last slot of a short pattern stands against all the rest. */
function pairs(pattern: ResourcePattern, target: Target): readonly (readonly [string, string])[] {
  const theirs = targetSlots(target);
  const last = pattern.slots.length - 1;
  return pattern.slots.map(
    ({ text }, i) => [text, i === last ? theirs.slice(i).join(':') : (theirs[i] as string)] as const,
  );
}
