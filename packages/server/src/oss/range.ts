import type { ByteRange } from './engine/engine.js';

export type RangeOutcome = ByteRange | 'whole' | 'unsatisfiable';

/**
 * Which bytes a `Range` header selects (reference oss 1.2). Without `standard` OSS answers anything it cannot satisfy to the
 * letter, an end beyond the object included, with the whole object; `x-oss-range-behavior: standard` clips the end, and
 * refuses a start beyond it. Several ranges are not supported and select the whole.
 */
export function selectRange(header: string | undefined, size: number, standard: boolean): RangeOutcome {
  const m = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '');
  if (!m || (m[1] === '' && m[2] === '')) return 'whole';
  const beyond = standard ? 'unsatisfiable' : 'whole';
  if (m[1] === '') {
    const length = Number(m[2]);
    if (length === 0 || size === 0) return beyond;
    if (length > size && !standard) return 'whole';
    return { start: Math.max(0, size - length), end: size - 1 };
  }
  const start = Number(m[1]);
  const end = m[2] === '' ? size - 1 : Number(m[2]);
  if (m[2] !== '' && end < start) return 'whole';
  if (start >= size) return beyond;
  if (end >= size && !standard) return 'whole';
  return { start, end: Math.min(end, size - 1) };
}
