import { type IncomingMessage, request } from 'node:http';
import { relative } from 'node:path';
import { controlSocket } from './local-control.js';

/**
 * Sends a command to the server that runs on a data directory.
 * @returns `undefined` when none runs there
 * @throws what else kept the connection from being made, or the signal's reason
 */
export async function askLocalServer(
  data: string,
  method: 'GET' | 'POST',
  path: string,
  signal: AbortSignal,
): Promise<IncomingMessage | undefined> {
  const absolute = controlSocket(data);
  const near = relative(process.cwd(), absolute);
  const socketPath = near.length < absolute.length ? near : absolute;
  return new Promise((resolve, reject) => {
    const req = request({ socketPath, method, path, agent: false, signal }, resolve);
    req.on('error', (error: NodeJS.ErrnoException) => {
      if (signal.aborted) reject(signal.reason);
      else if (NOBODY.has(error.code ?? '')) resolve(undefined);
      else reject(error);
    });
    req.end();
  });
}

/** No socket, one that a killed server left, no directory, and a path too long to hold one. */
const NOBODY = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTDIR', 'EINVAL']);
