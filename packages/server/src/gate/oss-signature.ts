import {
  OSS_V4_ALGORITHM,
  OSS_V4_MAX_EXPIRES,
  type OssV4Authorization,
  ossV4Date,
  ossV4Day,
  parseAdditionalHeaders,
  parseHttpDate,
  parseOssV1Authorization,
  parseOssV4Authorization,
  parseOssV4Credential,
  UNSIGNED_PAYLOAD,
} from '@sluice/wire';
import { invalidArgument, notImplemented, OssError } from '../oss/oss-error.js';
import type { RawRequest } from '../oss/raw-request.js';

/** A signature as found on a request, well-formed but not verified. */
export type OssSignature =
  | { readonly scheme: 'v1-header'; readonly accessKeyId: string; readonly signature: string }
  | { readonly scheme: 'v1-url'; readonly accessKeyId: string; readonly signature: string; readonly expires: string }
  | ({ readonly scheme: 'v4-header'; readonly date: string } & OssV4Authorization)
  | ({ readonly scheme: 'v4-url'; readonly date: string; readonly expires: number } & OssV4Authorization);

const V1_URL = ['OSSAccessKeyId', 'Signature'];
const V4_URL = ['x-oss-signature-version', 'x-oss-credential', 'x-oss-signature'];

/**
 * Finds where a request carries its signature (reference oss 2.1 to 2.4). `undefined` when it carries none.
 * @throws {OssError} `InvalidArgument` for a malformed one or more than one, `AccessDenied` for an incomplete V1 URL,
 * `NotImplemented` for V2
 */
export function readOssSignature(request: RawRequest): OssSignature | undefined {
  const query = new Map(request.query);
  const header = request.headers.get('authorization');
  const v1Url = V1_URL.some((name) => query.has(name));
  const v4Url = V4_URL.some((name) => query.has(name));
  if ([header !== undefined, v1Url, v4Url].filter(Boolean).length > 1) {
    throw new OssError('InvalidArgument', { message: 'Only one signature may be given, in the header or in the URL.' });
  }
  if (header !== undefined) {
    return header.startsWith(OSS_V4_ALGORITHM) ? v4Header(request, header) : v1Header(header);
  }
  if (v1Url) return v1FromUrl(query);
  return v4Url ? v4FromUrl(request, query) : undefined;
}

/** Between V1 and V4, and hardly used; SDKs offer it still. */
const V2 = 'OSS2';

function v1Header(header: string): OssSignature {
  if (header.startsWith(`${V2} `)) throw notImplemented('The signature version OSS2');
  const parsed = parseOssV1Authorization(header);
  if (!parsed) throw malformed('Authorization', header.replace(/[:\s].*$/s, ''));
  return { scheme: 'v1-header', ...parsed };
}

function v4Header(request: RawRequest, header: string): OssSignature {
  const parsed = parseOssV4Authorization(header);
  if (!parsed) throw malformed('Authorization', OSS_V4_ALGORITHM, v4Fault(header));
  refuseSignedPayload(request);
  const date = ossV4Date(request.headers) ?? '';
  const byDate = !request.headers.has('x-oss-date') && parseHttpDate(date) !== undefined;
  return { scheme: 'v4-header', date: byDate ? ofScope(date, parsed) : scopedDate(date, parsed), ...parsed };
}

/** Which member is at fault (reference oss 2.4). */
function v4Fault(header: string): string {
  const credential = /Credential=([^,\s]+)/.exec(header)?.[1];
  if (credential === undefined || !parseOssV4Credential(credential)) return '0002-00000206';
  const additional = /AdditionalHeaders=([^,\s]*)/.exec(header)?.[1];
  if (additional !== undefined && !parseAdditionalHeaders(additional)) return '0002-00000209';
  return '0002-00000219';
}

function v1FromUrl(query: ReadonlyMap<string, string>): OssSignature {
  const accessKeyId = query.get('OSSAccessKeyId');
  const expires = query.get('Expires');
  const signature = query.get('Signature');
  if (!accessKeyId || !signature || !expires) {
    throw new OssError('AccessDenied', {
      message: 'OSSAccessKeyId, Expires and Signature must all be in the URL.',
      ec: '0002-00000067',
    });
  }
  if (!/^\d{1,11}$/.test(expires)) {
    throw new OssError('AccessDenied', {
      message: 'Invalid date (should be seconds since epoch).',
      ec: '0002-00000070',
      extra: [['Expires', expires]],
    });
  }
  // Base64 has no blanks: one is a plus that was not encoded.
  return { scheme: 'v1-url', accessKeyId, signature: signature.replaceAll(' ', '+'), expires };
}

function v4FromUrl(request: RawRequest, query: ReadonlyMap<string, string>): OssSignature {
  if (query.get('x-oss-signature-version') === V2) throw notImplemented('The signature version OSS2');
  if (query.get('x-oss-signature-version') !== OSS_V4_ALGORITHM) {
    throw malformed('x-oss-signature-version', query.get('x-oss-signature-version') ?? '');
  }
  const credential = parseOssV4Credential(query.get('x-oss-credential') ?? '');
  if (!credential) throw malformed('x-oss-credential', '', '0002-00000213');
  const signature = query.get('x-oss-signature') ?? '';
  if (!/^[0-9a-f]{64}$/.test(signature)) throw malformed('x-oss-signature', '', '0002-00000219');
  const named = query.get('x-oss-additional-headers');
  const additionalHeaders = named === undefined ? [] : parseAdditionalHeaders(named);
  if (!additionalHeaders) throw malformed('x-oss-additional-headers', named ?? '', '0002-00000210');
  const expires = query.get('x-oss-expires') ?? '';
  if (!/^[1-9]\d{0,5}$/.test(expires) || Number(expires) > OSS_V4_MAX_EXPIRES) {
    throw invalidArgument('x-oss-expires', expires, 'It must be 1 to 604800 seconds.', '0002-00000232');
  }
  refuseSignedPayload(request);
  const date = scopedDate(query.get('x-oss-date'), credential);
  return { scheme: 'v4-url', date, expires: Number(expires), ...credential, additionalHeaders, signature };
}

function scopedDate(date: string | undefined, scoped: Pick<OssV4Authorization, 'scope'>): string {
  if (date === undefined || !/^\d{8}T\d{6}Z$/.test(date)) {
    throw invalidArgument('x-oss-date', date ?? '', 'It must have the form yyyymmddTHHMMSSZ.', '0002-00000505');
  }
  return ofScope(date, scoped);
}

function ofScope(date: string, { scope }: Pick<OssV4Authorization, 'scope'>): string {
  if (ossV4Day(date) !== scope.date) {
    throw invalidArgument('x-oss-date', date, 'It must be of the day that the credential names.');
  }
  return date;
}

function refuseSignedPayload(request: RawRequest): void {
  const payload = request.headers.get('x-oss-content-sha256');
  if (payload !== undefined && payload !== UNSIGNED_PAYLOAD) {
    throw invalidArgument('x-oss-content-sha256', payload, 'It must be UNSIGNED-PAYLOAD.', '0002-00000214');
  }
}

const malformed = (name: string, value: string, ec?: string): OssError =>
  invalidArgument(name, value, `The signature is malformed: ${name}.`, ec);
