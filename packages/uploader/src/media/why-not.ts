import type { Meter } from './readable.js';

/** Why a question about a file has no answer. */
export function whyNot(meter: Meter, signal: AbortSignal): string {
  if (signal.aborted) return 'Reading the file took too long.';
  if (meter.exceeded) return 'More of the file would have to be read than is allowed.';
  return 'The file is damaged, incomplete, or written in an unusual way.';
}
