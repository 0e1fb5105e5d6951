import { setTimeout as sleep } from 'node:timers/promises';
import { Crc64Pool } from '../engine/crc64-pool.js';
import { Pace } from './pace.js';
import { emptyTally, FIRST, type ScrubPosition, type ScrubRooms, type ScrubTally, scrubPass } from './scrub-pass.js';
import { type ScrubReport, scrubReport } from './scrub-report.js';
import { readScrubState, type ScrubState, writeScrubState } from './scrub-state.js';

export interface ScrubOptions {
  /** Reading is kept below this; `Infinity` for no limit. */
  readonly bytesPerSecond: number;
  /** Ends the pass. */
  readonly signal: AbortSignal;
  /** Called after every blob; the tally is the same object each time. */
  readonly onProgress?: (tally: Readonly<ScrubTally>) => void;
}

export interface BackgroundOptions {
  readonly bytesPerSecond: number;
  /** From the beginning of a pass to that of the next one, milliseconds. */
  readonly intervalMs: number;
}

/** A scrub was asked for while another one runs. */
export class ScrubBusy extends Error {
  override readonly name = 'ScrubBusy';
}

/** The place of a background pass is written down after so many bytes, so that a restart repeats little. */
const REMEMBER_BYTES = 256 * 1024 ** 2;
const REMEMBER_BLOBS = 5000;
/** How often it is looked whether a pass is due, and how long to wait after one that failed. */
const CHECK_MS = 60_000;

/** Scrubs on demand, and in the background one pass after the other. A pass on demand makes the background wait. */
export class Scrubber {
  readonly #rooms: ScrubRooms;
  readonly #crcs = new Crc64Pool();
  readonly #stopping = new AbortController();
  #demand: Promise<unknown> | undefined;
  #background: Promise<void> | undefined;

  constructor(rooms: ScrubRooms) {
    this.#rooms = rooms;
  }

  /**
   * A whole pass from the beginning.
   * @throws {ScrubBusy} one on demand is running; {@link StorageUnreadable}; the signal's reason
   */
  async run(options: ScrubOptions): Promise<ScrubReport> {
    if (this.#demand) throw new ScrubBusy('a scrub is running already');
    const running = this.#whole(options);
    this.#demand = running.catch(() => undefined);
    try {
      return await running;
    } finally {
      this.#demand = undefined;
    }
  }

  /** Whether one on demand is running, what is in quarantine, and what the last pass and the one under way have seen. */
  async status(): Promise<{ busy: boolean; state: ScrubState; report: ScrubReport }> {
    const { db } = this.#rooms;
    const state = await readScrubState(db);
    return {
      busy: this.#demand !== undefined,
      state,
      report: await scrubReport(db, state.finished?.tally ?? emptyTally()),
    };
  }

  /** Begins to scrub in the background; to be called once. */
  start(options: BackgroundOptions): void {
    this.#background ??= this.#forever(options).catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) this.#rooms.log.error({ err: error }, 'the background scrub ended');
    });
  }

  /** Ends what runs; resolves when nothing touches database or engine any more. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([this.#background, this.#demand]);
  }

  async #whole({ bytesPerSecond, signal, onProgress }: ScrubOptions): Promise<ScrubReport> {
    const { db, commits, clock } = this.#rooms;
    const tally = emptyTally();
    const startedAt = clock.now();
    const either = AbortSignal.any([signal, this.#stopping.signal]);
    const step = async (): Promise<void> => {
      either.throwIfAborted();
      onProgress?.(tally);
    };
    await scrubPass(this.#pass(tally, bytesPerSecond, either, step), FIRST);
    // It has seen all that a background pass would: the next one is not due before its time.
    await commits.commit((transaction) =>
      writeScrubState(transaction, { finished: { startedAt, finishedAt: clock.now(), tally } }),
    );
    return scrubReport(db, tally);
  }

  async #forever(options: BackgroundOptions): Promise<void> {
    const { db, clock, log } = this.#rooms;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const state = await readScrubState(db);
      const since = clock.now() - (state.finished?.startedAt ?? Number.NEGATIVE_INFINITY);
      // A clock that was set back must not put the next pass off for years.
      const due = state.running !== undefined || since >= options.intervalMs || since < 0;
      if (due) {
        try {
          await this.#backgroundPass(options, state);
          continue;
        } catch (error) {
          if (signal.aborted) return;
          log.error({ err: error }, 'a background scrub broke off; it goes on from there in a while');
        }
      }
      await sleep(Math.min(CHECK_MS, options.intervalMs), undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #backgroundPass({ bytesPerSecond }: BackgroundOptions, { running, finished }: ScrubState): Promise<void> {
    const { commits, clock, log } = this.#rooms;
    const { signal } = this.#stopping;
    const startedAt = running?.startedAt ?? clock.now();
    const tally = { ...emptyTally(), ...running?.tally };
    let remembered = { ...tally };
    let at: ScrubPosition = running?.position ?? FIRST;
    const remember = async (): Promise<void> => {
      remembered = { ...tally };
      const state = { running: { startedAt, position: at, tally: remembered }, ...(finished ? { finished } : {}) };
      await commits.commit((transaction) => writeScrubState(transaction, state));
    };
    const step = async (position: ScrubPosition): Promise<void> => {
      at = position;
      const far = tally.bytes - remembered.bytes >= REMEMBER_BYTES || tally.blobs - remembered.blobs >= REMEMBER_BLOBS;
      if (far) await remember();
      while (this.#demand && !signal.aborted) await this.#demand;
      signal.throwIfAborted();
    };
    try {
      await scrubPass(this.#pass(tally, bytesPerSecond, signal, step), at);
    } catch (error) {
      await remember();
      throw error;
    }
    const done = { startedAt, finishedAt: clock.now(), tally };
    await commits.commit((transaction) => writeScrubState(transaction, { finished: done }));
    log.info({ ...tally }, 'the background scrub has read everything');
  }

  #pass(
    tally: ScrubTally,
    bytesPerSecond: number,
    signal: AbortSignal,
    step: (position: ScrubPosition) => Promise<void>,
  ): Parameters<typeof scrubPass>[0] {
    return { ...this.#rooms, tally, signal, step, crcs: this.#crcs, pace: new Pace(bytesPerSecond) };
  }
}
