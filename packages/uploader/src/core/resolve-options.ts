import type { UploaderOptions } from '../api.js';
import { checkPartSize, MIB, MIN_PART_SIZE } from './layout.js';
import type { Settings } from './settings.js';
import { localError } from './upload-error.js';

const DEFAULT_REGION = 'cn-shanghai';

const NAMES: ReadonlySet<string> = new Set(
  `endpoint region credentials auth partSize maxPartSize parallel maxParallel parallelFiles bandwidth account instant
  retryCount retryDelay signatureVersion timeout checkpoints cname http hasher clock random directory`.split(/\s+/),
);

export interface ResolvedOptions {
  readonly settings: Settings;
  /** VOD endpoint. */
  readonly endpoint: string;
  /** `undefined`: by their size. */
  readonly parallelFiles: number | undefined;
}

/** @throws UploadError `InvalidOption` */
export function resolveOptions<File>(
  options: UploaderOptions<File>,
  internal: { readonly renewAhead?: boolean; readonly credentialsTimeout?: number },
  maxParallel: number,
): ResolvedOptions {
  const { region = DEFAULT_REGION, partSize = 'auto', parallel = 'auto', timeout = 60_000 } = options;
  const unknown = Object.keys(options).find((name) => !NAMES.has(name));
  if (unknown !== undefined) throw localError('InvalidOption', `There is no option ${unknown}.`);
  if (!options.credentials === !options.auth) {
    throw localError('InvalidOption', 'Exactly one of `credentials` and `auth` is required.');
  }
  checkPartSize(partSize);
  const endpoint = options.endpoint ?? `https://vod.${region}.aliyuncs.com`;
  if (!/^https?:\/\/[^/]/i.test(endpoint)) {
    throw localError('InvalidOption', 'endpoint must be a URL that begins with http:// or https://.');
  }
  checkBandwidth(options.bandwidth);
  const { parallelFiles } = options;
  return {
    endpoint,
    parallelFiles: parallelFiles === undefined ? undefined : whole('parallelFiles', parallelFiles, 1),
    settings: {
      partSize,
      maxPartSize: whole('maxPartSize', options.maxPartSize ?? 16 * MIB, MIN_PART_SIZE),
      parallel: parallel === 'auto' ? parallel : whole('parallel', parallel, 1),
      maxParallel: whole('maxParallel', options.maxParallel ?? maxParallel, 1),
      retryCount: whole('retryCount', options.retryCount ?? 8, 0),
      retryDelay: whole('retryDelay', options.retryDelay ?? 1000, 0),
      signatureVersion: options.signatureVersion ?? 'v4',
      timeout: whole('timeout', timeout, 1),
      credentialsTimeout: internal.credentialsTimeout ?? timeout,
      renewAhead: internal.renewAhead ?? true,
      region,
      cname: options.cname ?? false,
      account: options.account ?? '',
      instant: options.instant ?? false,
    },
  };
}

/** @throws UploadError `InvalidOption` */
export function checkBandwidth(bandwidth: number | undefined): void {
  if (bandwidth !== undefined) whole('bandwidth', bandwidth, 1);
}

function whole(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw localError('InvalidOption', `${name} must be a whole number of at least ${least}.`);
}
