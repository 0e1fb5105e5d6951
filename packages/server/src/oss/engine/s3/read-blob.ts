import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { type ByteRange, EngineUnavailable } from '../engine.js';
import { engineFailure } from './failures.js';
import type { Store } from './store.js';

/** Silence is measured in this many steps. */
const CHECKS = 4;

/**
 * A range of an object, as the store sends it: a reader that stops reading stops the store, one that goes away ends its
 * request.
 */
export async function readBlob(store: Store, key: string, { start, end }: ByteRange): Promise<Readable> {
  const { client, bucket, limits } = store;
  try {
    const command = new GetObjectCommand({ Bucket: bucket, Key: key, Range: `bytes=${start}-${end}` });
    const { Body } = await client.send(command, { requestTimeout: limits.answerMs });
    // In Node the SDK gives the response itself, with methods of its own added.
    const stream = Body as unknown as IncomingMessage;
    watch(stream, limits.stallMs);
    return stream;
  } catch (error) {
    throw engineFailure(error, 'GetObject');
  }
}

/** Ends a stream whose reader waits for bytes that do not come. A reader that is slow itself has bytes waiting for it. */
function watch(stream: IncomingMessage, stallMs: number): void {
  const { socket } = stream;
  let heard = socket.bytesRead;
  let silentChecks = 0;
  const check = setInterval(() => {
    const silent = socket.bytesRead === heard && stream.readableLength === 0 && !stream.complete;
    heard = socket.bytesRead;
    silentChecks = silent ? silentChecks + 1 : 0;
    if (silentChecks >= CHECKS) stream.destroy(new EngineUnavailable('the store stopped in the middle of an object'));
  }, stallMs / CHECKS);
  check.unref();
  stream.once('close', () => clearInterval(check));
}
