import type { Clock } from '../../runtime.js';
import { type Expired, type ExpireRooms, expire } from './expire.js';

export interface LifecycleSettings {
  /** From one pass to the next, ms. */
  readonly everyMs: number;
  /** Uploads that no rule is about are given up when nothing was sent for so long, ms. Absent: never. */
  readonly abandonedUploadMs?: number | undefined;
}

/** Carries out lifecycle rules in the background: at the start, and then again and again. */
export class LifecycleWorker {
  readonly #rooms: ExpireRooms & { readonly clock: Clock };
  readonly #settings: LifecycleSettings;
  readonly #stopping = new AbortController();
  #running: Promise<Expired> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(rooms: ExpireRooms & { readonly clock: Clock }, settings: LifecycleSettings) {
    this.#rooms = rooms;
    this.#settings = settings;
  }

  start(): void {
    if (this.#stopping.signal.aborted) return;
    this.run()
      .catch((error: unknown) => {
        this.#rooms.log.error({ err: error }, 'lifecycle rules could not be carried out; the next pass tries again');
      })
      .finally(() => {
        if (this.#stopping.signal.aborted) return;
        this.#timer = setTimeout(() => this.start(), this.#settings.everyMs);
        this.#timer.unref();
      });
  }

  /** One pass; one that is under way is waited for instead. */
  run(): Promise<Expired> {
    const { signal } = this.#stopping;
    this.#running ??= expire(this.#rooms, {
      now: this.#rooms.clock.now(),
      abandonedMs: this.#settings.abandonedUploadMs,
      signal,
    }).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#timer);
    await this.#running?.catch(() => undefined);
  }
}
