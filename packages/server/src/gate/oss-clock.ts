import { formatIsoMillis, ossV1Date, parseBasic, parseHttpDate } from '@sluice/wire';
import { invalidArgument, OssError } from '../oss/oss-error.js';
import type { OssSignature } from './oss-signature.js';

/** How far a request's clock may be off, either way. Reference: oss 2.6. */
export const MAX_SKEW_MS = 15 * 60 * 1000;

/**
 * Whether a signature is of now (reference oss 2.2, 2.4, 2.6).
 * @throws {OssError} `RequestTimeTooSkewed`, `AccessDenied` for an expired URL, `InvalidArgument` without a date
 */
export function checkOssClock(signature: OssSignature, headers: ReadonlyMap<string, string>, now: number): void {
  switch (signature.scheme) {
    case 'v1-header':
      checkSkew(headerDate(headers), now);
      break;
    case 'v4-header':
      checkSkew(v4Date(signature.date), now);
      break;
    case 'v1-url':
      checkExpiry(Number(signature.expires) * 1000, now, '0002-00000069');
      break;
    case 'v4-url': {
      const from = v4Date(signature.date);
      if (from > now + MAX_SKEW_MS) {
        throw new OssError('AccessDenied', { message: 'Request is not valid yet.', ec: '0002-00000235' });
      }
      checkExpiry(from + signature.expires * 1000, now);
    }
  }
}

// Not a matter of credentials, so not a 403 (reference oss 2.6 allows either): some clients take any 403 for expiry.
function headerDate(headers: ReadonlyMap<string, string>): number {
  const text = ossV1Date(headers);
  const date = parseHttpDate(text) ?? parseBasic(text);
  if (date === undefined) throw invalidArgument('Date', text, 'OSS authentication requires a valid Date.');
  return date;
}

function v4Date(text: string): number {
  const date = parseBasic(text) ?? parseHttpDate(text);
  if (date === undefined) throw invalidArgument('x-oss-date', text, 'It is not a date.', '0002-00000505');
  return date;
}

function checkSkew(date: number, now: number): void {
  if (Math.abs(now - date) <= MAX_SKEW_MS) return;
  throw new OssError('RequestTimeTooSkewed', {
    ec: '0002-00000504',
    extra: [
      ['MaxAllowedSkewMilliseconds', String(MAX_SKEW_MS)],
      ['RequestTime', formatIsoMillis(date)],
      ['ServerTime', formatIsoMillis(now)],
    ],
  });
}

function checkExpiry(expires: number, now: number, ec?: string): void {
  if (now < expires) return;
  throw new OssError('AccessDenied', {
    message: 'Request has expired.',
    ...(ec === undefined ? {} : { ec }),
    extra: [
      ['Expires', formatIsoMillis(expires)],
      ['ServerTime', formatIsoMillis(now)],
    ],
  });
}
