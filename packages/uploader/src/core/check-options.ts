import type { UploaderOptions } from '../api.js';
import { checkPartSize, MIN_PART_SIZE } from './layout.js';
import { localError } from './upload-error.js';

const NAMES: ReadonlySet<string> = new Set(
  `endpoint region credentials auth partSize maxPartSize parallel maxParallel parallelFiles bandwidth account instant
  retryCount retryDelay signatureVersion timeout checkpoints cname http hasher clock random directory`.split(/\s+/),
);

/** Least values of the options that are whole numbers. */
const LEAST = {
  maxPartSize: MIN_PART_SIZE,
  parallel: 1,
  maxParallel: 1,
  parallelFiles: 1,
  bandwidth: 1,
  retryCount: 0,
  retryDelay: 0,
  timeout: 1,
} as const;

/** @throws UploadError `InvalidOption` */
export function checkOptions<File>(options: UploaderOptions<File>): void {
  const unknown = Object.keys(options).find((name) => !NAMES.has(name));
  if (unknown !== undefined) throw localError('InvalidOption', `There is no option ${unknown}.`);
  if (!options.credentials === !options.auth) {
    throw localError('InvalidOption', 'Exactly one of `credentials` and `auth` is required.');
  }
  checkPartSize(options.partSize ?? 'auto');
  if (options.endpoint !== undefined && !/^https?:\/\/[^/]/i.test(options.endpoint)) {
    throw localError('InvalidOption', 'endpoint must be a URL that begins with http:// or https://.');
  }
  for (const name of Object.keys(LEAST) as (keyof typeof LEAST)[]) {
    const value = options[name];
    if (value !== undefined && value !== 'auto') whole(name, value, LEAST[name]);
    if (value === 'auto' && name !== 'parallel') whole(name, Number.NaN, LEAST[name]);
  }
}

/** @throws UploadError `InvalidOption` */
export function checkBandwidth(bandwidth: number | undefined): void {
  if (bandwidth !== undefined) whole('bandwidth', bandwidth, LEAST.bandwidth);
}

function whole(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw localError('InvalidOption', `${name} must be a whole number of at least ${least}.`);
}
