/** Condition keys that requests have (reference ram-sts 3.3), for warnings only: any other key is allowed. */

type ValueType = 'String' | 'Numeric' | 'Date' | 'Bool' | 'IpAddress';

interface KnownKey {
  readonly type: ValueType;
  /** Whether every request has it, however it was signed. */
  readonly always: boolean;
}

const key = (type: ValueType, always = false): KnownKey => ({ type, always });

const EXACT: ReadonlyMap<string, KnownKey> = new Map([
  ['acs:CurrentTime', key('Date', true)],
  ['acs:SecureTransport', key('Bool', true)],
  ['acs:SourceIp', key('IpAddress', true)],
  ['acs:MFAPresent', key('Bool')],
  ['acs:PrincipalARN', key('String')],
  ['acs:PrincipalRDId', key('String')],
  ['acs:UserAgent', key('String')],
  ['acs:AccessId', key('String')],
  ['oss:Prefix', key('String')],
  ['oss:Delimiter', key('String')],
  ['saml:recipient', key('String')],
  ['oidc:iss', key('String')],
  ['oidc:aud', key('String')],
  ['oidc:sub', key('String')],
  ['sts:SourceIdentity', key('String')],
  ['sts:ExternalId', key('String')],
]);
/** Followed by a name of the author's. */
const FAMILIES = [
  'acs:ResourceTag/',
  'acs:RequestTag/',
  'oss:ExistingObjectTag/',
  'oss:RequestObjectTag/',
  'oss:BucketTag/',
];

export function knownKey(name: string): KnownKey | undefined {
  return EXACT.get(name) ?? (FAMILIES.some((family) => name.startsWith(family)) ? key('String') : undefined);
}

/** What an operator compares. */
export function operatorType(operator: string): ValueType {
  const types = ['String', 'Numeric', 'Date', 'Bool'] as const;
  return types.find((type) => operator.startsWith(type)) ?? 'IpAddress';
}
