import { text } from 'node:stream/consumers';
import { CommandRefused } from '../command-refused.js';
import { askLocalServer } from './ask-local-server.js';

const PATIENCE_MS = 120_000;

/**
 * Has the server that runs on a data directory carry out a command that is answered with one JSON text.
 * @returns `undefined` when none runs there
 * @throws {CommandRefused} when it refuses, or cannot be asked
 */
export async function askLocalJson<Answer>(
  data: string,
  method: 'GET' | 'POST',
  path: string,
): Promise<Answer | undefined> {
  try {
    const response = await askLocalServer(data, method, path, AbortSignal.timeout(PATIENCE_MS));
    if (!response) return undefined;
    const body = await text(response);
    const { statusCode: status = 0 } = response;
    if (status === 200) return JSON.parse(body) as Answer;
    throw new CommandRefused(`the server refused: ${body.trim()}`, status === 400);
  } catch (error) {
    throw error instanceof CommandRefused ? error : new CommandRefused(`the server cannot be asked: ${String(error)}`);
  }
}
