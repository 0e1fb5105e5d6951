import { formatHttpDate, percentEncode } from '@sluice/wire';
import type { ObjectRow } from '../catalog/objects.js';
import { type LifecycleRule, objectExpiry } from './lifecycle-rules.js';

/** `x-oss-expiration` of HEAD: when a rule will delete the object, and which one. Reference: oss 1.3. */
export function expirationHeader(rules: readonly LifecycleRule[], object: ObjectRow): Record<string, string> {
  const { object_key: key, tags, last_modified: modified } = object;
  const expiry = objectExpiry(rules, { key, tags, modified });
  if (!expiry) return {};
  return {
    'x-oss-expiration': `expiry-date="${formatHttpDate(expiry.at)}", rule-id="${percentEncode(expiry.ruleId)}"`,
  };
}
