import {
  base64,
  equalsConstantTime,
  hex,
  isOssSubResource,
  OSS_V4_ALGORITHM,
  type OssV4Scope,
  parseBasic,
  parseOssV4Credential,
  utf8,
} from '@sluice/wire';
import { nodeDigests } from '@sluice/wire/node';
import type { Address } from '../oss/addressing.js';
import { invalidArgument, OssError } from '../oss/oss-error.js';
import type { RawRequest } from '../oss/raw-request.js';
import type { KeyUsage } from '../ram/access-keys/key-usage.js';
import type { Clock } from '../runtime.js';
import type { CredentialSource } from './credentials.js';
import type { OssCaller } from './oss-authenticate.js';
import { MAX_SKEW_MS } from './oss-clock.js';
import { refusedCredential } from './oss-credential-failures.js';
import { refuseRepeats } from './oss-repeats.js';
import { anonymous, type Principal } from './principal.js';
import { signingKeys } from './signing-keys.js';

type Fields = ReadonlyMap<string, string>;

type FormSignature = { readonly accessKeyId: string; readonly policy: string; readonly signature: string } & (
  | { readonly scheme: 'v1' }
  | { readonly scheme: 'v4'; readonly scope: OssV4Scope; readonly date: string }
);

/** Parameters that make a POST on a bucket something else than a form. */
const isSignatureParameter = (name: string): boolean =>
  name.startsWith('x-oss-') || name.startsWith('callback') || name === 'security-token';

/**
 * The bucket that a form is posted to; `undefined` when the request is no form. Signatures in its header and URL are passed
 * over (reference oss 1.9): who posts is known when the fields are read.
 */
export function readFormAddress(request: RawRequest, addresses: readonly Address[]): OssCaller | undefined {
  const [address] = addresses;
  const isForm =
    request.method === 'POST' && /^multipart\/form-data\b/i.test(request.headers.get('content-type') ?? '');
  if (!isForm || address?.bucket === undefined || address.key !== undefined) return undefined;
  if (request.query.some(([name]) => isOssSubResource(name) && !isSignatureParameter(name))) return undefined;
  refuseRepeats(request);
  return { principal: anonymous, address };
}

/** Who signed the policy document of a form. Fields have lower-case names. */
export type OssFormAuthenticator = (
  fields: Fields,
) => Promise<{ readonly principal: Principal; readonly accessKeyId?: string }>;

/** Reference: oss 1.9, 2.5, 2.6. A form without a signature is of nobody. */
export function createOssFormAuthenticator(rooms: {
  credentials: CredentialSource;
  clock: Clock;
  /** Is told of every verified signature of a long-lived key. */
  usage?: Pick<KeyUsage, 'note'> | undefined;
}): OssFormAuthenticator {
  const signingKey = signingKeys();
  return async (fields) => {
    const signature = readFormSignature(fields);
    if (!signature) return { principal: anonymous };
    if (signature.scheme === 'v4') checkStart(signature.date, rooms.clock.now());
    const token = fields.get('x-oss-security-token')?.trim() || undefined;
    const credential = await rooms.credentials.lookup(signature.accessKeyId, token);
    if (!credential.ok) throw refusedCredential(credential.failure, signature.accessKeyId);
    const text = utf8(signature.policy);
    const expected =
      signature.scheme === 'v1'
        ? base64(nodeDigests.hmacSha1(utf8(credential.secret), text))
        : hex(nodeDigests.hmacSha256(signingKey(credential.secret, signature.scope), text));
    if (!equalsConstantTime(expected, signature.signature)) throw mismatch(signature);
    if (!credential.temporary) rooms.usage?.note(signature.accessKeyId);
    return { principal: credential.principal, accessKeyId: signature.accessKeyId };
  };
}

const V1 = ['ossaccesskeyid', 'signature'] as const;
const V4 = ['x-oss-signature-version', 'x-oss-credential', 'x-oss-signature'] as const;

/** @throws {OssError} `InvalidArgument` when a part is missing or malformed, or two schemes are mixed */
function readFormSignature(fields: Fields): FormSignature | undefined {
  const v1 = V1.some((name) => fields.has(name));
  const v4 = V4.some((name) => fields.has(name));
  if (v1 && v4) throw new OssError('InvalidArgument', { message: 'A form may have one signature, V1 or V4.' });
  if (!v1 && !v4 && !fields.has('policy')) return undefined;
  const policy = fields.get('policy');
  if (!policy) throw missing('policy');
  return v4 ? readV4(fields, policy) : readV1(fields, policy);
}

function readV1(fields: Fields, policy: string): FormSignature {
  const accessKeyId = fields.get('ossaccesskeyid');
  const signature = fields.get('signature');
  if (!accessKeyId) throw missing('OSSAccessKeyId');
  if (!signature) throw missing('Signature');
  return { scheme: 'v1', accessKeyId, policy, signature: signature.trim() };
}

function readV4(fields: Fields, policy: string): FormSignature {
  const version = fields.get('x-oss-signature-version') ?? '';
  if (version !== OSS_V4_ALGORITHM) {
    throw invalidArgument('x-oss-signature-version', version, `It must be ${OSS_V4_ALGORITHM}.`);
  }
  const credential = parseOssV4Credential(fields.get('x-oss-credential') ?? '');
  if (!credential) {
    throw invalidArgument(
      'x-oss-credential',
      '',
      'It must be AccessKeyId/date/region/oss/aliyun_v4_request.',
      '0002-00000710',
    );
  }
  const date = fields.get('x-oss-date') ?? '';
  if (!/^\d{8}T\d{6}Z$/.test(date) || parseBasic(date) === undefined) {
    throw invalidArgument('x-oss-date', date, 'It must have the form yyyymmddTHHMMSSZ.', '0002-00000505');
  }
  if (date.slice(0, 8) !== credential.scope.date) {
    throw invalidArgument('x-oss-date', date, 'It must be of the day that the credential names.');
  }
  const signature = fields.get('x-oss-signature') ?? '';
  if (!/^[0-9a-f]{64}$/.test(signature)) {
    throw invalidArgument('x-oss-signature', '', 'It must be 64 lower-case hexadecimal digits.', '0002-00000219');
  }
  return { scheme: 'v4', ...credential, date, policy, signature };
}

/** When a form ends is said by its policy. */
function checkStart(date: string, now: number): void {
  if ((parseBasic(date) ?? 0) <= now + MAX_SKEW_MS) return;
  throw new OssError('AccessDenied', { message: 'Request is not valid yet.', ec: '0002-00000235' });
}

const missing = (name: string): OssError =>
  invalidArgument(name, '', `A signed form needs the field ${name}; a form of nobody has no field of a signature.`);

function mismatch({ accessKeyId, signature, policy }: FormSignature): OssError {
  return new OssError('SignatureDoesNotMatch', {
    ec: '0002-00000040',
    extra: [
      ['OSSAccessKeyId', accessKeyId],
      ['SignatureProvided', signature],
      ['StringToSign', policy],
    ],
  });
}
