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

/**
 * Told of every object that became whole (Put, Complete), inside the transaction that makes it so: what the listener
 * writes is durable exactly when the object is. `committed` runs after the commit.
 */
export interface ObjectEvents {
  stored(transaction: DatabaseTransaction, object: StoredObject): Promise<void>;
  committed(object: StoredObject): void;
}
