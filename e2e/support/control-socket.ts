import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

export interface Scrubbed {
  readonly clean: boolean;
  readonly blobs: number;
  readonly damaged: number;
  readonly quarantine: readonly unknown[];
}

/** What `sluice scrub` asks the running server, without the command. */
export async function scrubServer(data: string): Promise<Scrubbed> {
  const lines = (await answerOf(data, 'POST', '/scrub')).trim().split('\n');
  const last = JSON.parse(lines.at(-1) ?? '{}') as { event?: string; report?: Scrubbed };
  if (last.event !== 'report' || !last.report) throw new Error(`the scrub ended with ${lines.at(-1)}`);
  return last.report;
}

/** A command that is answered with one JSON text. */
export async function askServer<Answer>(data: string, method: 'GET' | 'POST', path: string): Promise<Answer> {
  return JSON.parse(await answerOf(data, method, path)) as Answer;
}

async function answerOf(data: string, method: 'GET' | 'POST', path: string): Promise<string> {
  const req = request({ socketPath: join(data, 'control.sock'), method, path, agent: false }).end();
  const [res] = (await once(req, 'response')) as [IncomingMessage];
  return text(res);
}
