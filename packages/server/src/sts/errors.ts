import { gatewayErrors } from '../rpc/gateway-errors.js';
import { RpcError } from '../rpc/rpc-error.js';

/** Refusals of STS, with the texts that clients know. Reference: ram-sts 1.8. */
export const stsErrors = {
  missing: (name: string) => new RpcError(400, `Missing${name}`, `${name} is mandatory for this action.`),
  wronglyFormed: (name: string) =>
    new RpcError(400, `InvalidParameter.${name}`, `The parameter ${name} is wrongly formed.`),
  duration: (minSeconds: number, maxSeconds: number) =>
    new RpcError(
      400,
      'InvalidParameter.DurationSeconds',
      `The Min/Max value of DurationSeconds is ${span(minSeconds)}/${span(maxSeconds)}.`,
    ),
  policyGrammar: (where?: string) =>
    new RpcError(
      400,
      'InvalidParameter.PolicyGrammar',
      `The parameter Policy has not passed grammar check.${where ? ` ${where}` : ''}`,
    ),
  policySize: () =>
    new RpcError(400, 'InvalidParameter.PolicySize', 'The size of Policy must be smaller than 2048 bytes.'),
  rootMayNot: () => new RpcError(403, 'NoPermission', 'Roles may not be assumed by root accounts.'),
  noPermission: (detail: Readonly<Record<string, string>>) =>
    new RpcError(
      403,
      'NoPermission',
      'You are not authorized to do this action. You should be authorized by RAM.',
      detail,
    ),
  noSuchRole: () => new RpcError(404, 'EntityNotExist.Role', 'The specified Role not exists.'),
  noSaml: () =>
    new RpcError(
      501,
      'NotImplemented',
      'AssumeRoleWithSAML is not available on this server. Use AssumeRoleWithOIDC with an OIDC provider, or AssumeRole.',
    ),
  chainTooLong: (most: number) =>
    new RpcError(400, 'InvalidParameter', `A chain of assumed roles is at most ${most} sessions long.`),
  sourceIdentityFixed: () =>
    new RpcError(403, 'NoPermission', 'SourceIdentity was set earlier in this chain of roles and cannot be changed.'),
} as const;

function span(seconds: number): string {
  if (seconds % 3600 === 0) return `${seconds / 3600}hr`;
  return seconds % 60 === 0 ? `${seconds / 60}min` : `${seconds}s`;
}

/** The refusal for one bad parameter of AssumeRole. */
export function invalidAssumeRole(minSeconds: number): (name: string, missing: boolean) => RpcError {
  return (name, missing) => {
    if (missing && name !== '') return stsErrors.missing(name);
    if (name === 'DurationSeconds') return stsErrors.duration(minSeconds, 3600);
    if (name === 'Policy') return stsErrors.policySize();
    return name === ''
      ? gatewayErrors.invalidParameter('request', 'it does not fit this action.')
      : stsErrors.wronglyFormed(name);
  };
}
