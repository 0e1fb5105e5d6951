/** Refusals of the OSS dialect: code, status and usual message in one table. Reference: oss 0.4. */
const TABLE = {
  CallbackFailed: [203, 'The object is stored, but the callback failed.'],
  BadRequest: [400, 'The request is malformed.'],
  IncompleteBody: [400, 'You did not provide the number of bytes specified by the Content-Length HTTP header.'],
  CORSRuleBeyondLimit: [400, 'The number of CORS rules exceeds the limit.'],
  EntityTooSmall: [400, 'Your proposed upload is smaller than the minimum allowed object size.'],
  EntityTooLarge: [400, 'Your proposed upload exceeds the maximum allowed size.'],
  FieldItemTooLong: [400, 'A form field is too long.'],
  IncorrectNumberOfFilesInPOSTRequest: [400, 'POST requires exactly one file upload per request.'],
  InvalidArgument: [400, 'The argument is invalid.'],
  InvalidBucketName: [400, 'The specified bucket is not valid.'],
  InvalidCRC64: [400, 'The CRC64 you specified does not match what we received.'],
  InvalidDigest: [400, 'The Content-MD5 you specified is invalid or does not match what we received.'],
  InvalidObjectName: [400, 'The specified object is not valid.'],
  InvalidPart: [
    400,
    'One or more of the specified parts could not be found or the specified entity tag might not have matched.',
  ],
  InvalidPartOrder: [400, 'The list of parts was not in ascending order.'],
  InvalidPolicyDocument: [400, 'The policy document is not valid.'],
  InvalidTag: [400, 'The tag is not valid.'],
  InvalidRequest: [400, 'The request is invalid.'],
  MalformedPOSTRequest: [400, 'The body of your POST request is not well-formed multipart/form-data.'],
  MalformedXML: [400, 'The XML you provided was not well-formed or did not validate against our published schema.'],
  MaxPOSTPreDataLengthExceededError: [400, 'Your POST request fields preceding the upload file were too large.'],
  MissingArgument: [400, 'A required argument is missing.'],
  NotImplemented: [400, 'A header or parameter you provided implies functionality that is not implemented.'],
  RequestIsNotMultiPartContent: [400, 'Bucket POST must be of the enclosure-type multipart/form-data.'],
  OperationNotSupported: [400, 'The operation is not supported for this object.'],
  RepeatedTags: [400, 'A tag key comes more than once.'],
  RequestTimeout: [400, 'Your socket connection to the server was not read from or written to within the timeout.'],
  TooManyBuckets: [400, 'You have attempted to create more buckets than allowed.'],
  AccessDenied: [403, 'You have no right to access this object.'],
  AccessForbidden: [403, 'CORSResponse: This CORS request is not allowed.'],
  AccessKeyIdAndSecurityTokenNotMatch: [403, 'The security token does not belong to the access key id you provided.'],
  InvalidAccessKeyId: [403, 'The OSS Access Key Id you provided does not exist in our records.'],
  InvalidSecurityToken: [403, 'The security token you provided is invalid.'],
  RequestTimeTooSkewed: [403, 'The difference between the request time and the current time is too large.'],
  SecurityTokenExpired: [403, 'The security token you provided has expired.'],
  SignatureDoesNotMatch: [
    403,
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  ],
  NoSuchBucket: [404, 'The specified bucket does not exist.'],
  NoSuchKey: [404, 'The specified key does not exist.'],
  NoSuchUpload: [
    404,
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
  ],
  NoSuchCORSConfiguration: [404, 'The CORS Configuration does not exist.'],
  NoSuchBucketPolicy: [404, 'The specified bucket policy does not exist.'],
  NoSuchLifecycle: [404, 'No Row found in Lifecycle Table.'],
  MethodNotAllowed: [405, 'The specified method is not allowed against this resource.'],
  BucketAlreadyExists: [
    409,
    'The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.',
  ],
  BucketNotEmpty: [409, 'The bucket you tried to delete is not empty.'],
  OperationConflict: [409, 'Another operation on this resource stands in the way.'],
  FileAlreadyExists: [409, 'The object you specified already exists and can not be overwritten.'],
  ObjectNotAppendable: [409, 'The object is not appendable.'],
  PositionNotEqualToLength: [409, 'Position is not equal to file length'],
  MissingContentLength: [411, 'You must provide the Content-Length HTTP header.'],
  PreconditionFailed: [412, 'At least one of the pre-conditions you specified did not hold.'],
  InvalidRange: [416, 'The requested range cannot be satisfied.'],
  RequestHeaderFieldsTooLarge: [431, 'The headers of the request are too large.'],
  InternalError: [500, 'We encountered an internal error. Please try again.'],
  ServiceUnavailable: [503, 'The server has no space left to store this.'],
} as const satisfies Record<string, readonly [status: number, message: string]>;

export type OssErrorCode = keyof typeof TABLE;

export const OSS_ERROR_CODES = Object.keys(TABLE) as readonly OssErrorCode[];

export interface OssErrorDetail {
  /** In place of the usual message. */
  readonly message?: string;
  /** Elements that belong to the code (reference oss 0.3). */
  readonly extra?: readonly (readonly [name: string, value: string])[];
  /** Detailed code, `0002-00000040`; only where the reference gives one. */
  readonly ec?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The connection cannot be used any more: what is left of the body is unknown. */
  readonly close?: boolean;
  readonly cause?: unknown;
}

export class OssError extends Error {
  override readonly name = 'OssError';
  readonly status: number;
  readonly code: OssErrorCode;
  readonly detail: OssErrorDetail;

  constructor(code: OssErrorCode, detail: OssErrorDetail = {}) {
    super(detail.message ?? TABLE[code][1], { cause: detail.cause });
    this.code = code;
    this.status = TABLE[code][0];
    this.detail = detail;
  }
}

/** `InvalidArgument` that names the argument. */
export function invalidArgument(name: string, value: string, message?: string, ec?: string): OssError {
  return new OssError('InvalidArgument', {
    extra: [
      ['ArgumentName', name],
      ['ArgumentValue', value],
    ],
    ...(message === undefined ? {} : { message }),
    ...(ec === undefined ? {} : { ec }),
  });
}

/** `NotImplemented` that names the header or parameter. */
export function notImplemented(what: string): OssError {
  return new OssError('NotImplemented', {
    message: `${what} is not implemented by this server.`,
    extra: [['Header', what]],
  });
}
