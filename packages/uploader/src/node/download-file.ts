import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, stat, unlink } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { ContentCheck, readPromise } from '../download/content-check.js';
import { DownloadError } from '../download/download-error.js';
import { loopbackLookup } from './loopback-lookup.js';

/** Options of `downloadFile`. */
export interface DownloadOptions {
  /** Replace a file that is there. Default: refuse. */
  readonly overwrite?: boolean;
  /** Ends the download; nothing is left of it. */
  readonly signal?: AbortSignal;
  /** Longest silence of the server, milliseconds. Default 60 000. */
  readonly idleMs?: number;
  /** Bytes so far, and of the whole when the server told. */
  readonly onProgress?: (bytes: number, total: number | undefined) => void;
}

/** What was downloaded and checked. */
export interface Downloaded {
  readonly bytes: number;
  /** Unsigned decimal, as `x-oss-hash-crc64ecma` has it. */
  readonly crc64: string;
}

const MAX_ERROR_BYTES = 64 * 1024;

/**
 * Downloads an object (a signed URL, or one that everybody may read) into a file. The file appears under its name when all
 * bytes are there, checked and on the disk: never half, never damaged. Redirects are not followed.
 *
 * @throws {DownloadError}
 */
export async function downloadFile(
  url: string | URL,
  file: string,
  options: DownloadOptions = {},
): Promise<Downloaded> {
  const { overwrite = false, signal, onProgress } = options;
  signal?.throwIfAborted();
  await checkTarget(file, overwrite);
  const answer = await ask(new URL(url), options);
  const partial = `${file}.${randomUUID()}.part`;
  let handle: FileHandle | undefined;
  try {
    const header = (name: string) => answer.headers[name]?.toString();
    if (answer.statusCode !== 200 && answer.statusCode !== 206) throw await refusal(answer);
    const promised = readPromise(answer.statusCode, header);
    const check = new ContentCheck(promised);
    handle = await open(partial, 'wx').catch(cannotWrite);
    for await (const chunk of chunksOf(answer, signal)) {
      check.update(chunk);
      await handle.writeFile(chunk).catch(cannotWrite);
      onProgress?.(check.bytes, promised.size);
    }
    check.finish();
    await handle.sync().catch(cannotWrite);
    await handle.close();
    handle = undefined;
    await rename(partial, file).catch(cannotWrite);
    return { bytes: check.bytes, crc64: promised.crc64.toString() };
  } catch (error) {
    answer.destroy();
    await handle?.close().catch(() => {});
    // There is none when it could not be made; the first error is the one to tell.
    await unlink(partial).catch(() => {});
    throw error;
  }
}

function ask(url: URL, { signal, idleMs = 60_000 }: DownloadOptions): Promise<IncomingMessage> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    // The bytes as they are stored: an encoding on the way could not be checked.
    const headers = { 'accept-encoding': 'identity' };
    const request = send(url, { agent: false, lookup: loopbackLookup, headers, ...(signal ? { signal } : {}) });
    request.setTimeout(idleMs, () => request.destroy(new Error(`the server is silent for ${idleMs} ms`)));
    request.on('response', resolve);
    request.on('error', (error) => reject(signal?.aborted ? signal.reason : broken(error)));
    request.end();
  });
}

async function* chunksOf(answer: IncomingMessage, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of answer) yield chunk as Buffer;
  } catch (error) {
    throw signal?.aborted ? signal.reason : broken(error);
  }
}

/** The error of the server, by its code and text. */
async function refusal(answer: IncomingMessage): Promise<DownloadError> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunksOf(answer, undefined)) {
    bytes += chunk.length;
    if (bytes > MAX_ERROR_BYTES) break;
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  const member = (name: string) => new RegExp(`<${name}>([^<]{1,500})</${name}>`).exec(text)?.[1];
  const said = [member('Code'), member('Message')].filter((one) => one !== undefined).join(': ');
  const status = answer.statusCode ?? 0;
  return new DownloadError('Refused', `The server answered with status ${status}${said ? ` (${said})` : ''}.`, status);
}

const broken = (error: unknown): DownloadError =>
  new DownloadError('Network', `The connection failed: ${error instanceof Error ? error.message : error}`, undefined, {
    cause: error,
  });

function cannotWrite(error: unknown): never {
  const reason = error instanceof Error ? error.message : String(error);
  throw new DownloadError('File', `The file cannot be written: ${reason}`, undefined, { cause: error });
}

/** What is there is replaced by a rename, which must not put a file in the place of a directory, a pipe or `/dev/null`. */
async function checkTarget(file: string, overwrite: boolean): Promise<void> {
  const there = await stat(file).catch(() => undefined);
  if (there && !overwrite) throw new DownloadError('File', `${file} is there already.`);
  if (there && !there.isFile()) throw new DownloadError('File', `${file} is not a file.`);
}
