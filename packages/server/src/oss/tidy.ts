import type { Log } from '../runtime.js';
import type { Reaper } from './reaper.js';
import { type SweepRooms, sweepOrphans, sweepStrays } from './sweep.js';

export interface TidyRooms extends SweepRooms {
  readonly reaper: Reaper;
  readonly log: Log;
}

/** Gives space back while the server runs: what could not be deleted, and what an earlier run left, is tried again. */
export class Tidy {
  readonly #rooms: TidyRooms;
  readonly #everyMs: number;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #swept = false;

  constructor(rooms: TidyRooms, everyMs: number) {
    this.#rooms = rooms;
    this.#everyMs = everyMs;
  }

  /** A first time now, then again and again; resolves after the first. @throws what the first ran into */
  async start(): Promise<void> {
    if (!this.#stopping.signal.aborted) {
      this.#timer ??= setInterval(
        () => void this.#once().catch((error: unknown) => this.#failed(error)),
        this.#everyMs,
      );
      this.#timer.unref();
    }
    await this.#running?.catch(() => undefined);
    this.#swept = false;
    await this.#once();
    await this.#rooms.reaper.idle();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    clearInterval(this.#timer);
    await this.#running?.catch(() => undefined);
  }

  /** One at a time. */
  #once(): Promise<void> {
    this.#running ??= this.#tidy().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #tidy(): Promise<void> {
    const { signal } = this.#stopping;
    this.#rooms.reaper.wake();
    await (this.#swept ? sweepStrays : sweepOrphans)(this.#rooms, signal);
    this.#swept = !signal.aborted;
  }

  #failed(error: unknown): void {
    this.#rooms.log.warn({ err: error }, 'space could not be given back; it is tried again');
  }
}
