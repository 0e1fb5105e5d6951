/** Resource names `acs:<service>:<region>:<account>:<relative-id>`. Reference: ram-sts 2.1. */

export interface Arn {
  readonly service: string;
  readonly region: string;
  readonly accountId: string;
  readonly relativeId: string;
}

/** `acs:<service>:<region>:<account>:<relative id>` */
export function formatArn(arn: Arn): string {
  return `acs:${arn.service}:${arn.region}:${arn.accountId}:${arn.relativeId}`;
}

/** `undefined` when the text is not an ARN. The relative id may itself hold colons. */
export function parseArn(text: string): Arn | undefined {
  const m = /^acs:([^:]*):([^:]*):([^:]*):([\s\S]+)$/.exec(text);
  return m
    ? { service: m[1] as string, region: m[2] as string, accountId: m[3] as string, relativeId: m[4] as string }
    : undefined;
}

/** The account itself. */
export const rootArn = (accountId: string): string => `acs:ram::${accountId}:root`;
/** A RAM user. */
export const userArn = (accountId: string, userName: string): string => `acs:ram::${accountId}:user/${userName}`;
/** A role. */
export const roleArn = (accountId: string, roleName: string): string => `acs:ram::${accountId}:role/${roleName}`;
/** A session of a role. */
export const roleSessionArn = (accountId: string, roleName: string, sessionName: string): string =>
  `acs:ram::${accountId}:role/${roleName}/${sessionName}`;
/** A bucket, and not what is in it. */
export const bucketArn = (accountId: string, bucket: string): string => `acs:oss:*:${accountId}:${bucket}`;
/** An object, or by `*` and `?` several. */
export const objectArn = (accountId: string, bucket: string, key: string): string =>
  `acs:oss:*:${accountId}:${bucket}/${key}`;

/** What ListBuckets is asked about: all of an account. */
export const ossServiceArn = (accountId: string): string => `acs:oss:*:${accountId}:*`;

const ROLE_ARN = /^acs:ram::(\d{1,32}):role\/([A-Za-z0-9.-]{1,64})$/;

/** Splits the ARN of a role; `undefined` when it is of another shape. */
export function parseRoleArn(text: string): { accountId: string; roleName: string } | undefined {
  const m = ROLE_ARN.exec(text);
  return m ? { accountId: m[1] as string, roleName: m[2] as string } : undefined;
}
