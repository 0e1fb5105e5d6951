/** Codes of the mobile SDKs. Reference: vod 2.2. */

export const VODErrorCode = {
  INVALID_ARGUMENT: 'InvalidArgument',
  MISSING_ARGUMENT: 'MissingArgument',
  FILE_ALREADY_EXIST: 'FileAlreadyExist',
  FILE_NOT_EXIST: 'FileNotExist',
  FILE_ALREADY_CANCEL: 'FileAlreadyCancel',
  UPLOAD_NOT_EXPIRE: 'UploadNotExpire',
  UPLOAD_NOT_START: 'UploadNotStart',
  UPLOAD_STEP_NOT_IDLE: 'Step Not Idle',
  UPLOAD_STATUS_RRROR: 'Upload Status  Error',
  UPLOAD_EXPIRED: 'UploadTokenExpired',
  SECURITY_TOKEN_EXPIRED: 'SecurityTokenExpired',
  PERMISSION_DENIED: 'PermissionDenied',
} as const;
export type VODErrorCode = (typeof VODErrorCode)[keyof typeof VODErrorCode];

/** Codes of `onUploadFailed` that the mobile SDKs know beside those of the services. */
export const UploaderErrorCode = {
  CLIENT_EXCEPTION: 'ClientException',
  REQUEST_TIMEOUT: 'RequestTimeOut',
  READ_TIMEOUT: 'ReadTimeOut',
} as const;

/** Thrown for arguments that cannot be used. */
export class VODClientException extends Error {
  override readonly name = 'VODClientException';
  readonly code: string;

  constructor(code: string, message: string) {
    super(`[ErrorCod]: ${code},[ErrorMessage]: ${message}`);
    this.code = code;
  }

  getCode(): string {
    return this.code;
  }
}

const CODES: ReadonlyMap<string, string> = new Map([
  ['FileUnreadable', VODErrorCode.FILE_NOT_EXIST],
  ['NetworkError', UploaderErrorCode.CLIENT_EXCEPTION],
  ['Timeout', UploaderErrorCode.REQUEST_TIMEOUT],
  ['InvalidOption', VODErrorCode.INVALID_ARGUMENT],
]);

/** What onUploadFailed says: the SDK's own name where it has one, else the code of the service or of this package. */
export const mobileCode = (code: string): string => CODES.get(code) ?? code;

export function missing(name: string): VODClientException {
  return new VODClientException(VODErrorCode.MISSING_ARGUMENT, `The specified parameter "${name}" cannot be null`);
}

/** @throws VODClientException `MissingArgument` for the first that is empty */
export function required(values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || value === null || value === '') throw missing(name);
  }
}
