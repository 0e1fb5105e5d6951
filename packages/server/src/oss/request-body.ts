import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { checkSums, readClaimedSums } from './checksums.js';
import { BodyTooLong, type StorageEngine, type StoredBlob } from './engine/engine.js';
import type { OssLimits } from './limits.js';
import { invalidArgument, notImplemented, OssError } from './oss-error.js';

/** Silence is measured in this many steps. */
const SILENT_CHECKS = 4;

/** The body of one request. Nothing is read before one of the methods is called. */
export interface RequestBody {
  /** Looks at the framing only. @throws {OssError} `MissingContentLength`, `InvalidArgument` when larger than allowed */
  check(): void;
  /** Streams it into the engine; checks `Content-MD5` and `x-oss-hash-crc64ecma` before anything is kept. */
  store(engine: StorageEngine): Promise<StoredBlob>;
  /** Reads a small XML text, checked in the same way. @throws {OssError} `MalformedXML` when longer than allowed */
  text(): Promise<string>;
  /** Bytes that were stored. */
  readonly stored: number;
  /** Ends the reading: the transport says that no more will come. */
  interrupt(error: OssError): void;
}

/** Keeps what is not UTF-8 from being taken for the replacement character, which is a good key. */
const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

export function createRequestBody(
  req: IncomingMessage,
  headers: ReadonlyMap<string, string>,
  limits: OssLimits,
  onFirstRead: () => void,
): RequestBody {
  const interruption = new AbortController();
  let stored = 0;
  const tooLong = () =>
    invalidArgument('Content-Length', headers.get('content-length') ?? '', 'The object is larger than 5 GB.');

  function check(): void {
    const transfer = headers.get('transfer-encoding');
    if (transfer !== undefined && transfer.toLowerCase() !== 'chunked') {
      throw notImplemented(`Transfer-Encoding: ${transfer}`);
    }
    const length = headers.get('content-length');
    if (length === undefined && transfer === undefined) throw new OssError('MissingContentLength');
    if (Number(length ?? 0) > limits.maxBodyBytes) throw tooLong();
  }

  /** A transfer coding makes `Content-Length` void (RFC 9112 6.3). */
  function knownLength(): { length?: number } {
    const length = headers.get('content-length');
    return length === undefined || headers.has('transfer-encoding') ? {} : { length: Number(length) };
  }

  /** Runs `read` with a watch on a sender that falls silent; a pause that we ask for is not held against it. */
  async function watched<T>(read: () => Promise<T>): Promise<T> {
    onFirstRead();
    let heard = req.socket.bytesRead;
    let silentChecks = 0;
    const watch = setInterval(() => {
      const silent = req.socket.bytesRead === heard && !req.isPaused();
      heard = req.socket.bytesRead;
      silentChecks = silent ? silentChecks + 1 : 0;
      if (silentChecks >= SILENT_CHECKS) interruption.abort(new OssError('RequestTimeout', { close: true }));
    }, limits.idleMs / SILENT_CHECKS);
    try {
      return await read();
    } finally {
      clearInterval(watch);
    }
  }

  return {
    check,
    async store(engine) {
      check();
      const claimed = readClaimedSums(headers);
      const { signal } = interruption;
      const verify = checkSums.bind(undefined, claimed);
      try {
        const options = { ...knownLength(), maxBytes: limits.maxBodyBytes, signal, verify };
        const blob = await watched(() => engine.put(req, options));
        stored = blob.size;
        return blob;
      } catch (error) {
        throw error instanceof BodyTooLong ? tooLong() : error;
      }
    },
    async text() {
      const claimed = readClaimedSums(headers);
      const body = await watched(() => readSmall(req, limits.maxXmlBytes, interruption.signal));
      checkSums(claimed.md5 === undefined ? {} : { md5: claimed.md5 }, {
        md5: createHash('md5').update(body).digest('hex').toUpperCase(),
        crc64: 0n,
      });
      try {
        return strictUtf8.decode(body);
      } catch {
        throw new OssError('MalformedXML', { message: 'The XML you provided is not UTF-8.' });
      }
    },
    get stored() {
      return stored;
    },
    interrupt: (error) => interruption.abort(error),
  };
}

async function readSmall(req: IncomingMessage, maxBytes: number, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  await new Promise<void>((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > maxBytes) finish(new OssError('MalformedXML', { message: 'The XML you provided is too large.' }));
      else chunks.push(chunk);
    };
    const onEnd = () => finish();
    const onGone = () => finish(new OssError('IncompleteBody', { close: true }));
    const onAbort = () => finish(signal.reason);
    const finish = (error?: unknown) => {
      req.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      signal.removeEventListener('abort', onAbort);
      if (error === undefined) return resolve();
      req.on('error', () => {}).pause();
      reject(error);
    };
    if (signal.aborted) return onAbort();
    if (req.destroyed && !req.readableEnded) return onGone();
    signal.addEventListener('abort', onAbort, { once: true });
    req.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  });
  return Buffer.concat(chunks);
}
