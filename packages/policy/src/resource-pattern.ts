/** Patterns over resource names `acs:<service>:<region>:<account>:<relative-id>`. Reference ram-sts 2.1, 3.1. */
import { compileWildcard, type Wildcard } from './wildcard.js';

/** What a request acts upon, cut once for all patterns. Every character is literal. */
export interface ResourceName {
  readonly text: string;
  /** What lies before each of the first four colons. */
  readonly slots: readonly string[];
  /** Where each slot starts; the last of them goes on to the end. */
  readonly starts: readonly number[];
}

export interface ResourcePattern {
  /** As the author wrote it. */
  readonly text: string;
  /** One pattern per slot; the last one covers everything from its slot on. */
  readonly slots: readonly Wildcard[];
  /**
   * Slot by slot, case-sensitively. A `*` in the account slot must not swallow colons: with one match over the whole
   * name, `acs:oss:*:*:media/users/a/*` would cover user b's key `users/b/x:media/users/a/y`.
   * A pattern of fewer slots (`*`, `acs:oss:*`) lets its last slot cover all the rest.
   */
  matches(resource: ResourceName): boolean;
}

const SLOTS = 5;
const REGION = 2;
/** Services without regions: the documents write the region slot empty or as `*` and mean the same. */
const GLOBAL_SERVICES: ReadonlySet<string> = new Set(['ram', 'sts']);

export function resourceName(text: string): ResourceName {
  const slots: string[] = [];
  const starts = [0];
  while (starts.length < SLOTS) {
    const from = starts[starts.length - 1] as number;
    const colon = text.indexOf(':', from);
    if (colon < 0) break;
    slots.push(text.slice(from, colon));
    starts.push(colon + 1);
  }
  return { text, slots, starts };
}

/** The texts of the slots; the last one keeps its colons. */
export function resourceSlots(text: string): string[] {
  const { slots, starts } = resourceName(text);
  const pieces = [...slots, text.slice(starts[starts.length - 1] as number)];
  // Also where fewer slots follow than a name has: a Deny on `acs:ram::*` is about every account, whatever its region slot.
  const isRegion = pieces.length > REGION + 1 && pieces[0] === 'acs' && GLOBAL_SERVICES.has(pieces[1] ?? '');
  if (isRegion && pieces[REGION] === '') pieces[REGION] = '*';
  return pieces;
}

export function compileResource(text: string): ResourcePattern {
  const slots = resourceSlots(text).map((slot) => compileWildcard(slot));
  const last = slots.length - 1;
  const tail = slots[last] as Wildcard;
  const before = slots.slice(0, last).flatMap((slot, i) => (slot.text === '*' ? [] : [[slot, i] as const]));
  return {
    text,
    slots,
    matches(resource) {
      const start = resource.starts[last];
      // The tail first: it is what tells most names apart.
      if (start === undefined || !tail.matches(resource.text, start)) return false;
      for (const [slot, i] of before) if (!slot.matches(resource.slots[i] as string)) return false;
      return true;
    },
  };
}
