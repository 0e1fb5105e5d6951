import type { UploaderOptions } from '../api.js';
import { MIB } from './layout.js';
import type { Settings } from './settings.js';

export interface ResolvedOptions {
  readonly settings: Settings;
  /** VOD endpoint. */
  readonly endpoint: string;
}

/** Every option has a value. Whether they are sound is for `checkOptions` to say. */
export function resolveOptions<File>(
  options: UploaderOptions<File>,
  internal: { readonly renewAhead?: boolean; readonly credentialsTimeout?: number },
  maxParallel: number,
): ResolvedOptions {
  const { region = 'cn-shanghai', timeout = 60_000 } = options;
  return {
    // Also of an URL object.
    endpoint: `${options.endpoint ?? `https://vod.${region}.aliyuncs.com`}`,
    settings: {
      partSize: options.partSize ?? 'auto',
      maxPartSize: options.maxPartSize ?? 16 * MIB,
      parallel: options.parallel ?? 'auto',
      maxParallel: options.maxParallel ?? maxParallel,
      retryCount: options.retryCount ?? 8,
      retryDelay: options.retryDelay ?? 1000,
      signatureVersion: options.signatureVersion ?? 'v4',
      timeout,
      credentialsTimeout: internal.credentialsTimeout ?? timeout,
      renewAhead: internal.renewAhead ?? true,
      region,
      cname: options.cname ?? false,
      account: `${options.account ?? ''}`,
      instant: options.instant ?? false,
    },
  };
}
