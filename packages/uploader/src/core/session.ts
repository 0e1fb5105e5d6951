/** One media on the server that is being filled: what survives a pause, and what a checkpoint is made of. */
import type { UploadAuth } from '@sluice/wire';
import type { Checkpoint } from '../ports.js';
import type { OssTarget } from './oss-target.js';
import type { PartPlan } from './part-plan.js';
import type { Renewable } from './renewable.js';

export interface DonePart {
  readonly etag: string;
  /** Of the bytes on this side; `undefined` until they were read again after a resume. */
  readonly crc64: bigint | undefined;
  /** Of the bytes on the server as its list told it. */
  readonly listedCrc64?: bigint | undefined;
}

export interface Session {
  readonly videoId: string | undefined;
  readonly imageId: string | undefined;
  readonly target: OssTarget;
  readonly auth: Renewable<UploadAuth>;
  readonly plan: PartPlan;
  readonly createdAt: number;
  uploadId: string | undefined;
  /** Acknowledged by the server; never sent again. */
  readonly done: Map<number, DonePart>;
  /** Grows with every acknowledgement. */
  acknowledgements: number;
  /** Acknowledgements when this session was taken up again; `undefined` when it began in this run. */
  resumedAt: number | undefined;
  /** A Complete left this machine and no answer came: the server may have finished the upload. */
  completionUnknown: boolean;
}

export function checkpointOf(
  session: Session,
  uploadId: string,
  videoId: string,
  file: { fingerprint: string; fileName: string; size: number; lastModified: number },
): Checkpoint {
  const parts = [...session.done].flatMap(([number, { etag, crc64 }]): [number, string, string][] =>
    crc64 === undefined ? [] : [[number, etag, String(crc64)]],
  );
  const { target, plan, createdAt } = session;
  return { version: 1, ...file, ...target, videoId, uploadId, partSize: plan.partSize, parts, createdAt };
}
