import type { IncomingMessage } from 'node:http';
import { EngineUnavailable } from '../engine.js';

/** Silence is measured in this many steps. */
const CHECKS = 4;

/**
 * Ends an answer whose reader waits for bytes that do not come. The SDK's own time limit ends with the head of an answer. A
 * reader that is slow itself has bytes waiting for it.
 */
export function watchAnswer(answer: IncomingMessage, stallMs: number): void {
  const { socket } = answer;
  let heard = socket.bytesRead;
  let silentChecks = 0;
  const check = setInterval(() => {
    // An answer without a body is read by nobody, and never closed.
    if (answer.complete) return clearInterval(check);
    const silent = socket.bytesRead === heard && answer.readableLength === 0;
    heard = socket.bytesRead;
    silentChecks = silent ? silentChecks + 1 : 0;
    if (silentChecks >= CHECKS) answer.destroy(new EngineUnavailable('the store stopped in the middle of an answer'));
  }, stallMs / CHECKS);
  check.unref();
  answer.once('close', () => clearInterval(check));
}
