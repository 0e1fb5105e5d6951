import type { UploadResult, UploadState, UploadTask } from '../api.js';
import type { UploadProgress } from '../core/progress-meter.js';
import type { UploadError } from '../core/upload-error.js';

/**
 * `refused`: the file is outside the limits of the list and is not uploaded. `unfinished`: begun in an earlier session,
 * waits to be resumed or discarded. The others are those of the task; `queued` also before the item has one.
 */
export type ItemState = UploadState | 'refused' | 'unfinished';

/** Why a list does not take a file, and the limit it is outside of. */
export type Refusal =
  | { readonly reason: 'type'; readonly limit: string }
  | { readonly reason: 'size' | 'count'; readonly limit: number };

/** One line of a list at one moment. The same object as long as nothing about it changed. */
export interface UploadItem {
  /** Unique in the list, also after the item was removed. */
  readonly id: string;
  readonly fileName: string;
  /** Bytes. */
  readonly size: number;
  readonly state: ItemState;
  readonly progress: UploadProgress;
  /** Why it failed or was refused, or what went wrong with an unfinished upload. */
  readonly error: UploadError | undefined;
  readonly refusal: Refusal | undefined;
  readonly result: UploadResult | undefined;
  /** From the item's turn to its end; afterwards nothing is held of the file. */
  readonly task: UploadTask | undefined;
  /** An unfinished upload that goes on only when the file is picked again: hand it to `resume`. */
  readonly needsFile: boolean;
}

/** Sums over the list, kept while things happen, never counted anew. */
export interface UploadTotals {
  /** Items of every state. */
  readonly items: number;
  readonly count: Readonly<Record<ItemState, number>>;
  /** Bytes; refused, canceled and unfinished items do not count. */
  readonly loaded: number;
  readonly total: number;
  /** 0 to 1. */
  readonly fraction: number;
  readonly bytesPerSecond: number;
  /** `undefined` while the speed is 0. */
  readonly secondsLeft: number | undefined;
}

/** Neither ended nor paused: something happens, or will without anybody doing anything. */
export const isBusy = (state: ItemState): boolean =>
  state === 'queued' || state === 'preparing' || state === 'uploading' || state === 'offline' || state === 'elsewhere';

/** Ended for good; `failed` is not, it can be retried. */
export const isFinished = (state: ItemState): boolean =>
  state === 'success' || state === 'canceled' || state === 'refused';
