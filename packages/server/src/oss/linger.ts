import type { IncomingMessage } from 'node:http';
import type { OssLimits } from './limits.js';

/**
 * Reads and throws away what is left of a body, within limits. A connection that is closed while its peer still sends makes
 * the peer's system discard an answer it has already received; with this a client whose token expired gets to read so.
 * @returns whether the body came to its end, so that the connection can serve the next request
 */
export async function drain(
  req: IncomingMessage,
  { lingerBytes, lingerMs }: Pick<OssLimits, 'lingerBytes' | 'lingerMs'>,
): Promise<boolean> {
  if (req.readableEnded) return true;
  if (req.destroyed) return false;
  return new Promise<boolean>((resolve) => {
    let bytes = 0;
    const finish = (whole: boolean): void => {
      clearTimeout(timer);
      req.off('data', onData).off('end', onEnd).off('close', onClose).pause();
      resolve(whole);
    };
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > lingerBytes) finish(false);
    };
    const onEnd = () => finish(true);
    const onClose = () => finish(req.readableEnded);
    const timer = setTimeout(finish, lingerMs, false);
    req
      .on('error', () => {})
      .on('data', onData)
      .on('end', onEnd)
      .on('close', onClose)
      .resume();
  });
}
