/** Which file sends the next part. */

/** One file that has parts to send. */
export interface Lane {
  /** Higher goes first; may change at any time. */
  readonly priority: number;
  /** Most parts of this file in flight. */
  readonly limit: number;
  /** A whole small file: goes beside the others, see {@link Widths.lightWidth}. */
  readonly light?: boolean;
  /** The next piece of work, which never rejects; `undefined` while there is none. */
  next(): (() => Promise<void>) | undefined;
}

interface Seat {
  readonly lane: Lane;
  flying: number;
  /** When it was served last, counted in turns. */
  served: number;
}

/** Parts in flight over all files; may change at any time, `pump` tells. */
export interface Widths {
  readonly width: number;
  /** … when the next one is light. */
  readonly lightWidth: number;
}

/**
 * Shares the parts in flight between files: the higher priority first, among equals the one with the fewest parts in
 * flight, then the one that waited longest. So a small file gets the next free place beside any big one.
 */
export class Lanes {
  readonly #widths: Widths;
  readonly #seats = new Set<Seat>();
  #flying = 0;
  #turn = 0;

  constructor(widths: Widths) {
    this.#widths = widths;
  }

  get flying(): number {
    return this.#flying;
  }

  /**
   * Nothing starts before {@link pump} is called.
   * @returns a function that takes the file out again; what is in flight goes on
   */
  add(lane: Lane): () => void {
    const seat: Seat = { lane, flying: 0, served: 0 };
    this.#seats.add(seat);
    return () => void this.#seats.delete(seat);
  }

  /** Starts what may start. To be called when a lane has new work or the width has grown. */
  pump(): void {
    // The last place of a narrow line goes to a file that has none: nothing in flight starves it.
    for (;;) {
      const { width, lightWidth } = this.#widths;
      const heavyToo = this.#flying < width;
      if (!heavyToo && this.#flying >= lightWidth) return;
      const seats = [...this.#seats].filter(({ flying, lane }) => flying < lane.limit && (heavyToo || lane.light));
      if (!seats.sort(before).some((seat) => this.#start(seat))) return;
    }
  }

  #start(seat: Seat): boolean {
    const work = seat.lane.next();
    if (!work) return false;
    seat.flying++;
    seat.served = ++this.#turn;
    this.#flying++;
    void work().finally(() => {
      seat.flying--;
      this.#flying--;
      this.pump();
    });
    return true;
  }
}

const before = (a: Seat, b: Seat): number =>
  b.lane.priority - a.lane.priority || a.flying - b.flying || a.served - b.served;
