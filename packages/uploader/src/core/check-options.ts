import type { UploaderOptions } from '../api.js';
import { checkPartSize, MIN_PART_SIZE } from './layout.js';
import { localError } from './upload-error.js';

/** Least values of the options that are whole numbers. */
const LEAST: Readonly<Record<string, number>> = {
  maxPartSize: MIN_PART_SIZE,
  parallel: 1,
  maxParallel: 1,
  parallelFiles: 1,
  bandwidth: 1,
  retryCount: 0,
  retryDelay: 0,
  timeout: 1,
};

const OTHERS =
  'endpoint region credentials auth partSize account instant signatureVersion checkpoints cname http hasher clock random directory'.split(
    ' ',
  );

/** @throws UploadError `InvalidOption` */
export function checkOptions<File>(options: UploaderOptions<File>): void {
  for (const [name, value] of Object.entries(options)) {
    const least = LEAST[name];
    if (least === undefined) OTHERS.includes(name) || refuse(`There is no option ${name}.`);
    else if (value !== undefined && (value !== 'auto' || name !== 'parallel')) whole(name, value, least);
  }
  const { account, auth, credentials, endpoint = 'http://-', partSize = 'auto', signatureVersion = 'v4' } = options;
  if (!credentials === !auth) refuse('Give either credentials or auth.');
  checkPartSize(partSize);
  if (!/^https?:\/\/[^/?#][^?#]*$/i.test(endpoint)) refuse('endpoint must be an http(s) URL.');
  if (account && typeof account === 'object') refuse('account must be a text.');
  if (!/^v[14]$/.test(signatureVersion)) refuse('signatureVersion must be v4 or v1.');
}

/** @throws UploadError `InvalidOption` */
export function checkBandwidth(bandwidth: number | undefined): void {
  if (bandwidth !== undefined) whole('bandwidth', bandwidth, 1);
}

function whole(name: string, value: unknown, least: number): void {
  if (Number.isSafeInteger(value) && (value as number) >= least) return;
  refuse(`${name} must be a whole number of at least ${least}.`);
}

function refuse(what: string): never {
  throw localError('InvalidOption', what);
}
