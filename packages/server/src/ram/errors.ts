import { gatewayErrors } from '../rpc/gateway-errors.js';
import type { Fault } from '../rpc/operation.js';
import { RpcError } from '../rpc/rpc-error.js';

/** What RAM keeps, as its errors call it. */
export type EntityKind =
  | 'User'
  | 'User.AccessKey'
  | 'User.Group'
  | 'User.LoginProfile'
  | 'User.MFADevice'
  | 'User.Policy'
  | 'Group'
  | 'Group.Policy'
  | 'Role'
  | 'Role.Policy'
  | 'Policy'
  | 'Policy.Version'
  | 'VirtualMFADevice'
  | 'VirtualMFADevice.User'
  | 'AccountAlias'
  | 'OIDCProvider'
  | 'OIDCProvider.ClientId'
  | 'OIDCProvider.Fingerprint'
  | 'Role.Tag'
  | 'Policy.Tag';

/** What still holds an entity that is to be deleted: its kind, and what it is called. */
export type ConflictKind =
  | 'User.AccessKey'
  | 'User.Group'
  | 'User.LoginProfile'
  | 'User.MFADevice'
  | 'User.Policy'
  | 'Group.User'
  | 'Group.Policy'
  | 'Policy.User'
  | 'Policy.Group'
  | 'Policy.Role'
  | 'Policy.Version'
  | 'Policy.Version.Default'
  | 'Role.Policy'
  | 'VirtualMFADevice.User'
  | 'OIDCProvider.Role';

const MOST_NAMED = 10;

/** Refusals of RAM, with the codes of reference ram-sts 2.4. */
export const ramErrors = {
  missing: (name: string) => new RpcError(400, `Missing${name}`, `${name} is mandatory for this action.`),
  length: (name: string) =>
    new RpcError(400, `InvalidParameter.${name}.Length`, `The parameter - "${name}" beyond the length limit.`),
  chars: (name: string) =>
    new RpcError(400, `InvalidParameter.${name}.InvalidChars`, `The parameter - "${name}" contains invalid chars.`),
  format: (name: string) =>
    new RpcError(400, `InvalidParameter.${name}.Format`, `The format of the parameter - "${name}" is incorrect.`),
  invalid: (name: string, why: string) =>
    new RpcError(400, `InvalidParameter.${name}`, `The parameter - "${name}" is invalid: ${why}`),
  range: (name: string, least: number, most: number) =>
    new RpcError(
      400,
      `InvalidParameter.${name}.Range`,
      `The parameter - "${name}" MUST be in the range of ${least} and ${most}.`,
    ),
  beyond: (name: string, bound: { atLeast: number } | { atMost: number }) =>
    new RpcError(
      400,
      `InvalidParameter.${name}.Range`,
      `The parameter - "${name}" MUST be at ${'atLeast' in bound ? `least ${bound.atLeast}` : `most ${bound.atMost}`}.`,
    ),
  /** @param name `Password` or `NewPassword` */
  weakPassword: (name: string, why: string) =>
    new RpcError(
      400,
      `InvalidParameter.${name}.TooWeak`,
      `The parameter - "${name}" is not compliant with the password policy: ${why}.`,
    ),
  reusedPassword: (name: string, last: number) =>
    new RpcError(
      400,
      `InvalidParameter.${name}.ReusePrevention`,
      `The parameter - "${name}" is not compliant with the reuse prevention password policy: it was one of the last ${last} passwords.`,
    ),
  wrongPassword: () =>
    new RpcError(400, 'InvalidParameter.OldPassword.Incorrect', 'The parameter - "OldPassword" is incorrect.'),
  /** Only told to who has proved to be this user. */
  locked: (minutes: number) =>
    new RpcError(
      403,
      'LoginLocked',
      `Too many wrong passwords: try again in ${minutes} minutes, or have an administrator set a new password.`,
    ),
  passwordExpired: () =>
    new RpcError(403, 'PasswordExpired', 'The password has expired: have an administrator set a new one.'),
  notForAccounts: () =>
    new RpcError(400, 'NotSupport.Account', 'This method can be only invoked by sub user: use the key of a RAM user.'),
  authenticationCodeFormat: () =>
    new RpcError(
      400,
      'InvalidParameter.AuthenticationCode.Format',
      'The parameter - "AuthenticationCode" MUST be 6 numbers.',
    ),
  // Misspelt on the wire (reference ram-sts 2.4).
  wrongAuthenticationCode: () =>
    new RpcError(
      403,
      'CheckAuthenticationCodeFail',
      'The parameter - "AuthenticationCode" is inccorrect: give two codes that follow one another, none of them used before, and check the clock of the device.',
    ),
  malformedPolicy: (why: string) =>
    new RpcError(400, 'MalformedPolicyDocument', `The policy document is malformed: ${why}`),
  denied: (detail: Readonly<Record<string, string>>) =>
    new RpcError(403, 'NoPermission', 'You are not authorized to do this action.', detail),
  notExist: (kind: EntityKind, name: string) =>
    new RpcError(404, `EntityNotExist.${kind}`, `The ${word(kind)} does not exist: ${name}.`),
  exists: (kind: EntityKind, name: string) =>
    new RpcError(409, `EntityAlreadyExists.${kind}`, `The ${word(kind)} already exists: ${name}.`),
  limit: (kind: EntityKind, limit: number) =>
    new RpcError(
      409,
      `LimitExceeded.${kind}`,
      `There cannot be more than ${limit}: the quota of ${word(kind)} is used up.`,
    ),
  /** @param holders names of what holds it */
  conflict: (kind: ConflictKind, holders: readonly string[]) =>
    new RpcError(409, `DeleteConflict.${kind}`, `It is still in use; remove or detach first: ${named(holders)}.`),
} as const;

/** The refusal for a parameter that fails its schema. Names have forbidden characters, everything else a wrong form. */
export function invalidRam(name: string, missing: boolean, fault: Fault = 'form'): RpcError {
  if (name === '') return gatewayErrors.invalidParameter('request', 'it does not fit this action.');
  if (missing) return ramErrors.missing(name);
  if (fault === 'length') return ramErrors.length(name);
  if (typeof fault === 'object') return ramErrors.beyond(name, fault);
  // The one enumeration with a code of its own (reference ram-sts 2.4).
  if (name === 'PolicyType') return ramErrors.invalid(name, 'it is System or Custom.');
  return /Name$/.test(name) ? ramErrors.chars(name) : ramErrors.format(name);
}

function word(kind: EntityKind): string {
  return kind
    .toLowerCase()
    .replaceAll('.', ' ')
    .replace('accesskey', 'access key')
    .replace('mfadevice', 'MFA device')
    .replace('oidcprovider', 'OIDC provider')
    .replace('clientid', 'client ID');
}

function named(holders: readonly string[]): string {
  const more = holders.length - MOST_NAMED;
  return `${holders.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
