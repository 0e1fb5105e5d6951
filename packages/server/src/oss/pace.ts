import { Readable } from 'node:stream';
import { invalidArgument, OssError } from './oss-error.js';

/** Time for limits of speed: steady, whatever becomes of the clock on the wall. */
export interface Metronome {
  /** Milliseconds since some instant. */
  now(): number;
  /** Calls back once; the result takes that back. */
  after(ms: number, then: () => void): () => void;
}

export const systemMetronome: Metronome = {
  now: () => performance.now(),
  after(ms, then) {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
};

/** Time that was not used and may be made up for, ms. */
const CREDIT_MS = 100;
/** Shorter pauses are saved up: no timer is set for them. */
const SHORTEST_PAUSE_MS = 10;

/** A token bucket for one request: bytes pass, and then a pause is due. */
export class Pace {
  readonly #bytesPerMs: number;
  readonly #metronome: Metronome;
  /** When all that has passed was due. */
  #due: number;
  #delayMs = 0;

  /** @param bitsPerSecond of `x-oss-traffic-limit` */
  constructor(bitsPerSecond: number, metronome: Metronome) {
    this.#bytesPerMs = bitsPerSecond / 8000;
    this.#metronome = metronome;
    this.#due = metronome.now();
  }

  /** What it has cost so far, in milliseconds. */
  get delayMs(): number {
    return this.#delayMs;
  }

  /** @returns milliseconds until more may pass */
  spend(bytes: number): number {
    const now = this.#metronome.now();
    this.#due = Math.max(this.#due, now - CREDIT_MS) + bytes / this.#bytesPerMs;
    const ahead = this.#due - now;
    if (ahead < SHORTEST_PAUSE_MS) return 0;
    this.#delayMs += ahead;
    return ahead;
  }

  after(ms: number, then: () => void): () => void {
    return this.#metronome.after(ms, then);
  }

  /** Spends, and waits until more may pass. */
  async pass(bytes: number): Promise<void> {
    const ms = this.spend(bytes);
    if (ms > 0) await new Promise<void>((resolve) => this.after(ms, resolve));
  }
}

export interface PacedSource {
  readonly stream: Readable;
  /** Lets go of the source, which is left paused; to be called always, and last. */
  release(): void;
}

/** The same bytes, no faster than the pace: the source is paused, and with it the socket, so nothing piles up here. */
export function pacedSource(source: Readable, pace: Pace): PacedSource {
  let waiting = false;
  let wanted = false;
  let ended = false;
  let cancel = (): void => {};
  const go = (): void => {
    if (wanted && !waiting) source.resume();
  };
  const stream = new Readable({
    read() {
      wanted = true;
      go();
    },
  });
  const onData = (chunk: Buffer): void => {
    wanted = stream.push(chunk);
    const ms = pace.spend(chunk.length);
    waiting = ms > 0;
    if (waiting) {
      cancel = pace.after(ms, () => {
        waiting = false;
        go();
      });
    }
    if (waiting || !wanted) source.pause();
  };
  const onEnd = (): void => {
    ended = true;
    stream.push(null);
  };
  const onGone = (error?: Error): void => {
    if (!ended) stream.destroy(error ?? new Error('the sender went away'));
  };
  const release = (): void => {
    cancel();
    source.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
    source.on('error', () => {}).pause();
    stream.destroy();
  };
  // Who gets it may not listen yet when the sender goes away; an error that nobody hears ends the process.
  stream.on('error', () => {});
  source.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone).pause();
  if (source.destroyed && !source.readableEnded) onGone();
  return { stream, release };
}

export const TRAFFIC_LIMIT = 'x-oss-traffic-limit';
/** 30 KB/s: the least that OSS allowed when the header was new; clients of that time send such values. */
const LEAST = 245_760;
const MOST = 838_860_800;

/**
 * `x-oss-traffic-limit`, bits per second (reference oss 1.1).
 * @param places header, query, form field: one of them may be used
 * @returns `undefined` without a limit
 * @throws {OssError} `InvalidArgument`
 */
export function readTrafficLimit(places: readonly (string | undefined)[]): number | undefined {
  const [text, second] = places.filter((place) => place !== undefined);
  if (second !== undefined) {
    throw new OssError('InvalidArgument', {
      message: `${TRAFFIC_LIMIT} may be given as a header or in the URL, not in both.`,
    });
  }
  if (text === undefined) return undefined;
  const bits = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
  if (bits >= LEAST && bits <= MOST) return bits;
  throw invalidArgument(
    TRAFFIC_LIMIT,
    text,
    `${TRAFFIC_LIMIT} must be a number of bits per second from ${LEAST} to ${MOST}.`,
  );
}
