/** Who may send how much. */
export interface PaceControl {
  /** Bytes per second over all uploads; `undefined` for no limit. */
  limit: number | undefined;
  /** Most bytes of one part. */
  readonly grain: number;
  /** Waits for its turn. */
  take(bytes: number, signal: AbortSignal): Promise<void>;
}

export const UNLIMITED: PaceControl = {
  limit: undefined,
  grain: Number.POSITIVE_INFINITY,
  take: () => Promise.resolve(),
};
