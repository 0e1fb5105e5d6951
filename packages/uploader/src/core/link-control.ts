/** How many parts go at once, and how big they are. */
import { MIB } from './layout.js';

export interface LinkControl {
  /** Parts in flight over all files. */
  readonly width: number;
  /** Whole small files in flight beside: their time is spent on round trips, not on the line. */
  readonly lightWidth: number;
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
    lightWidth: Number.POSITIVE_INFINITY,
    fileLimit: parallel === 'auto' ? 5 : parallel,
    partSize: () => (partSize === 'auto' ? MIB : partSize),
    sent() {},
    failed() {},
    roundTrip() {},
  };
}

/** Bytes of a small file. */
export const LIGHT = MIB / 8;
const LIGHT_WIDTH = 32;

const FIRST_WIDTH = 6;
/** … on a line with so long a round trip, milliseconds: to feel one's way costs several of them. */
const LONG = 100;
const FIRST_LONG_WIDTH = 16;
/** Before anything is known: small, so that something is known soon. */
const FIRST_PART = MIB / 4;
/** A part should take that long, in milliseconds: what is in flight is what an interruption costs. */
const PART_MS = 500;
/** … and that many round trips: a connection is idle for one of them between two parts. */
const ROUND_TRIPS_PER_PART = 10;
/** Of the goodput that a wider line would give if nothing held it back, this share must come. */
const WORTH = 0.1;
/** From this share on the width is doubled again. */
const GENEROUS = 0.5;
/** Parts at one width after which it is tried again whether a wider line pays. */
const CALM = 40;

/** Parts that count for the size of the next one. */
const MEMORY = 16;

/** Parts that began at one width. */
interface Sample {
  readonly width: number;
  parts: number;
  bytes: number;
  /** Sum of the times of the parts. */
  ms: number;
}

const sampleAt = (width: number): Sample => ({ width, parts: 0, bytes: 0, ms: 0 });

/**
 * Bytes per millisecond over all connections. Bytes by time, not a mean of the rates: on a line that loses packets a few
 * lucky parts are many times as fast as the others.
 */
const goodputOf = ({ width, bytes, ms }: Sample): number => (width * bytes) / Math.max(ms, 0.1);

/**
 * Chooses both together from what the parts tell: the goodput of one connection (bytes by time of a part) and the
 * number of connections it was measured at.
 *
 * Width: it doubles from 6 (16 on a long line) while that pays, then steps by a quarter now and then; a step of those that twice in a row
 * brought less than a tenth of its share is taken back; failures take a third away. Too wide costs little, too narrow costs the user
 * minutes where packets are lost: in doubt it stays wide.
 * Size: what one connection moves in half a second or 10 round trips, within the limits, and so that what is in flight is
 * no more than half of what is left: little is lost, and no connection is left alone with a big part at the end.
 */
export class AdaptiveLink implements LinkControl {
  readonly #limits: LinkLimits;
  #sample: Sample;
  #before: Sample | undefined;
  /** Bytes and milliseconds of parts, the last ones counting most. */
  #recent = { bytes: 0, ms: 0 };
  #doubling = true;
  #doubted = false;
  #calm = 0;
  #roundTrip = Number.POSITIVE_INFINITY;
  #failed = false;

  constructor(limits: LinkLimits) {
    this.#limits = limits;
    const width = limits.parallel === 'auto' ? Math.min(FIRST_WIDTH, limits.maxParallel) : Number.POSITIVE_INFINITY;
    this.#sample = sampleAt(width);
  }

  get width(): number {
    return this.#sample.width;
  }
  get lightWidth(): number {
    return this.#failed ? this.width : Math.max(this.width, Math.min(LIGHT_WIDTH, this.#limits.maxParallel));
  }
  get fileLimit(): number {
    const { parallel } = this.#limits;
    return parallel === 'auto' ? Number.POSITIVE_INFINITY : parallel;
  }

  partSize(left: number): number {
    const { maxPartSize, partSize } = this.#limits;
    if (partSize !== 'auto') return partSize;
    const width = Math.min(this.width, this.fileLimit);
    const span = Math.max(PART_MS, ROUND_TRIPS_PER_PART * (Number.isFinite(this.#roundTrip) ? this.#roundTrip : 0));
    const { bytes, ms } = this.#recent;
    const wanted = Math.min(ms > 0 ? (bytes / ms) * span : FIRST_PART, maxPartSize);
    return Math.min(wanted, Math.max(left / (2 * width), wanted / 4));
  }

  roundTrip(ms: number): void {
    this.#roundTrip = Math.min(this.#roundTrip, ms);
    const untried = this.width === FIRST_WIDTH && this.#sample.parts === 0 && !this.#before && !this.#failed;
    if (untried && this.#roundTrip >= LONG) {
      this.#go(Math.min(FIRST_LONG_WIDTH, this.#limits.maxParallel), undefined);
    }
  }

  failed(): void {
    this.#doubling = false;
    this.#failed = true;
    if (Number.isFinite(this.width)) this.#go(Math.max(1, Math.floor((this.width * 2) / 3)), undefined);
  }

  sent(bytes: number, ms: number, width: number): void {
    const past = 1 - 1 / Math.min(Math.max(4, width), MEMORY);
    this.#recent = { bytes: this.#recent.bytes * past + bytes, ms: this.#recent.ms * past + Math.max(ms, 0.1) };
    if (!Number.isFinite(width) || width !== this.width) return;
    this.#sample.parts++;
    this.#sample.bytes += bytes;
    this.#sample.ms += ms;
    if (this.#sample.parts >= Math.max(3, width / 2) * (this.#doubted ? 2 : 1)) this.#judge();
  }

  #judge(): void {
    const { width, parts } = this.#sample;
    const before = this.#before;
    if (before && width > before.width) {
      const share = (goodputOf(this.#sample) / goodputOf(before) - 1) / (width / before.width - 1);
      if (share < WORTH) {
        if (!this.#doubted) {
          this.#doubted = true;
          return;
        }
        this.#calm = CALM;
        // New connections have not met the limits of the line yet: what they promised is no reason to go back to few.
        this.#go(this.#doubling ? width : before.width, undefined);
        this.#doubling = false;
        return;
      }
      this.#doubling = share >= GENEROUS;
    } else if (this.#calm > 0) {
      this.#calm -= parts;
      this.#sample = sampleAt(width);
      return;
    }
    const step = this.#doubling ? width : Math.max(1, Math.round(width / 4));
    const next = Math.min(this.#limits.maxParallel, width + step);
    if (next > width) this.#go(next, this.#sample);
    else this.#sample = sampleAt(width);
  }

  #go(width: number, before: Sample | undefined): void {
    this.#before = before;
    this.#doubted = false;
    this.#sample = sampleAt(width);
  }
}
