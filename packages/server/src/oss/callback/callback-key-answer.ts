import type { Address } from '../addressing.js';
import type { Answer } from '../answer.js';
import type { RawRequest } from '../raw-request.js';

/** No bucket can have the name of its first segment. */
export const CALLBACK_KEY_PATH = '/.well-known/sluice-callback-key.pem';
const [, SEGMENT = '', FILE = ''] = CALLBACK_KEY_PATH.split('/');

/** Under a host that stands for a bucket the same path is a key of that bucket. */
export function asksForCallbackKey({ method }: Pick<RawRequest, 'method'>, [address]: readonly Address[]): boolean {
  return (method === 'GET' || method === 'HEAD') && address?.bucket === SEGMENT && address.key === FILE;
}

/** Everybody may have it; it does not change. */
export const callbackKeyAnswer = (pem: string): Answer => ({
  status: 200,
  headers: {
    'content-type': 'application/x-pem-file',
    'cache-control': 'public, max-age=3600',
    'x-content-type-options': 'nosniff',
  },
  body: pem,
});
