import type { Principal } from '../gate/principal.js';
import type { Answer } from './answer.js';
import type { Bucket } from './catalog/buckets.js';
import type { ObjectName } from './catalog/objects.js';
import type { DataPlane } from './data-plane.js';
import type { RequestBody } from './request-body.js';

export type OperationMethod = 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';

export interface CallNotes {
  /** The upload that was begun. */
  readonly uploadId?: string;
  /** The objects that it is about, when there are several; where a form wants its object. */
  readonly keys?: readonly string[];
}

/** One authenticated request, whatever it is about. */
export interface Call {
  readonly principal: Principal;
  /** Decoded; a name comes once where it matters. */
  readonly query: ReadonlyMap<string, string>;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: RequestBody;
  readonly requestId: string;
  /** The Host header, as the client wrote it. */
  readonly host: string;
  readonly secure: boolean;
  readonly sourceIp: string;
  /** For the audit trail: what the request does not tell by itself. To be told before it is committed. */
  note(facts: CallNotes): void;
  /** Aborted when the client goes away before the answer is sent: for work that takes long. */
  gone(): AbortSignal;
  /**
   * Asks for permission beyond that of the table's row: the source of a copy, each key of a list. The ACL of the object or
   * its bucket counts where `publicRead` is set.
   * @throws {OssError} `AccessDenied`
   */
  authorise(question: AccessTo): Promise<Grounds>;
  /**
   * Who signed a form; a request that is a form brings its signature in fields.
   * @throws {OssError} as for any other signature
   */
  signIn(fields: ReadonlyMap<string, string>): Promise<SignedIn>;
}

export type SignedIn = Pick<Call, 'principal' | 'authorise'>;

/** What a permission rests on: what the caller was given, or what everybody was. */
export type Grounds = 'policy' | 'acl';

export interface AccessTo {
  /** RAM action (reference oss 1.24). */
  readonly action: string;
  readonly bucket: Bucket;
  /** Absent: the bucket itself. */
  readonly key?: string;
  readonly publicRead?: true;
  /** Condition keys beside those of every request: `oss:Prefix` … */
  readonly conditions?: Readonly<Record<string, string>>;
}

export interface BucketCall extends Call {
  readonly bucket: Bucket;
  /** URL of an object of the bucket, as the client would address it. */
  locate(key: string): string;
}

/** A call on a bucket that need not be there. */
export interface NewBucketCall extends Call {
  /** Checked by the rules for names. */
  readonly bucketName: string;
  readonly bucket: Bucket | undefined;
  /** Permission for what belongs to no bucket yet. @throws {OssError} `AccessDenied` */
  authoriseInAccount(question: { action: string; bucketName?: string }): Promise<void>;
}

export interface ObjectCall extends BucketCall {
  readonly name: ObjectName;
  readonly anonymous: boolean;
  /** Of the permission of the table's row; absent where the operation asks by itself. */
  readonly grounds: Grounds | undefined;
  /** URL of the object, as the client addressed it. */
  readonly location: string;
}

interface Row {
  /** As Alibaba Cloud names it. */
  readonly name: string;
  readonly method: OperationMethod;
  /** Query parameters that make the request this operation. Other sub-resources make it another one. */
  readonly subResources: readonly string[];
  /** A header that makes it this operation, and without which it is another one. */
  readonly turnedBy?: string;
  /** RAM action (reference oss 1.24), asked for what the call is about; `undefined`: the operation asks by itself. */
  readonly action: string | undefined;
}

type Run<C extends Call> = (plane: DataPlane, call: C) => Promise<Answer>;

export interface ServiceOperation extends Row {
  readonly on: 'service';
  readonly run: Run<Call>;
}

export interface BucketOperation extends Row {
  readonly on: 'bucket';
  /** Open to everybody in a bucket whose acl lets everybody read. */
  readonly publicRead?: true;
  readonly run: Run<BucketCall>;
}

/** Of a bucket that need not be there; the permission is asked in the caller's own account when it is not. */
export interface NewBucketOperation extends Row {
  readonly on: 'new-bucket';
  readonly run: Run<NewBucketCall>;
}

export interface ObjectOperation extends Row {
  readonly on: 'object';
  /** Open to everybody where the ACL of the object, or else of its bucket, lets everybody read. */
  readonly publicRead?: true;
  /** Makes an object that the uploader's application can be told of (reference oss 3). */
  readonly callsBack?: true;
  /** Called before the body is asked for. */
  readonly run: Run<ObjectCall>;
}

/** One row of the table of operations. */
export type Operation = ServiceOperation | BucketOperation | NewBucketOperation | ObjectOperation;
