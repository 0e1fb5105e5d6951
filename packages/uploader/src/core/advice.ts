import type { LocalErrorCode } from './upload-error.js';

const LOCAL: Readonly<Record<LocalErrorCode, string>> = {
  InvalidOption: 'Correct the option.',
  FileUnreadable: 'Check that it exists and may be read, then choose it again.',
  FileChanged: 'Upload it again from the beginning.',
  FileTooLarge: 'One object holds 48.8 TB at most.',
  AlreadyUploading: 'Wait for the other upload, or cancel it.',
  Canceled: 'Start a new upload to send it after all.',
  Closed: 'Create a new uploader; the upload is resumed from its checkpoint.',
  NetworkError: 'Check the connection, the endpoint and its CORS rules, then retry.',
  Timeout: 'Check the connection or raise `timeout`, then retry.',
  ChecksumMismatch: 'Something on the way changes bytes; try another network, then retry.',
  MissingETag: 'Let the server expose the ETag header (CORS).',
  CredentialsFailed: 'Check the function that supplies them.',
  CredentialsRefused: 'Check that they belong to this server and are not cached beyond their life.',
  UploadAuthExpired: 'The credential of an image cannot be renewed; upload it again.',
  MalformedAnswer: 'Check that the endpoint is that of the service.',
  CheckpointFailed: 'The upload goes on, but not after a restart.',
};

/** Codes of the services that a caller can do something about. */
const SERVICE: Readonly<Record<string, string>> = {
  SignatureDoesNotMatch: 'The access key secret is wrong, or something on the way changes requests.',
  AccessDenied: 'The policy of the credentials does not allow this call.',
  'Forbidden.RAM': 'The policy of the credentials does not allow this call; AliyunVODUploadAuth is enough.',
  NoSuchUpload: 'It is gone from the server; retry to begin anew.',
  'InvalidVideo.NotFound': 'The media was deleted; retry to begin anew.',
  RequestTimeTooSkewed: 'Set the clock of this device.',
  'InvalidTimeStamp.Expired': 'Set the clock of this device.',
  'InvalidFileName.Extension': 'Give the file a name with an extension the server knows.',
};

const ADVICE: ReadonlyMap<string, string> = new Map([...Object.entries(LOCAL), ...Object.entries(SERVICE)]);

/** What to do about an error, one sentence. */
export const adviceFor = (code: string): string | undefined => ADVICE.get(code);
