import { crc64 } from '@sluice/wire';
import { createCrc64Wasm } from '@sluice/wire/crc64-wasm';
import { DownloadError } from './download-error.js';

/** What an answer says of the object it carries. */
export interface Promised {
  readonly crc64: bigint;
  /** Bytes; `undefined` where the platform does not show it. */
  readonly size: number | undefined;
}

/** @throws {DownloadError} `Refused`, `NotVerifiable` */
export function readPromise(status: number, header: (name: string) => string | null | undefined): Promised {
  if (status === 206)
    throw new DownloadError('NotVerifiable', 'A range cannot be checked: the CRC-64 is of the whole.');
  if (status !== 200) throw new DownloadError('Refused', `The server answered with status ${status}.`, status);
  const encoding = header('content-encoding');
  if (encoding && encoding !== 'identity') {
    throw new DownloadError(
      'NotVerifiable',
      `The answer is encoded (${encoding}): what comes out is not what is stored.`,
    );
  }
  const sum = header('x-oss-hash-crc64ecma') ?? '';
  if (!/^\d{1,20}$/.test(sum)) {
    throw new DownloadError('NotVerifiable', 'The answer has no x-oss-hash-crc64ecma to check the bytes against.');
  }
  const length = header('content-length');
  return { crc64: BigInt(sum), size: length && /^\d+$/.test(length) ? Number(length) : undefined };
}

/** Takes the sums of what passes. */
export class ContentCheck {
  readonly #promised: Promised;
  readonly #engine = createCrc64Wasm();
  #crc = 0n;
  #bytes = 0;

  constructor(promised: Promised) {
    this.#promised = promised;
  }

  get bytes(): number {
    return this.#bytes;
  }

  update(chunk: Uint8Array): void {
    this.#bytes += chunk.byteLength;
    this.#crc = this.#engine ? this.#engine.update(this.#crc, chunk) : crc64(chunk, this.#crc);
  }

  /** To be called after the last byte. @throws {DownloadError} `Truncated`, `Damaged` */
  finish(): void {
    const { crc64: expected, size } = this.#promised;
    if (size !== undefined && size !== this.#bytes) {
      throw new DownloadError('Truncated', `${this.#bytes} bytes came of ${size}.`);
    }
    if (this.#crc !== expected) {
      throw new DownloadError(
        'Damaged',
        'The bytes that came are not those that were stored (CRC-64). Download again.',
      );
    }
  }
}
