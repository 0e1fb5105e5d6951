import type { Log, Random } from '../../../runtime.js';

export interface S3Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Times in milliseconds, sizes in bytes. */
export interface S3Limits {
  /** For a connection to be had: made, or free when all that are allowed are in use. */
  readonly connectMs: number;
  /** For the head of an answer to a call without a streamed body; three tries at most. */
  readonly answerMs: number;
  /** How long the store may take nothing of a body that we have, or send nothing of an answer that is waited for. */
  readonly stallMs: number;
  /** A body up to this size is kept until its sums are known, and can be sent again; larger ones are streamed. */
  readonly wholeBytes: number;
  /** Parts that a body of unknown length is cut into. S3 takes none below 5 MiB but the last. */
  readonly partBytes: number;
  /** Bodies of unknown length at a time; each holds two parts. More of them wait. */
  readonly gatheredBodies: number;
}

export const defaultS3Limits: S3Limits = {
  connectMs: 5_000,
  answerMs: 20_000,
  stallMs: 30_000,
  wholeBytes: 256 * 1024,
  partBytes: 5 * 1024 ** 2,
  gatheredBodies: 8,
};

export interface S3EngineOptions {
  /** `http://host:port`; AWS's own when it is not given. */
  readonly endpoint?: string | undefined;
  readonly region: string;
  readonly bucket: string;
  /** What the names of all objects begin with; it belongs to one catalog alone. */
  readonly prefix: string;
  /** Without keys the SDK looks for them where AWS's tools do: environment, `~/.aws`, the machine's role. */
  readonly keys?: S3Keys | undefined;
  /** The bucket in the path instead of the host name. */
  readonly pathStyle: boolean;
  /** Connections at a time; each body that is on its way, in or out, has one. */
  readonly connections: number;
  readonly random: Random;
  readonly log: Log;
  readonly limits?: Partial<S3Limits>;
}
