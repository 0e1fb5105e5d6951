/** One media on the server that is being filled: what survives a pause, and what a checkpoint is made of. */
import type { UploadAuth } from '@sluice/wire';
import type { Checkpoint } from '../ports.js';
import { type Layout, type PartRange, rangeOf } from './layout.js';
import type { OssTarget } from './oss-target.js';
import type { Renewable } from './renewable.js';

export interface DonePart {
  /** Bytes. */
  readonly size: number;
  readonly etag: string;
  /** Of the bytes on this side; `undefined` until they were read again after a resume. */
  readonly crc64: bigint | undefined;
  /** Of the bytes on the server as its list told it. */
  readonly listedCrc64?: bigint | undefined;
}

/** Bytes a stream gave for one part. */
export interface Piece {
  readonly number: number;
  readonly bytes: Uint8Array;
}

export interface Session {
  readonly videoId: string | undefined;
  readonly imageId: string | undefined;
  readonly imageUrl: string | undefined;
  readonly target: OssTarget;
  readonly auth: Renewable<UploadAuth>;
  readonly layout: Layout;
  /** One PutObject; a stream learns it when it ends. */
  singlePut: boolean;
  readonly createdAt: number;
  uploadId: string | undefined;
  /** Acknowledged by the server, by number; never sent again. */
  readonly done: Map<number, DonePart>;
  /** Pieces of a stream that were read and not acknowledged. */
  readonly unsent: Piece[];
  /** The read of a stream that is going on. */
  reading: Promise<unknown>;
  /** Bytes of a stream so far; pieces it gave. */
  read: number;
  pieces: number;
  /** The stream has ended. */
  ended: boolean;
  /** Grows with every acknowledgement. */
  acknowledgements: number;
  /** Acknowledgements when this session was taken up again; `undefined` when it began in this run. */
  resumedAt: number | undefined;
  /** A Complete left this machine and no answer came: the server may have finished the upload. */
  completionUnknown: boolean;
}

/** What the server has, ascending. */
export function heldRanges({ done, layout }: Session): PartRange[] {
  return [...done]
    .flatMap(([number, { size }]) => rangeOf(layout, number, size) ?? [])
    .sort((a, b) => a.start - b.start);
}

/** Every byte is on the server. */
export function isWhole(session: Session): boolean {
  const { done, ended, layout, unsent } = session;
  if (layout.size === undefined) return ended && unsent.length === 0;
  let held = 0;
  for (const { size } of done.values()) held += size;
  return held === layout.size;
}

export type CheckpointFile = Pick<
  Checkpoint,
  'fingerprint' | 'sample' | 'account' | 'fileName' | 'size' | 'lastModified' | 'handle'
>;

export function checkpointOf(session: Session, uploadId: string, videoId: string, file: CheckpointFile): Checkpoint {
  const parts = [...session.done].flatMap(([number, { size, etag, crc64 }]): [number, number, string, string][] =>
    crc64 === undefined ? [] : [[number, size, etag, String(crc64)]],
  );
  const { target, layout, createdAt } = session;
  return { version: 2, ...file, ...target, videoId, uploadId, unit: layout.unit, parts, createdAt };
}
