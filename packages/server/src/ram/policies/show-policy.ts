import { formatIso } from '@sluice/wire';
import { type PolicyRow, type PolicyVersion, policyTypeOf } from './policy-rows.js';

export const versionId = (version: number): string => `v${version}`;

/** As answers show a policy. */
export const showPolicy = (row: PolicyRow) => ({
  PolicyName: row.policy_name,
  PolicyType: policyTypeOf(row.owner),
  Description: row.description,
  DefaultVersion: versionId(row.default_version),
  CreateDate: formatIso(row.created_at),
});

/** With what GetPolicy and lists tell beside. */
export const showPolicyInFull = (row: PolicyRow, attachmentCount: number) => ({
  ...showPolicy(row),
  UpdateDate: formatIso(row.updated_at),
  AttachmentCount: attachmentCount,
});

/** The document comes back as it was given, to the blank. */
export const showVersion = (version: PolicyVersion, defaultVersion: number) => ({
  VersionId: versionId(version.version),
  IsDefaultVersion: version.version === defaultVersion,
  PolicyDocument: version.document,
  CreateDate: formatIso(version.created_at),
});
