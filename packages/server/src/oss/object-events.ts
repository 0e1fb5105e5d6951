import type { DatabaseTransaction } from '../db/schema.js';

export interface StoredObject {
  readonly bucket: string;
  readonly key: string;
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  /** Unsigned decimal. */
  readonly crc64: string;
  readonly requestId: string;
}

export interface RemovedObject {
  readonly bucket: string;
  readonly key: string;
  readonly what: 'object' | 'upload';
}

/**
 * Told of every object that became whole (Put, Complete), inside the transaction that makes it so: what the listener
 * writes is durable exactly when the object is. `committed` runs after the commit.
 */
export interface ObjectEvents {
  /**
   * May run twice for one object (a batch of commits that failed is tried again one by one), so it touches nothing but
   * the transaction.
   * @throws OssError to refuse the object: nothing is stored then
   */
  stored(transaction: DatabaseTransaction, object: StoredObject): Promise<void>;
  committed(object: StoredObject): void;
  /**
   * Told of every object that a client or a lifecycle rule removes, and of every unfinished upload that a rule does, inside
   * the transaction that does so. May run twice for one, as `stored` may. What it throws keeps the object.
   */
  removed(transaction: DatabaseTransaction, what: RemovedObject): Promise<void>;
}
