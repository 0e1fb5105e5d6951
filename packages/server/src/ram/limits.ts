/** Quotas of one account. Reference: ram-sts 2.3. */
export const RAM_LIMITS = {
  users: 1000,
  groups: 50,
  roles: 1000,
  groupsPerUser: 5,
  accessKeysPerUser: 2,
  customPolicies: 1500,
  versionsPerPolicy: 5,
  /** Policies attached to one principal. */
  systemPolicies: 20,
  customPoliciesOfUser: 10,
  customPoliciesOfGroupOrRole: 5,
  oidcProviders: 100,
  clientIdsPerProvider: 50,
  fingerprintsPerProvider: 5,
  tagsPerResource: 20,
  /** Resources that one call tags. */
  taggedAtOnce: 50,
} as const;
