import { crc64, utf8 } from '@sluice/wire';
import type { FileSource, PartHasher } from '../ports.js';

const SAMPLE = 64 * 1024;

/**
 * Names a file by name, size, time of change, and 64 KiB of its head, middle and tail. Safe as a file name. Two files
 * that only look alike have different ones, unless they differ nowhere but between the samples; the checksums of the
 * parts find that.
 */
export async function fingerprint(source: FileSource, hasher: PartHasher): Promise<string> {
  const { name, size, lastModified } = source;
  const middle = Math.max(0, Math.floor(size / 2) - SAMPLE / 2);
  const starts = size <= 3 * SAMPLE ? [0] : [0, middle, size - SAMPLE];
  let sum = crc64(utf8(`${name}\n${size}\n${lastModified}`));
  for (const start of starts) {
    const end = size <= 3 * SAMPLE ? size : start + SAMPLE;
    const part = await source.slice(start, end);
    const sample = await hasher.crc64(part.body);
    part.release?.();
    sum = crc64(utf8(`\n${sample}`), sum);
  }
  return `${size.toString(36)}-${Math.trunc(lastModified).toString(36)}-${sum.toString(16).padStart(16, '0')}`;
}
