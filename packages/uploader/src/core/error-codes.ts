/** Every code that arises on this side, with what to do next. Codes of the services pass through unchanged. */
export const LOCAL_ERRORS = {
  InvalidOption: { retryable: false, advice: 'Correct the option and create the uploader or the upload again.' },
  FileUnreadable: {
    retryable: false,
    advice: 'Check that the file still exists and may be read, then choose it again.',
  },
  FileChanged: {
    retryable: false,
    advice: 'Upload it again from the beginning; parts of two versions are never mixed.',
  },
  FileTooLarge: { retryable: false, advice: 'One object holds 48.8 TB at most.' },
  AlreadyUploading: { retryable: false, advice: 'Wait for the other upload of this file, or cancel it.' },
  Canceled: { retryable: false, advice: 'Start a new upload to send the file after all.' },
  Closed: { retryable: false, advice: 'Create a new uploader; an unfinished upload is resumed from its checkpoint.' },
  NetworkError: {
    retryable: true,
    advice: 'Check the connection, the endpoint, and that the server allows this origin (CORS); then retry.',
  },
  Timeout: { retryable: true, advice: 'Check the connection, or raise `timeout`; then retry.' },
  ChecksumMismatch: {
    retryable: true,
    advice: 'Something between here and the server changes bytes; try another network, then retry.',
  },
  MissingETag: { retryable: false, advice: 'Let the server expose the ETag header (Access-Control-Expose-Headers).' },
  CredentialsFailed: { retryable: true, advice: 'Check the function that supplies credentials and what it calls.' },
  CredentialsRefused: {
    retryable: false,
    advice: 'Check that the supplied credentials belong to this server and are not cached beyond their life.',
  },
  UploadAuthExpired: { retryable: false, advice: 'The credential of an image cannot be renewed; upload it again.' },
  MalformedAnswer: { retryable: false, advice: 'Check that the endpoint is that of the service.' },
  CheckpointFailed: { retryable: true, advice: 'The upload goes on, but cannot be resumed after a restart.' },
} as const;

export type LocalErrorCode = keyof typeof LOCAL_ERRORS;

/** What to do about codes of the services that a caller can do something about. */
export const SERVICE_ADVICE: ReadonlyMap<string, string> = new Map([
  [
    'SignatureDoesNotMatch',
    'The access key secret is wrong, or something between here and the server changes requests.',
  ],
  ['AccessDenied', 'The policy of the credentials does not allow this call.'],
  ['Forbidden.RAM', 'The policy of the credentials does not allow this call; AliyunVODUploadAuth is enough.'],
  ['NoSuchUpload', 'The unfinished upload is gone from the server; retry to begin anew.'],
  ['InvalidVideo.NotFound', 'The media was deleted; retry to begin anew.'],
  ['RequestTimeTooSkewed', 'Set the clock of this device.'],
  ['InvalidTimeStamp.Expired', 'Set the clock of this device.'],
  ['InvalidFileName.Extension', 'Give the file a name with an extension the server knows.'],
]);
