import type { Address } from '../oss/addressing.js';
import { isBucketName } from '../oss/names.js';
import { invalidArgument, OssError } from '../oss/oss-error.js';
import type { RawRequest } from '../oss/raw-request.js';
import type { KeyUsage } from '../ram/access-keys/key-usage.js';
import type { Clock } from '../runtime.js';
import type { CredentialSource } from './credentials.js';
import { checkOssClock } from './oss-clock.js';
import { refusedCredential } from './oss-credential-failures.js';
import { refuseRepeatedAdditional, refuseRepeats } from './oss-repeats.js';
import { readOssSignature } from './oss-signature.js';
import { signatureMismatch, verifyOssSignature } from './oss-verify.js';
import { anonymous, type Principal } from './principal.js';
import { signingKeys } from './signing-keys.js';

export interface OssCaller {
  readonly principal: Principal;
  /** Of the signature that was verified. */
  readonly accessKeyId?: string;
  /** The reading of the URL that was signed. */
  readonly address: Address;
}

export type OssAuthenticator = (request: RawRequest, addresses: readonly Address[]) => Promise<OssCaller>;

/**
 * Who signed a request of the data plane: V1 or V4, in the header or in the URL; nobody when there is no signature. The
 * dialect has no nonce, so a request may be repeated inside its time window.
 *
 * @param addresses what the URL may mean; the one whose signature verifies is meant
 */
export function createOssAuthenticator(rooms: {
  credentials: CredentialSource;
  clock: Clock;
  /** Is told of every verified signature of a long-lived key. */
  usage?: Pick<KeyUsage, 'note'> | undefined;
}): OssAuthenticator {
  const keys = signingKeys();
  return async (request, addresses) => {
    const [first] = addresses;
    if (!first) throw new TypeError('a request has at least one address');
    refuseRepeats(request);
    const signature = readOssSignature(request);
    if (!signature) return { principal: anonymous, address: first };
    refuseRepeatedAdditional(request, signature);
    const token = readSecurityToken(request);
    checkOssClock(signature, request.headers, rooms.clock.now());

    const credential = await rooms.credentials.lookup(signature.accessKeyId, token);
    if (!credential.ok) throw refusedCredential(credential.failure, signature.accessKeyId);
    const signed = (address: Address) => ({ ...request, bucket: address.bucket, key: address.key });
    const address = addresses.find((each) => verifyOssSignature(signature, credential.secret, signed(each), keys));
    if (!address) {
      // Nothing lies behind a name that no bucket can have, and a 403 would be taken for a matter of credentials.
      if (first.bucket !== undefined && addresses.every(({ bucket = '' }) => !isBucketName(bucket))) {
        throw new OssError('InvalidBucketName', { extra: [['BucketName', first.bucket]] });
      }
      throw signatureMismatch(signature, signed(first));
    }
    if (!credential.temporary) rooms.usage?.note(signature.accessKeyId);
    return { principal: credential.principal, accessKeyId: signature.accessKeyId, address };
  };
}

/** Header, V1 parameter or V4 parameter: all are signed, one may be given. */
function readSecurityToken(request: RawRequest): string | undefined {
  const tokens = [
    request.headers.get('x-oss-security-token'),
    ...request.query.filter(([name]) => name === 'security-token' || name === 'x-oss-security-token').map(([, v]) => v),
  ].filter((token) => token !== undefined);
  if (tokens.length > 1) {
    throw invalidArgument('x-oss-security-token', '', 'The security token was given more than once.');
  }
  return tokens[0] || undefined;
}
