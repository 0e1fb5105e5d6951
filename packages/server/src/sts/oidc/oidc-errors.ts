import { RpcError } from '../../rpc/rpc-error.js';

const invalid = (code: string, message: string) => new RpcError(401, `AuthenticationFail.OIDCToken.${code}`, message);

/**
 * Refusals of AssumeRoleWithOIDC. Codes and texts are those that the service gives (help page "RRSA", table of SDK errors;
 * `PublicKeyFingerprintMismatch` from the tests of the official credential clients).
 */
export const oidcErrors = {
  missing: (name: string) => new RpcError(400, `MissingParameter.${name}`, `Parameter ${name} is required.`),
  noProvider: () => new RpcError(401, 'AuthenticationFail.NoPermission', 'No such OIDC Provider registered.'),
  denied: (detail: Readonly<Record<string, string>>) =>
    new RpcError(403, 'AuthenticationFail.NoPermission', 'There is no permission', detail),
  noSuchRole: (arn: string) => new RpcError(404, 'EntityNotExist.Role', `The role not exists: ${arn}.`),
  expired: () => invalid('Expired', 'This JsonWebToken is expired.'),
  tooOld: (hours: number) =>
    invalid('Expired', `This JsonWebToken was issued more than ${hours} hours ago: get a new one.`),
  audience: () => invalid('AudienceNotMatch', 'Invalid audience.'),
  issuer: () => invalid('IssuerNotMatch', "The issuer in the OIDC Token doesn't match the OIDC Provider registered."),
  issuerBroken: (issuer: string) =>
    invalid('IssuerConfigurationBroken', `Get public keys from OIDC Provider failed, the issuer is ${issuer}.`),
  fingerprintMismatch: (issuer: string) =>
    invalid(
      'PublicKeyFingerprintMismatch',
      `No certificate of the OIDC Provider has one of the fingerprints registered, the issuer is ${issuer}.`,
    ),
  invalid: (why: string) => invalid('Invalid', `This JsonWebToken is invalid: ${why}`),
} as const;
