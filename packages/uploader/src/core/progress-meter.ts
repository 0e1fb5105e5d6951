import type { Clock } from '../ports.js';

/** How far an upload is. Told at most every 100 ms, and with every acknowledged part. */
export interface UploadProgress {
  /** Bytes acknowledged (also those of an earlier session) and bytes of parts on their way. */
  readonly loaded: number;
  /** Bytes of the file; of a stream, those it has given so far. */
  readonly total: number;
  /** 0 to 1. */
  readonly fraction: number;
  /** Mean of the last 3 seconds; resumed bytes do not count. */
  readonly bytesPerSecond: number;
  /** `undefined` while the speed is 0. */
  readonly secondsLeft: number | undefined;
  /** Acknowledged parts of a multipart upload. */
  readonly partsDone: number;
}

const WINDOW = 3000;
const STEP = 100;

/** Counts bytes. A part that has to be sent again gives its bytes back: `loaded` tells the truth, not a nicer story. */
export class ProgressMeter {
  readonly #clock: Clock;
  readonly #changed: () => void;
  readonly #flying = new Map<number, number>();
  #acknowledged = 0;
  #sent = 0;
  #samples: { at: number; sent: number }[] = [];
  #total = 0;
  #partsDone = 0;
  #finished = false;
  #toldAt = Number.NEGATIVE_INFINITY;

  /** @param changed called at most every 100 ms, and whenever a part is acknowledged */
  constructor(clock: Clock, changed: () => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  begin(total: number): void {
    this.#total = total;
    this.#finished = false;
    this.#acknowledged = 0;
    this.#partsDone = 0;
    this.stop();
  }

  /** A stream gave more. */
  grow(total: number): void {
    this.#total = total;
  }

  /** All is there, also when there was nothing to send. */
  finish(total: number): void {
    this.#total = total;
    this.#acknowledged = total;
    this.#finished = true;
    this.#flying.clear();
    this.#tell(true);
  }

  /** Nothing is on its way any more; the speed begins anew. */
  stop(): void {
    this.#flying.clear();
    this.#samples = [];
    this.#sent = 0;
  }

  /** A part that is known to be stored already. */
  resumed(size: number): void {
    this.#acknowledged += size;
    this.#partsDone++;
    this.#tell(true);
  }

  /** A stored part turned out not to be that of this file. */
  dropped(size: number): void {
    this.#acknowledged -= size;
    this.#partsDone--;
    this.#tell(true);
  }

  flying(part: number, sent: number): void {
    this.#sent += Math.max(0, sent - (this.#flying.get(part) ?? 0));
    this.#flying.set(part, sent);
    this.#sample();
    this.#tell(false);
  }

  /** The part has to be sent again. */
  lost(part: number): void {
    this.#flying.delete(part);
  }

  acknowledged(part: number, size: number): void {
    this.#sent += size - (this.#flying.get(part) ?? 0);
    this.#flying.delete(part);
    this.#acknowledged += size;
    this.#partsDone++;
    this.#sample();
    this.#tell(true);
  }

  get progress(): UploadProgress {
    const total = this.#total;
    let loaded = this.#acknowledged;
    for (const sent of this.#flying.values()) loaded += sent;
    loaded = Math.min(loaded, total);
    const bytesPerSecond = this.#speed();
    return {
      loaded,
      total,
      fraction: this.#finished ? 1 : total > 0 ? loaded / total : 0,
      bytesPerSecond,
      secondsLeft: bytesPerSecond > 0 ? (total - loaded) / bytesPerSecond : undefined,
      partsDone: this.#partsDone,
    };
  }

  #speed(): number {
    const first = this.#samples[0];
    const ms = first ? this.#clock.now() - first.at : 0;
    return first && ms > 0 ? ((this.#sent - first.sent) * 1000) / ms : 0;
  }

  #sample(): void {
    const at = this.#clock.now();
    let last = this.#samples[this.#samples.length - 1];
    // The clock of the device was set back.
    if (last && last.at > at) {
      this.#samples = [];
      last = undefined;
    }
    if (last?.at === at) last.sent = this.#sent;
    else if (!last || at - last.at >= STEP) this.#samples.push({ at, sent: this.#sent });
    // The newest sample that is older than the window stays, as its beginning.
    while (this.#samples.length > 1 && at - (this.#samples[1] as { at: number }).at >= WINDOW) this.#samples.shift();
  }

  #tell(always: boolean): void {
    const now = this.#clock.now();
    if (!always && Math.abs(now - this.#toldAt) < STEP) return;
    this.#toldAt = now;
    this.#changed();
  }
}
