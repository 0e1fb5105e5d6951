/** Limits of the data plane. Sizes in bytes, times in milliseconds. */
export interface OssLimits {
  /** Largest body of one PutObject or UploadPart (reference oss 0.5). */
  readonly maxBodyBytes: number;
  /** Smallest part of a multipart object but its last (reference oss 0.5). */
  readonly minPartBytes: number;
  /** Largest XML body of a request; 10 000 parts written generously are just above 1 MiB. */
  readonly maxXmlBytes: number;
  /** Free space that bodies must leave to the index. */
  readonly reserveBytes: number;
  /** How often space that could not be given back is tried again. */
  readonly tidyMs: number;
  /** Buckets of one account (reference oss 1.19). */
  readonly maxBuckets: number;
  /** How long a sender may stay silent in the middle of a body, and a reader take nothing of an answer. */
  readonly idleMs: number;
  /** How much of a refused body is read and thrown away so that the sender gets to see the answer. */
  readonly lingerBytes: number;
  readonly lingerMs: number;
}

export const defaultOssLimits: OssLimits = {
  maxBodyBytes: 5 * 1024 ** 3,
  minPartBytes: 100 * 1024,
  maxXmlBytes: 2 * 1024 ** 2,
  reserveBytes: 64 * 1024 ** 2,
  tidyMs: 60_000,
  maxBuckets: 100,
  idleMs: 60_000,
  lingerBytes: 64 * 1024 ** 2,
  lingerMs: 30_000,
};
