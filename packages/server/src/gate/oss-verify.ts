import {
  type OssRequest,
  ossV1Date,
  ossV1StringToSign,
  ossV4CanonicalRequest,
  ossV4StringToSign,
  verifyOssV1Header,
  verifyOssV1Url,
  verifyOssV4,
  withoutOssV4UrlSignature,
} from '@sluice/wire';
import { nodeDigests } from '@sluice/wire/node';
import { OssError } from '../oss/oss-error.js';
import type { OssSignature } from './oss-signature.js';
import type { SigningKeys } from './signing-keys.js';

/** Whether the secret makes this signature of this request. */
export function verifyOssSignature(
  signature: OssSignature,
  secret: string,
  request: OssRequest,
  signingKey: SigningKeys,
): boolean {
  switch (signature.scheme) {
    case 'v1-header':
      return verifyOssV1Header(nodeDigests, secret, request, signature.signature);
    case 'v1-url':
      return verifyOssV1Url(nodeDigests, secret, request, signature.expires, signature.signature);
    default: {
      const key = signingKey(secret, signature.scope);
      return verifyOssV4(nodeDigests, key, signedOf(signature, request), signature.date, signature);
    }
  }
}

/** The refusal that shows what was signed here, so that the caller can compare; never the secret. Reference: oss 0.3. */
export function signatureMismatch(signature: OssSignature, request: OssRequest): OssError {
  const { stringToSign, canonicalRequest } = signedText(signature, request);
  return new OssError('SignatureDoesNotMatch', {
    ec: '0002-00000040',
    extra: [
      ['OSSAccessKeyId', signature.accessKeyId],
      ['SignatureProvided', signature.signature],
      ['StringToSign', stringToSign],
      [
        'StringToSignBytes',
        Buffer.from(stringToSign)
          .toString('hex')
          .toUpperCase()
          .replace(/..(?!$)/g, '$& '),
      ],
      ...(canonicalRequest === undefined ? [] : [['CanonicalRequest', canonicalRequest] as const]),
    ],
  });
}

function signedText(signature: OssSignature, request: OssRequest): { stringToSign: string; canonicalRequest?: string } {
  switch (signature.scheme) {
    case 'v1-header':
      return { stringToSign: ossV1StringToSign(request, ossV1Date(request.headers)) };
    case 'v1-url':
      return { stringToSign: ossV1StringToSign(request, signature.expires) };
    default: {
      const canonicalRequest = ossV4CanonicalRequest(signedOf(signature, request), signature.additionalHeaders);
      const { scope, date } = signature;
      return { stringToSign: ossV4StringToSign(nodeDigests, scope, date, canonicalRequest), canonicalRequest };
    }
  }
}

const signedOf = (signature: OssSignature, request: OssRequest): OssRequest =>
  signature.scheme === 'v4-url' ? withoutOssV4UrlSignature(request) : request;
