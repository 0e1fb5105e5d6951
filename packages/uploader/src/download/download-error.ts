/**
 * - `Refused`: the server answered with an error; `status` has it
 * - `NotVerifiable`: the answer does not say what the whole is: no `x-oss-hash-crc64ecma`, a range, or encoded on the way
 * - `Truncated`: fewer or more bytes came than the object has
 * - `Damaged`: the bytes do not have the CRC-64 the object was stored with
 * - `Network`: no answer, or the connection broke
 * - `File`: the file cannot be written
 */
export type DownloadErrorCode = 'Refused' | 'NotVerifiable' | 'Truncated' | 'Damaged' | 'Network' | 'File';

/** Why a download is not to be used. Texts never hold the URL, which may carry a signature. */
export class DownloadError extends Error {
  override readonly name = 'DownloadError';

  constructor(
    readonly code: DownloadErrorCode,
    message: string,
    /** HTTP status, with `Refused`. */
    readonly status?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
