/** Signs one OSS request and sends it. */
import {
  formatBasic,
  formatHttpDate,
  type OssRequest,
  type Pair,
  signOssV4HeaderAsync,
  UNSIGNED_PAYLOAD,
  type UploadAuth,
} from '@sluice/wire';
import type { HttpBody, HttpResponse } from '../ports.js';
import { exchange, type Line } from './exchange.js';
import { loaded } from './load.js';
import { type OssTarget, ossUrl } from './oss-target.js';
import { readServiceError } from './read-error.js';
import type { Settings } from './settings.js';
import { localError } from './upload-error.js';

export interface OssCall {
  readonly method: string;
  readonly query?: readonly Pair[];
  /** Lower-case names. `content-type` and `x-oss-*` are signed. */
  readonly headers?: readonly Pair[];
  readonly body?: HttpBody;
  readonly onUploadProgress?: ((sent: number) => void) | undefined;
}

/** @throws UploadError; a {@link readServiceError} for every answer but 2xx */
export async function sendOss(
  line: Line,
  settings: Settings,
  target: OssTarget,
  auth: UploadAuth,
  call: OssCall,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const query = call.query ?? [];
  const headers = await signedHeaders(line, settings, target, auth, call);
  const response = await exchange(
    line,
    {
      method: call.method,
      url: ossUrl(target, query, settings.cname),
      headers,
      body: call.body,
      onUploadProgress: call.onUploadProgress,
    },
    signal,
  );
  if (response.status < 200 || response.status > 299)
    throw readServiceError(line.env.readXml, response, line.serverClock.now());
  // The login of a network, say: what was sent has arrived nowhere.
  if (/^\s*<(!doctype |)html/i.test(response.body))
    throw localError('NetworkError', 'A page came in place of an answer.');
  return response;
}

async function signedHeaders(
  line: Line,
  settings: Settings,
  target: OssTarget,
  auth: UploadAuth,
  call: OssCall,
): Promise<Pair[]> {
  const { digests } = line.env;
  const v4 = settings.signatureVersion === 'v4';
  // Always x-oss-date: a browser may not set Date (forbidden header name).
  const now = line.serverClock.now();
  const headers = new Map<string, string>([
    ...(call.headers ?? []),
    ['x-oss-date', v4 ? formatBasic(now) : formatHttpDate(now)],
    ...(v4 ? ([['x-oss-content-sha256', UNSIGNED_PAYLOAD]] as const) : []),
    ['x-oss-security-token', auth.SecurityToken],
  ]);
  const request: OssRequest = {
    method: call.method,
    bucket: target.bucket,
    key: target.key,
    query: call.query ?? [],
    headers,
  };
  const region = (auth.Region || settings.region).replace(/^oss-/, '');
  const authorization = v4
    ? await signOssV4HeaderAsync(digests, auth.AccessKeyId, auth.AccessKeySecret, region, request)
    : await (await loaded(line.env.extras)).signOssV1HeaderAsync(
        digests,
        auth.AccessKeyId,
        auth.AccessKeySecret,
        request,
      );
  return [...headers, ['authorization', authorization]];
}
