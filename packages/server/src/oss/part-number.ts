import { invalidArgument } from './oss-error.js';

export const MAX_PARTS = 10_000;

/** 1 to 10 000. @throws {OssError} `InvalidArgument` */
export function readPartNumber(text: string): number {
  const number = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : Number.NaN;
  if (!(number <= MAX_PARTS)) {
    throw invalidArgument('partNumber', text, 'Part number must be an integer between 1 and 10000, inclusive.');
  }
  return number;
}
