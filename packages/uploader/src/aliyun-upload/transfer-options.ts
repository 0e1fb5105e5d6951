/** The documented options as the core takes them, read as leniently as pages write them. Reference: vod 1.2. */
import type { UploaderOptions } from '../api.js';
import { checkOptions } from '../core/check-options.js';
import { MIN_PART_SIZE } from '../core/layout.js';
import { localError } from '../core/upload-error.js';
import type { VodOptions } from './vod-options.js';

const RETRY_COUNT = 3;
const RETRY_DURATION = 2;
const TIMEOUT = 60_000;

/** Writes the defaults into the object of the page, where it may read them. */
export function fillDefaults(options: VodOptions): void {
  options.partSize ||= 1_048_576;
  options.parallel ||= 5;
  options.region ||= 'cn-shanghai';
  options.cname ||= false;
  options.localCheckpoint ||= false;
  options.enableUploadProgress ??= true;
}

/** @throws UploadError `InvalidOption` */
export function transferOptions(options: VodOptions): UploaderOptions<Blob> {
  const { partSize, parallel, retryCount, retryDuration, timeout } = options;
  const resolved = {
    endpoint: options.endpoint || undefined,
    region: options.region || undefined,
    cname: Boolean(options.cname),
    partSize: Math.max(MIN_PART_SIZE, Math.floor(positive('partSize', partSize || 1_048_576))),
    parallel: Math.max(1, Math.floor(positive('parallel', parallel || 5))),
    parallelFiles: 1,
    retryCount: Math.floor(positive('retryCount', given(retryCount) ?? RETRY_COUNT)),
    retryDelay: Math.round(positive('retryDuration', given(retryDuration) ?? RETRY_DURATION) * 1000),
    timeout: Math.ceil(positive('timeout', timeout || TIMEOUT)),
  };
  // The core's own rules, before the first file has to find out.
  checkOptions({ ...resolved, auth: () => Promise.reject(new Error('unused')) });
  return resolved;
}

const given = (value: number | string | null | undefined) => (value === null || value === '' ? undefined : value);

function positive(name: string, value: number | string): number {
  const number = Number(value);
  if (Number.isFinite(number) && number >= 0) return number;
  throw localError('InvalidOption', `${name} must be a number of at least 0.`);
}
