import { isOssSubResource } from '@sluice/wire';
import { invalidArgument } from '../oss/oss-error.js';
import type { RawRequest } from '../oss/raw-request.js';
import type { OssSignature } from './oss-signature.js';

const SINGLE_PARAMETERS = new Set(['OSSAccessKeyId', 'Expires', 'Signature']);
const SINGLE_HEADERS = new Set(['authorization', 'content-length', 'content-md5', 'content-type', 'date', 'range']);

/**
 * A name that a signature or an operation reads may come once: of two, the one that was verified need not be the one that is
 * used.
 * @throws {OssError} `InvalidArgument`
 */
export function refuseRepeats(request: RawRequest): void {
  const seen = new Set<string>();
  for (const [name, value] of request.query) {
    if (seen.has(name) && (SINGLE_PARAMETERS.has(name) || isOssSubResource(name))) {
      throw invalidArgument(name, value, `The parameter ${name} was given more than once.`);
    }
    seen.add(name);
  }
  for (const name of request.repeated) {
    if (SINGLE_HEADERS.has(name) || name.startsWith('x-oss-')) refuseHeader(name);
  }
}

/** As {@link refuseRepeats}, for headers that the signature itself names. */
export function refuseRepeatedAdditional(request: RawRequest, signature: OssSignature): void {
  if (!('additionalHeaders' in signature)) return;
  for (const name of signature.additionalHeaders) if (request.repeated.has(name)) refuseHeader(name);
}

function refuseHeader(name: string): never {
  throw invalidArgument(name, '', `The header ${name} was sent more than once.`);
}
