import type { UploadInfo } from './upload-info.js';
import type { VodNotice } from './vod-options.js';

/** Codes of the documented SDK that arise in the page. */
export const MESSAGES = {
  ReadFileError: 'The file could not be read.',
  EmptyFile: 'The file is empty.',
  'InvalidParameter.EmptyValue': 'A parameter is empty.',
  'InvalidParameter.TokenInvalid': 'The UploadAuth or UploadAddress is not base64 of the expected JSON.',
} as const;

export type LocalCode = keyof typeof MESSAGES;

export const CANCELED: VodNotice = {
  name: 'cancel',
  code: 'Canceled',
  message: 'The upload was stopped by the page.',
};

/** Told by VOD before the file has a place in the store, by the store afterwards. */
export function tokenExpired({ object }: UploadInfo): VodNotice {
  const code = object === undefined ? 'InvalidSecurityToken.Expired' : 'SecurityTokenExpired';
  return {
    name: code,
    code,
    message: 'The credential ended: get a new one and call one of the resume methods.',
  };
}

/**
 * Codes of the services pass through; for what never reached them pages know the names of the documented SDK.
 * Reference: vod 1.9.
 */
export function documentedCode(code: string, { object }: UploadInfo): string {
  if (code !== 'NetworkError' && code !== 'Timeout') return code;
  if (object === undefined) return 'GetUploadAuthFailed';
  return code === 'Timeout' ? 'ConnectionTimeoutError' : 'RequestError';
}
