import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { checkSums, readClaimedSums } from './checksums.js';
import { BodyTooLong, type StorageEngine, type StoredBlob } from './engine/engine.js';
import type { OssLimits } from './limits.js';
import { invalidArgument, notImplemented, OssError } from './oss-error.js';
import { type Pace, pacedSource } from './pace.js';

/** Silence is measured in this many steps. */
const SILENT_CHECKS = 4;

/** The body of one request. Nothing is read before one of the methods is called. */
export interface RequestBody {
  /** Looks at the framing only. @throws {OssError} `MissingContentLength`, `InvalidArgument` when larger than allowed */
  check(): void;
  /** Streams it into the engine; checks `Content-MD5` and `x-oss-hash-crc64ecma` before anything is kept. */
  store(engine: StorageEngine): Promise<StoredBlob>;
  /**
   * Reads a small text, checked in the same way.
   * @param rules default: XML, as long as the limits allow
   * @throws {OssError} the refusal of the rules; `MalformedXML` for XML
   */
  text(rules?: TextRules): Promise<string>;
  /**
   * Lends the raw body to a reader that knows its form, watched like the others. Checks that there is a body, not how long.
   * @throws {OssError} `MissingContentLength`
   */
  read<T>(reader: BodyReader<T>): Promise<T>;
  /** Everything that is read from now on comes no faster. */
  slowTo(pace: Pace): void;
  readonly pace: Pace | undefined;
  /** Bytes that were stored. */
  readonly stored: number;
  /** Ends the reading of a body that is not there in whole: the transport says that no more will come. */
  interrupt(error: OssError): void;
}

/** Of a body that is no XML. */
export interface TextRules {
  readonly maxBytes: number;
  refuse(why: 'too large' | 'not UTF-8'): OssError;
}

export interface BorrowedBody {
  readonly source: Readable;
  /** Ends the reading; rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** To be told how many bytes were stored. */
  stored(bytes: number): void;
}

export type BodyReader<T> = (body: BorrowedBody) => Promise<T>;
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
  let pace: Pace | undefined;
  const tooLong = () =>
    invalidArgument('Content-Length', headers.get('content-length') ?? '', 'The object is larger than 5 GB.');

  function checkFraming(): string | undefined {
    const transfer = headers.get('transfer-encoding');
    if (transfer !== undefined && transfer.toLowerCase() !== 'chunked') {
      throw notImplemented(`Transfer-Encoding: ${transfer}`);
    }
    const length = headers.get('content-length');
    if (length === undefined && transfer === undefined) throw new OssError('MissingContentLength');
    return length;
  }

  function check(): void {
    if (Number(checkFraming() ?? 0) > limits.maxBodyBytes) throw tooLong();
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
      // While nobody listens the wait is ours: a disk that is slow is not the sender's fault.
      const silent = req.socket.bytesRead === heard && !req.complete && req.readableFlowing === true;
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
        const blob = await watched(() => atPace(req, pace, (body) => engine.put(body, options)));
        stored = blob.size;
        return blob;
      } catch (error) {
        throw error instanceof BodyTooLong ? tooLong() : error;
      }
    },
    async text(rules = xmlRules(limits)) {
      const claimed = readClaimedSums(headers);
      const body = await watched(() => readSmall(req, rules, interruption.signal));
      checkSums(claimed.md5 === undefined ? {} : { md5: claimed.md5 }, {
        md5: createHash('md5').update(body).digest('hex').toUpperCase(),
        crc64: 0n,
      });
      try {
        return strictUtf8.decode(body);
      } catch {
        throw rules.refuse('not UTF-8');
      }
    },
    async read(reader) {
      checkFraming();
      const { signal } = interruption;
      return watched(() =>
        reader({
          source: req,
          signal,
          stored(bytes) {
            stored = bytes;
          },
        }),
      );
    },
    slowTo(given) {
      pace = given;
    },
    get pace() {
      return pace;
    },
    get stored() {
      return stored;
    },
    interrupt(error) {
      // What follows a body that has come whole is not part of it (reference oss 1.1).
      if (!req.complete) interruption.abort(error);
    },
  };
}

/** Hands a body on, slowed down when there is a pace. */
export async function atPace<T>(
  body: Readable,
  pace: Pace | undefined,
  use: (body: Readable) => Promise<T>,
): Promise<T> {
  if (!pace) return use(body);
  const { stream, release } = pacedSource(body, pace);
  try {
    return await use(stream);
  } finally {
    release();
  }
}

const xmlRules = ({ maxXmlBytes }: OssLimits): TextRules => ({
  maxBytes: maxXmlBytes,
  refuse: (why) => new OssError('MalformedXML', { message: `The XML you provided is ${why}.` }),
});

async function readSmall(req: IncomingMessage, { maxBytes, refuse }: TextRules, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  await new Promise<void>((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > maxBytes) finish(refuse('too large'));
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
