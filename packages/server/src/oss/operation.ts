import type { Answer } from './answer.js';
import type { Bucket } from './catalog/buckets.js';
import type { ObjectName } from './catalog/objects.js';
import type { DataPlane } from './data-plane.js';
import type { RequestBody } from './request-body.js';

/** One authenticated, authorised request on an object. */
export interface ObjectCall {
  readonly bucket: Bucket;
  readonly name: ObjectName;
  /** Decoded; a name comes once where it matters. */
  readonly query: ReadonlyMap<string, string>;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: RequestBody;
  readonly requestId: string;
  readonly anonymous: boolean;
  /** URL of the object, as the client addressed it. */
  readonly location: string;
}

/** One row of the table of operations. */
export interface Operation {
  /** As Alibaba Cloud names it. */
  readonly name: string;
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** Query parameters that make the request this operation. Other sub-resources make it another one. */
  readonly subResources: readonly string[];
  /** RAM action (reference oss 1.24); its resource is the object. */
  readonly action: string;
  /** Open to everybody in a bucket whose acl lets everybody read. */
  readonly publicRead?: true;
  /** Called before the body is asked for. */
  readonly run: (plane: DataPlane, call: ObjectCall) => Promise<Answer>;
}
