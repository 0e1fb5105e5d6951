/** Every code that arises on this side, with what to do next. Codes of the services pass through unchanged. */
export const LOCAL_ERRORS = {
  InvalidOption: { retryable: false, advice: 'Correct the option.' },
  FileUnreadable: {
    retryable: false,
    advice: 'Check that it exists and may be read, then choose it again.',
  },
  FileChanged: {
    retryable: false,
    advice: 'Upload it again from the beginning.',
  },
  FileTooLarge: { retryable: false, advice: 'One object holds 48.8 TB at most.' },
  AlreadyUploading: { retryable: false, advice: 'Wait for the other upload, or cancel it.' },
  Canceled: { retryable: false, advice: 'Start a new upload to send it after all.' },
  Closed: { retryable: false, advice: 'Create a new uploader; the upload is resumed from its checkpoint.' },
  NetworkError: {
    retryable: true,
    advice: 'Check the connection, the endpoint and its CORS rules, then retry.',
  },
  Timeout: { retryable: true, advice: 'Check the connection or raise `timeout`, then retry.' },
  ChecksumMismatch: {
    retryable: true,
    advice: 'Something on the way changes bytes; try another network, then retry.',
  },
  MissingETag: { retryable: false, advice: 'Let the server expose the ETag header (CORS).' },
  CredentialsFailed: { retryable: true, advice: 'Check the function that supplies them.' },
  CredentialsRefused: {
    retryable: false,
    advice: 'Check that they belong to this server and are not cached beyond their life.',
  },
  UploadAuthExpired: { retryable: false, advice: 'The credential of an image cannot be renewed; upload it again.' },
  MalformedAnswer: { retryable: false, advice: 'Check that the endpoint is that of the service.' },
  CheckpointFailed: { retryable: true, advice: 'The upload goes on, but not after a restart.' },
} as const;

export type LocalErrorCode = keyof typeof LOCAL_ERRORS;

/** What to do about codes of the services that a caller can do something about. */
export const SERVICE_ADVICE: ReadonlyMap<string, string> = new Map([
  ['SignatureDoesNotMatch', 'The access key secret is wrong, or something on the way changes requests.'],
  ['AccessDenied', 'The policy of the credentials does not allow this call.'],
  ['Forbidden.RAM', 'The policy of the credentials does not allow this call; AliyunVODUploadAuth is enough.'],
  ['NoSuchUpload', 'It is gone from the server; retry to begin anew.'],
  ['InvalidVideo.NotFound', 'The media was deleted; retry to begin anew.'],
  ['RequestTimeTooSkewed', 'Set the clock of this device.'],
  ['InvalidTimeStamp.Expired', 'Set the clock of this device.'],
  ['InvalidFileName.Extension', 'Give the file a name with an extension the server knows.'],
]);
