/** Refusals that belong to no service: parameters, signatures, clocks. Reference: ram-sts 4.5. */
import type { CredentialFailure } from '../gate/credentials.js';
import { RpcError } from './rpc-error.js';

const INTERNAL: Readonly<Record<string, string>> = {
  sts: 'STS Server Internal Error happened.',
  ram: 'An internal error occurred.',
  ims: 'An internal error occurred.',
};

/** Characters of a string-to-sign that are told: longer than of any call that can be right. The echo of a body has ten bytes for each of its own. */
const LONGEST_ECHO = 128 * 1024;

export const gatewayErrors = {
  missingParameter: (name: string) =>
    new RpcError(
      400,
      'MissingParameter',
      `The input parameter "${name}" that is mandatory for processing this request is not supplied.`,
    ),
  invalidParameter: (name: string, why: string) =>
    new RpcError(400, 'InvalidParameter', `The specified parameter "${name}" is not valid: ${why}`),
  invalidFormat: () =>
    new RpcError(400, 'InvalidParameter.Format', 'The specified parameter "Format" is not valid: use JSON or XML.'),
  actionNotFound: () =>
    new RpcError(404, 'InvalidAction.NotFound', 'Specified api is not found, please check your url and method.'),
  invalidVersion: () => new RpcError(400, 'InvalidVersion', 'Specified parameter Version is not valid.'),
  unsupportedMethod: () =>
    new RpcError(405, 'UnsupportedHTTPMethod', 'This http method is not supported: use GET or POST.', undefined, {
      allow: 'GET, POST, OPTIONS',
    }),
  bodyTooLarge: (limit: number) =>
    new RpcError(413, 'RequestBodyTooLarge', `The request body is larger than ${limit} bytes.`),
  bodyIncomplete: () =>
    new RpcError(400, 'ContentLengthDoesNotMatch', 'The request body is shorter than its Content-Length.'),
  unsupportedBody: () =>
    new RpcError(400, 'InvalidParameter', 'A request body must be application/x-www-form-urlencoded in UTF-8.'),
  invalidSignatureMethod: () =>
    new RpcError(400, 'InvalidSignatureMethod', 'Specified signature method is not valid: use HMAC-SHA1.'),
  incompleteSignature: (why: string) =>
    new RpcError(400, 'IncompleteSignature', `The request signature does not conform to Aliyun standards: ${why}`),
  malformedTimestamp: () =>
    new RpcError(400, 'InvalidTimeStamp.Format', 'Specified time stamp or date value is not well formatted.'),
  expiredTimestamp: () =>
    new RpcError(400, 'InvalidTimeStamp.Expired', 'Specified time stamp or date value is expired.'),
  nonceUsed: () => new RpcError(400, 'SignatureNonceUsed', 'Specified signature nonce was used already.'),
  // Clients cut off this exact beginning and compare the rest with their own text.
  signatureDoesNotMatch: (stringToSign: string) =>
    new RpcError(
      400,
      'SignatureDoesNotMatch',
      `Specified signature is not matched with our calculation. server string to sign is:${stringToSign.slice(0, LONGEST_ECHO)}`,
    ),
  acs3SignatureDoesNotMatch: (stringToSign: string, canonicalRequest: string) =>
    new RpcError(
      400,
      'SignatureDoesNotMatch',
      `Specified signature does not match our calculation. server StringToSign is [${stringToSign}] server CanonicalRequest is [${canonicalRequest}]`,
    ),
  signatureRequired: () => gatewayErrors.missingParameter('AccessKeyId'),
  throttled: (retryAfterMs: number) =>
    new RpcError(400, 'Throttling.User', 'Request was denied due to user flow control.', undefined, {
      'x-acs-retry-after': String(retryAfterMs),
      'retry-after': String(Math.ceil(retryAfterMs / 1000)),
    }),
  /** @param operation `sts:AssumeRole`; absent: it was not known yet. Texts of reference ram-sts 1.8, 2.4, 4.5. */
  internal: (operation?: string) => {
    const [product = ''] = operation?.split(':') ?? [];
    const text = INTERNAL[product] ?? 'The request processing has failed due to some unknown error.';
    return new RpcError(500, 'InternalError', text);
  },
  unavailable: () =>
    new RpcError(503, 'ServiceUnavailable', 'The request has failed because the database is away. Try again.'),
  stopping: () =>
    new RpcError(503, 'ServiceUnavailable', 'The request has failed due to a temporary failure of the server.'),
} as const;

/** What each {@link CredentialFailure} is called here. */
export function credentialError(failure: CredentialFailure): RpcError {
  switch (failure) {
    case 'unknown-access-key':
      return new RpcError(404, 'InvalidAccessKeyId.NotFound', 'Specified access key is not found.');
    case 'inactive-access-key':
      return new RpcError(400, 'InvalidAccessKeyId.Inactive', 'Specified access key is disabled.');
    case 'missing-token':
      return new RpcError(400, 'MissingSecurityToken', 'SecurityToken is mandatory for this action.');
    case 'malformed-token':
      return new RpcError(400, 'InvalidSecurityToken.Malformed', 'Specified SecurityToken is malformed.');
    case 'mismatched-token':
      return new RpcError(
        400,
        'InvalidSecurityToken.MismatchWithAccessKey',
        'Specified SecurityToken mismatch with the AccessKey.',
      );
    // A token whose role is gone is as dead as an expired one, and the cure is the same: a new token.
    case 'expired-token':
    case 'revoked-token':
      return new RpcError(400, 'InvalidSecurityToken.Expired', 'Specified SecurityToken is expired.');
  }
}
