import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Busboy } from '@fastify/busboy';
import type { ClaimedSums } from '../checksums.js';
import { BodyInterrupted } from '../engine/engine.js';
import { invalidArgument, OssError } from '../oss-error.js';
import type { BorrowedBody } from '../request-body.js';

/** A form up to its file. */
export interface Form {
  /** Lower-case names; each came once. */
  readonly fields: ReadonlyMap<string, string>;
  readonly file: FormFile;
}

export interface FormFile {
  /** Without a path; the empty text when the part has none. */
  readonly name: string;
  /** Without parameters. */
  readonly contentType: string;
  /** Ends when the whole form has ended well: what was read before is not to be kept until then. */
  readonly content: Readable;
}

/** Bytes of one field but the file, of its name and headers, and of everything before the file. */
const MAX_FIELD_BYTES = 16 * 1024;
const MAX_PART_HEADER_BYTES = 8 * 1024;
const MAX_BEFORE_FILE_BYTES = 64 * 1024;
const MAX_FIELDS = 100;
/** Fields that nobody looks at, and the end. */
const MAX_AFTER_FILE_BYTES = 1024 * 1024;
/** RFC 2046 section 5.1.1. */
const MAX_BOUNDARY = 70;

export interface FormOptions {
  readonly contentType: string;
  /** Of the whole form (reference oss 1.22). */
  readonly claimed: ClaimedSums;
  /** For everything before the file to come: until then nobody knows who posts. Milliseconds. */
  readonly fieldsMs: number;
}

/**
 * Reads `multipart/form-data` as it comes: the fields into memory, within bounds, and then hands over the file as a stream.
 * What follows the file is passed over. Backpressure reaches the source.
 *
 * @throws {OssError} the codes of reference oss 1.9, and what `use` throws
 */
export async function readForm<T>(
  { source, signal }: Pick<BorrowedBody, 'source' | 'signal'>,
  { contentType, claimed, fieldsMs }: FormOptions,
  use: (form: Form) => Promise<T>,
): Promise<T> {
  const parser = openParser(contentType);
  const md5 = claimed.md5 === undefined ? undefined : createHash('md5');
  const fields = new Map<string, string>();
  const waiting: Promise<void>[] = [];
  let file: HeldFile | undefined;
  let before = 0;
  let after = 0;
  let failure: unknown;
  let onForm: (form: Form) => void = () => {};
  let onFailure: (error: unknown) => void = () => {};
  const opened = new Promise<Form>((resolve, reject) => {
    onForm = resolve;
    onFailure = reject;
  });

  const fail = (error: unknown): void => {
    if (failure !== undefined) return;
    failure = error;
    onFailure(error);
    file?.fail(error as Error);
  };

  parser.on(
    'file',
    (given: string | undefined, content: Readable, fileName: string | undefined, _encoding: string, type: string) => {
      content.on('error', () => fail(malformed()));
      const name = given?.toLowerCase();
      if (file) {
        if (name === 'file') fail(new OssError('IncorrectNumberOfFilesInPOSTRequest'));
        return void content.resume();
      }
      if (name === 'file') {
        file = new HeldFile(content);
        const { stream } = file;
        // The last bytes of a field may be on their way here yet.
        Promise.all(waiting).then(
          () => onForm({ fields, file: { name: fileName ?? '', contentType: type, content: stream } }),
          fail,
        );
        return;
      }
      if (waiting.length >= MAX_FIELDS) fail(new OssError('MaxPOSTPreDataLengthExceededError'));
      if (failure !== undefined) return void content.resume();
      waiting.push(readField(given, content).then((value) => addField(fields, name ?? '', value)));
      waiting.at(-1)?.catch(fail);
    },
  );
  parser.on('error', () => fail(malformed()));
  parser.on('drain', () => source.resume());
  parser.on('finish', () => {
    if (failure !== undefined) return;
    // What is wrong with a field that came before counts first.
    if (!file)
      return void Promise.all(waiting).then(() => fail(new OssError('IncorrectNumberOfFilesInPOSTRequest')), fail);
    if (md5 && md5.digest('hex').toUpperCase() !== claimed.md5) return fail(new OssError('InvalidDigest'));
    file.end();
  });

  const onData = (chunk: Buffer): void => {
    md5?.update(chunk);
    const room = parser.write(chunk);
    if (!file) before += chunk.length;
    else if (file.ended) after += chunk.length;
    if (!file && before > MAX_BEFORE_FILE_BYTES) fail(new OssError('MaxPOSTPreDataLengthExceededError'));
    if (after > MAX_AFTER_FILE_BYTES) fail(malformed());
    if (!room) source.pause();
  };
  const onEnd = () => parser.end();
  const onGone = (error?: Error) => {
    if (!source.readableEnded) fail(new BodyInterrupted('the sender went away', { cause: error }));
  };
  const onAbort = () => fail(signal.reason);
  const late = setTimeout(() => fail(new OssError('RequestTimeout', { close: true })), fieldsMs);
  try {
    if (signal.aborted) throw signal.reason;
    if (source.destroyed && !source.readableEnded) throw new BodyInterrupted('the sender went away');
    signal.addEventListener('abort', onAbort, { once: true });
    source.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
    const form = await opened;
    clearTimeout(late);
    return await use(form);
  } catch (error) {
    // The user of the file sees a stream that broke; this is why.
    throw failure ?? error;
  } finally {
    opened.catch(() => {});
    clearTimeout(late);
    signal.removeEventListener('abort', onAbort);
    source.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
    source.on('error', () => {}).pause();
    file?.fail(new Error('the form is not read any more'));
  }
}

const malformed = (): OssError => new OssError('MalformedPOSTRequest');

function openParser(contentType: string) {
  const boundary = /;\s*boundary=(?:"([^"]*)"|([^;\s]*))/i.exec(contentType);
  const length = (boundary?.[1] ?? boundary?.[2] ?? '').length;
  if (length === 0 || length > MAX_BOUNDARY) throw malformed();
  return new Busboy({
    headers: { 'content-type': contentType },
    // Every part is a stream: fields are decoded here, strictly.
    isPartAFile: () => true,
    limits: { headerSize: MAX_PART_HEADER_BYTES, headerPairs: 20 },
    fileHwm: 64 * 1024,
    highWaterMark: 64 * 1024,
  });
}

async function readField(name: string | undefined, content: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  await new Promise<void>((resolve) => {
    content.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MAX_FIELD_BYTES) chunks.push(chunk);
    });
    content.on('end', resolve);
  });
  if (name === undefined || name === '') throw malformed();
  if (bytes > MAX_FIELD_BYTES) {
    const message = `The form field ${name.slice(0, 100)} is longer than ${MAX_FIELD_BYTES} bytes.`;
    throw new OssError('FieldItemTooLong', { message });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch {
    throw invalidArgument(name, '', 'The form field is not valid UTF-8.');
  }
}

/** Of two values, the one that a policy was asked about need not be the one that is used. */
function addField(fields: Map<string, string>, name: string, value: string): void {
  if (fields.has(name)) throw invalidArgument(name, '', 'The form field was given more than once.');
  fields.set(name, value);
}

/** The content of the file with its end held back until the form has ended. */
class HeldFile {
  readonly stream: Readable;
  ended = false;
  readonly #content: Readable;

  constructor(content: Readable) {
    this.#content = content;
    this.stream = new Readable({ highWaterMark: 64 * 1024, read: () => void content.resume() });
    this.stream.on('error', () => {});
    content.pause();
    content.on('data', (chunk: Buffer) => {
      if (!this.stream.push(chunk)) content.pause();
    });
    content.on('end', () => {
      this.ended = true;
    });
    content.pause();
  }

  end(): void {
    if (!this.stream.destroyed) this.stream.push(null);
  }

  fail(error: Error): void {
    if (!this.stream.readableEnded) this.stream.destroy(error);
    // What is left of the form is of no use to anybody, and nobody may wait for it to be read.
    this.#content.resume();
  }
}
