/** The ports of every room, under the control of a test: time, chance and a log that is kept. */
import { randomBytes } from 'node:crypto';
import type { Clock, Log, Random } from '../runtime.js';

export const START = Date.parse('2026-01-01T00:00:00Z');
export const MINUTE = 60_000;

export interface MovableClock extends Clock {
  advance(ms: number): void;
}

export function movableClock(start = START): MovableClock {
  let now = start;
  return {
    now: () => now,
    advance: (ms) => {
      now += ms;
    },
  };
}

export const someRandom: Random = { bytes: (length) => randomBytes(length) };

/** Everything that was logged, as one text: to look for what must not be there. */
export function recordedLog(): Log & { text(): string } {
  const lines: string[] = [];
  const note = (fields: object, message: string) => void lines.push(`${JSON.stringify(fields)} ${message}`);
  return { debug: note, info: note, warn: note, error: note, text: () => lines.join('\n') };
}
