import { base64Decode } from '@sluice/wire';
import type { BodySums } from './engine/engine.js';
import { OssError } from './oss-error.js';

const MAX_CRC64 = 0xffffffffffffffffn;

/** Digests that the sender claims for a body. */
export interface ClaimedSums {
  /** Upper-case hexadecimal. */
  readonly md5?: string;
  readonly crc64?: bigint;
}

/**
 * Reads `Content-MD5` and `x-oss-hash-crc64ecma`.
 * @throws {OssError} `InvalidDigest` or `InvalidCRC64` when one is malformed
 */
export function readClaimedSums(headers: ReadonlyMap<string, string>): ClaimedSums {
  const md5 = headers.get('content-md5');
  const crc64 = headers.get('x-oss-hash-crc64ecma');
  return {
    ...(md5 === undefined ? {} : { md5: readMd5(md5) }),
    ...(crc64 === undefined ? {} : { crc64: readCrc64(crc64) }),
  };
}

function readMd5(text: string): string {
  const bytes = base64Decode(text.trim());
  if (bytes?.length !== 16) {
    throw new OssError('InvalidDigest', { message: 'The Content-MD5 you specified is not the base64 of an MD5.' });
  }
  return Buffer.from(bytes).toString('hex').toUpperCase();
}

function readCrc64(text: string): bigint {
  const value = /^\d{1,20}$/.test(text) ? BigInt(text) : undefined;
  if (value === undefined || value > MAX_CRC64) throw new OssError('InvalidCRC64');
  return value;
}

/** @throws {OssError} when what came is not what was claimed */
export function checkSums(claimed: ClaimedSums, sums: Pick<BodySums, 'md5' | 'crc64'>): void {
  if (claimed.md5 !== undefined && claimed.md5 !== sums.md5) throw new OssError('InvalidDigest');
  checkCrc64(claimed, sums.crc64);
}

export function checkCrc64(claimed: ClaimedSums, crc64: bigint): void {
  if (claimed.crc64 !== undefined && claimed.crc64 !== crc64) throw new OssError('InvalidCRC64');
}

/** The base64 of an MD5 given as hexadecimal: `Content-MD5`. */
export const contentMd5 = (md5: string): string => Buffer.from(md5, 'hex').toString('base64');
