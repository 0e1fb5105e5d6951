/** How many parts go at once, and how big they are. */
import { MIB } from './layout.js';

export interface LinkControl {
  /** Parts in flight over all files. */
  readonly width: number;
  /** Most parts of one file in flight. */
  readonly fileLimit: number;
  /** Bytes of the next part. @param left what the file has left, this part included */
  partSize(left: number): number;
  /** A part went through. @param ms from its first byte to the answer */
  sent(bytes: number, ms: number, width: number): void;
  /** The line broke, was throttled, or timed out. */
  failed(): void;
  /** Time of one small exchange, milliseconds. */
  roundTrip(ms: number): void;
}

export interface LinkLimits {
  readonly partSize: number | 'auto';
  readonly parallel: number | 'auto';
  readonly maxPartSize: number;
  readonly maxParallel: number;
}

/** What the documented API promises: as many parts of one size as the user says, whatever the line does. */
export function fixedLink({ partSize, parallel }: LinkLimits): LinkControl {
  return {
    width: Number.POSITIVE_INFINITY,
    fileLimit: parallel === 'auto' ? 5 : parallel,
    partSize: () => (partSize === 'auto' ? MIB : partSize),
    sent() {},
    failed() {},
    roundTrip() {},
  };
}

const FIRST_WIDTH = 4;
/** A part should take that long, in milliseconds: long enough to hide its round trip, short enough to lose little. */
const PART_MS = 3000;
const ROUND_TRIPS_PER_PART = 20;
/** Of the goodput that a wider line would give if nothing held it back, this share must come. */
const WORTH = 0.25;
/** Parts at one width after which it is tried again whether a wider line pays. */
const CALM = 40;

/**
 * Chooses both together from what the parts tell: the goodput of one connection (bytes by time of a part) and the
 * number of connections it was measured at.
 *
 * Width: additive-increase, multiplicative-decrease on goodput. It doubles from 4 while that pays, then steps by a
 * quarter; a step that brought less than a quarter of its share is taken back; failures take a third away.
 * Size: what one connection moves in 3 s or 20 round trips, within the limits; the end of a file is cut so that all
 * connections finish together.
 */
export class AdaptiveLink implements LinkControl {
  readonly #limits: LinkLimits;
  #width: number;
  /** Bytes per millisecond of one connection at the present width: a mean over its parts. */
  #rates: number[] = [];
  #rate = 0;
  #before: { width: number; goodput: number } | undefined;
  #starting = true;
  #calm = 0;
  #roundTrip = Number.POSITIVE_INFINITY;

  constructor(limits: LinkLimits) {
    this.#limits = limits;
    this.#width = limits.parallel === 'auto' ? Math.min(FIRST_WIDTH, limits.maxParallel) : Number.POSITIVE_INFINITY;
  }

  get width(): number {
    return this.#width;
  }
  get fileLimit(): number {
    const { parallel } = this.#limits;
    return parallel === 'auto' ? Number.POSITIVE_INFINITY : parallel;
  }

  partSize(left: number): number {
    const { maxPartSize, partSize } = this.#limits;
    if (partSize !== 'auto') return partSize;
    const width = Math.min(this.#width, this.fileLimit);
    const span = Math.max(PART_MS, ROUND_TRIPS_PER_PART * (Number.isFinite(this.#roundTrip) ? this.#roundTrip : 0));
    const wanted = Math.min(this.#rate > 0 ? this.#rate * span : MIB, maxPartSize);
    return Math.min(wanted, Math.max(left / width, wanted / 8));
  }

  roundTrip(ms: number): void {
    this.#roundTrip = Math.min(this.#roundTrip, ms);
  }

  failed(): void {
    this.#rates = [];
    this.#before = undefined;
    this.#starting = false;
    if (Number.isFinite(this.#width)) this.#width = Math.max(1, Math.floor((this.#width * 2) / 3));
  }

  sent(bytes: number, ms: number, width: number): void {
    const rate = bytes / Math.max(ms, 0.1);
    this.#rate = this.#rate > 0 ? this.#rate * 0.75 + rate * 0.25 : rate;
    if (!Number.isFinite(this.#width) || width !== this.#width) return;
    this.#rates.push(rate);
    if (this.#rates.length >= Math.max(3, this.#width / 2)) this.#judge();
  }

  #judge(): void {
    const width = this.#width;
    const goodput = (width * this.#rates.reduce((sum, rate) => sum + rate, 0)) / this.#rates.length;
    this.#rates = [];
    const before = this.#before;
    if (before && width > before.width) {
      const share = (goodput / before.goodput - 1) / (width / before.width - 1);
      if (share < WORTH) {
        // It did not pay. Back, and calm for a while.
        this.#starting = false;
        this.#calm = CALM;
        this.#before = undefined;
        this.#width = before.width;
        return;
      }
    } else if (this.#calm > 0) {
      this.#calm -= Math.max(3, width / 2);
      return;
    }
    this.#before = { width, goodput };
    const step = this.#starting ? width : Math.max(1, Math.round(width / 4));
    this.#width = Math.min(this.#limits.maxParallel, width + step);
  }
}
