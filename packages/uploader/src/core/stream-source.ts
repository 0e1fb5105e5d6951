import { concatBytes } from '@sluice/wire';
import type { FileSource, SourceOverrides } from '../ports.js';
import { localError } from './upload-error.js';

/** A stream whose length nobody knows. It is read once, piece by piece, as parts are sent. */
export function streamSource(
  stream: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>,
  overrides: SourceOverrides,
): FileSource {
  const [next, cancel] = reader(stream);
  let rest: Uint8Array = new Uint8Array(0);
  const unreadable = () => Promise.reject(localError('FileUnreadable', 'A stream can be read only once.'));
  return {
    name: overrides.fileName ?? 'upload',
    size: undefined,
    lastModified: 0,
    type: overrides.contentType ?? '',
    check: async () => {},
    slice: unreadable,
    crc64: unreadable,
    // What its maker has to say of the end concerns no upload.
    cancel: () => void cancel().catch(() => {}),
    async read(length) {
      const chunks = [rest];
      let have = rest.length;
      while (have < length) {
        let chunk: Uint8Array | undefined;
        try {
          chunk = await next();
        } catch (cause) {
          throw localError('FileUnreadable', 'The stream broke off.', cause);
        }
        if (!chunk) break;
        chunks.push(chunk);
        have += chunk.length;
      }
      const all = concatBytes(...chunks);
      rest = all.slice(length);
      return all.slice(0, length);
    },
  };
}

// Not all browsers can iterate a stream.
function reader(
  stream: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>,
): [next: () => Promise<Uint8Array | undefined>, cancel: () => Promise<unknown>] {
  if ('getReader' in stream) {
    const lock = stream.getReader();
    return [async () => (await lock.read()).value, () => lock.cancel()];
  }
  const iterator = stream[Symbol.asyncIterator]();
  const next = async () => {
    const { done, value } = await iterator.next();
    return done ? undefined : value;
  };
  // Of Node: an iterator would first wait for the bytes it was asked for.
  const { destroy } = stream as { destroy?: () => void };
  return [next, async () => (destroy ? destroy.call(stream) : iterator.return?.())];
}
