/** Checks on the way out what was checked on the way in. */
import { ContentCheck, readPromise } from './download/content-check.js';

/**
 * The body of an answer to GetObject, byte for byte; it fails at its end when the bytes are not those the server stored: so
 * what was read is to be used only after the end. Memory is that of one chunk.
 *
 * In a page the server has to expose `x-oss-hash-crc64ecma` to scripts (Sluice does), and an object that is stored with a
 * Content-Encoding cannot be checked: browsers decode it and do not say so.
 *
 * @param response of a `fetch` without a range
 * @throws {DownloadError} at once `Refused` or `NotVerifiable`; from the stream `Truncated` or `Damaged`
 *
 * @example
 * const file = await new Response(verifyDownload(await fetch(url))).blob();
 */
export function verifyDownload(response: Response): ReadableStream<Uint8Array> {
  const check = new ContentCheck(readPromise(response.status, (name) => response.headers.get(name)));
  const body = response.body ?? new Blob([]).stream();
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        check.update(chunk);
        controller.enqueue(chunk);
      },
      flush: () => check.finish(),
    }),
  );
}

export { DownloadError, type DownloadErrorCode } from './download/download-error.js';
