import { crc64, utf8 } from '@sluice/wire';
import type { FileSource } from '../ports.js';

const SAMPLE = 64 * 1024;

export interface Identity {
  /** Name, size, time of change and sample: one file of one account on one device. Safe as a file name. */
  readonly fingerprint: string;
  /** Size, and 64 KiB of head, middle and tail: the same for the same content on every device. Safe as a file name. */
  readonly sample: string;
}

/**
 * Two files that only look alike have different samples, unless they differ nowhere but between them; the checksums of
 * the parts find that. A stream cannot be identified before it has been read.
 */
export async function identify(source: FileSource, account: string): Promise<Identity | undefined> {
  const { name, size, lastModified } = source;
  if (size === undefined) return undefined;
  const starts = size <= 3 * SAMPLE ? [0] : [0, Math.floor(size / 2) - SAMPLE / 2, size - SAMPLE];
  let sum = 0n;
  for (const start of starts) {
    const part = await source.crc64(start, size <= 3 * SAMPLE ? size : start + SAMPLE);
    sum = crc64(utf8(`${part}\n`), sum);
  }
  const sample = `${size.toString(36)}-${hex(sum)}`;
  const file = crc64(utf8(`${account}\n${name}\n${lastModified}`));
  return { fingerprint: `${sample}-${hex(file)}`, sample };
}

const hex = (sum: bigint): string => sum.toString(16).padStart(16, '0');
