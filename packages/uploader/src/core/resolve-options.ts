import type { UploaderOptions } from '../api.js';
import { checkPartSize } from './part-plan.js';
import type { Settings } from './settings.js';
import { localError } from './upload-error.js';

const DEFAULT_REGION = 'cn-shanghai';

export interface ResolvedOptions {
  readonly settings: Settings;
  /** VOD endpoint. */
  readonly endpoint: string;
  readonly parallelFiles: number;
}

/** @throws UploadError `InvalidOption` */
export function resolveOptions<File>(
  options: UploaderOptions<File>,
  internal: { readonly renewAhead?: boolean; readonly credentialsTimeout?: number },
): ResolvedOptions {
  const { region = DEFAULT_REGION, partSize = 'auto', timeout = 60_000 } = options;
  if (!options.credentials === !options.auth) {
    throw localError('InvalidOption', 'Exactly one of `credentials` and `auth` is required.');
  }
  checkPartSize(partSize);
  const endpoint = options.endpoint ?? `https://vod.${region}.aliyuncs.com`;
  if (!/^https?:\/\/[^/]/i.test(endpoint)) {
    throw localError('InvalidOption', 'endpoint must be a URL that begins with http:// or https://.');
  }
  return {
    endpoint,
    parallelFiles: whole('parallelFiles', options.parallelFiles ?? 3, 1),
    settings: {
      partSize,
      parallel: whole('parallel', options.parallel ?? 5, 1),
      retryCount: whole('retryCount', options.retryCount ?? 3, 0),
      retryDelay: whole('retryDelay', options.retryDelay ?? 1000, 0),
      signatureVersion: options.signatureVersion ?? 'v4',
      timeout: whole('timeout', timeout, 1),
      credentialsTimeout: internal.credentialsTimeout ?? timeout,
      renewAhead: internal.renewAhead ?? true,
      region,
      cname: options.cname ?? false,
    },
  };
}

function whole(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw localError('InvalidOption', `${name} must be a whole number of at least ${least}.`);
}
