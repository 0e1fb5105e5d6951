/** Patterns over resource names `acs:<service>:<region>:<account>:<relative-id>`. Reference ram-sts 2.1, 3.1. */
import { matchesWildcard } from './wildcard.js';

export interface ResourcePattern {
  /** As the author wrote it. */
  readonly text: string;
  /** One pattern per slot; the last one covers everything from its slot on. */
  readonly slots: readonly string[];
}

const SLOTS = 5;
/** Services without regions: the documents write the region slot empty or as `*` and mean the same. */
const GLOBAL_SERVICES: ReadonlySet<string> = new Set(['ram', 'sts']);

export function compileResource(text: string): ResourcePattern {
  const slots = split(text, SLOTS);
  const service = slots[1] ?? '';
  if (slots.length === SLOTS && slots[0] === 'acs' && GLOBAL_SERVICES.has(service) && slots[2] === '') slots[2] = '*';
  return { text, slots };
}

/**
 * Slot by slot, case-sensitively. A `*` in the account slot must not swallow colons: with one match over the whole
 * name, `acs:oss:*:*:media/users/a/*` would cover user b's key `users/b/x:media/users/a/y`.
 * A pattern of fewer slots (`*`, `acs:oss:*`) lets its last slot cover all the rest.
 */
export function matchesResource(pattern: ResourcePattern, resource: string): boolean {
  const pieces = split(resource, pattern.slots.length);
  return (
    pieces.length === pattern.slots.length &&
    pattern.slots.every((slot, i) => matchesWildcard(slot, pieces[i] as string))
  );
}

/** Splits at colons into at most `count` pieces; the last piece keeps its colons. */
function split(text: string, count: number): string[] {
  const pieces: string[] = [];
  let from = 0;
  while (pieces.length < count - 1) {
    const colon = text.indexOf(':', from);
    if (colon < 0) break;
    pieces.push(text.slice(from, colon));
    from = colon + 1;
  }
  pieces.push(text.slice(from));
  return pieces;
}
