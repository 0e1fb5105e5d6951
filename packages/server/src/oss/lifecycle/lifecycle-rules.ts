/** Rules by which objects and unfinished uploads expire. Reference: oss 1.21. */

/** Days since the last modification (of an upload: since it began), or everything older than an instant. */
export type Age = { readonly days: number } | { readonly before: number };

export interface Transition {
  readonly age: Age;
  readonly storageClass: string;
  /** Present when it was said: then it is given back. */
  readonly isAccessTime?: false;
}

export interface LifecycleRule {
  readonly id: string;
  readonly prefix: string;
  readonly enabled: boolean;
  /** An object has to have all of them. */
  readonly tags: readonly (readonly [key: string, value: string])[];
  readonly expiration?: Age | { readonly deleteMarkers: boolean };
  readonly abort?: Age;
  /** Kept and given back: all storage here is of one class, and there are no versions. */
  readonly transitions: readonly Transition[];
  readonly noncurrentExpiration?: number;
  readonly noncurrentTransitions: readonly (Omit<Transition, 'age'> & { readonly days: number })[];
}

export interface Expiry {
  /** Gone from then on. */
  readonly at: number;
  readonly ruleId: string;
}

export interface RuledObject {
  readonly key: string;
  /** JSON of the catalog. */
  readonly tags: string;
  readonly modified: number;
}

const DAY_MS = 86_400_000;

/** When an object expires; of several rules the earliest counts. `undefined`: never. */
export function objectExpiry(rules: readonly LifecycleRule[], object: RuledObject): Expiry | undefined {
  let tags: ReadonlyMap<string, string> | undefined;
  let earliest: Expiry | undefined;
  for (const { id, enabled, prefix, tags: wanted, expiration } of rules) {
    if (!enabled || expiration === undefined || 'deleteMarkers' in expiration) continue;
    if (!object.key.startsWith(prefix)) continue;
    if (wanted.length > 0) {
      tags ??= new Map(JSON.parse(object.tags) as [string, string][]);
      if (!wanted.every(([key, value]) => tags?.get(key) === value)) continue;
    }
    const at = instantOf(expiration, object.modified);
    if (at !== undefined && (earliest === undefined || at < earliest.at)) earliest = { at, ruleId: id };
  }
  return earliest;
}

/**
 * When an unfinished upload expires.
 * @returns `undefined` when no rule is about it, `at: Infinity` when one is but spares it
 */
export function uploadExpiry(
  rules: readonly LifecycleRule[],
  upload: { readonly key: string; readonly initiated: number },
): Expiry | undefined {
  // Prefixes of such rules do not overlap.
  const rule = rules.find(({ enabled, prefix, abort }) => enabled && abort && upload.key.startsWith(prefix));
  if (!rule?.abort) return undefined;
  return { at: instantOf(rule.abort, upload.initiated) ?? Number.POSITIVE_INFINITY, ruleId: rule.id };
}

/** A date that is still to come does nothing before it comes. */
function instantOf(age: Age, since: number): number | undefined {
  if ('days' in age) return since + age.days * DAY_MS;
  return since < age.before ? age.before : undefined;
}

/** The prefixes under which something may be about to expire, without those that lie under another one. */
export function prefixesOf(
  rules: readonly LifecycleRule[],
  action: (rule: LifecycleRule) => boolean,
): readonly string[] {
  const all = rules.filter((rule) => rule.enabled && action(rule)).map(({ prefix }) => prefix);
  const kept: string[] = [];
  for (const prefix of [...new Set(all)].sort((a, b) => a.length - b.length)) {
    if (!kept.some((shorter) => prefix.startsWith(shorter))) kept.push(prefix);
  }
  return kept;
}

export const expiresObjects = ({ expiration }: LifecycleRule): boolean =>
  expiration !== undefined && !('deleteMarkers' in expiration);

export const abortsUploads = ({ abort }: LifecycleRule): boolean => abort !== undefined;
