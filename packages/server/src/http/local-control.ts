import { chmod, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { NoteAct } from '../audit/operator-acts.js';
import type { Log } from '../runtime.js';

/** Where commands on this machine reach the server that has the data directory. */
export const controlSocket = (data: string): string => join(data, 'control.sock');

/** Systems bound the path of a socket: 108 bytes with its end on Linux, 104 on others. */
export const MAX_SOCKET_PATH = 103;

/** One row of the table of local commands. */
export interface LocalCommand {
  readonly method: 'GET' | 'POST';
  /** `/scrub` */
  readonly path: string;
  /** Under which it is recorded. Absent: it changes nothing, or what it does is recorded where it is done. */
  readonly action?: string;
  /** Answers in whole. What it throws is logged and told, in an answer that was begun by breaking off the connection. */
  readonly run: (call: LocalCall) => Promise<void>;
}

export interface LocalCall {
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** For the audit trail: what the query does not tell. */
  readonly note?: NoteAct | undefined;
}

export interface LocalControlParts {
  readonly data: string;
  readonly commands: readonly LocalCommand[];
  readonly log: Log;
}

/**
 * Commands for the running server, on a socket in its data directory: who may open it is who may write there, so it takes no
 * other credential, and no port is opened. HTTP, because everything here speaks it.
 */
export async function localControl({ data, commands, log }: LocalControlParts): Promise<{ stop(): Promise<void> }> {
  const path = controlSocket(data);
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH) {
    log.warn({ path }, 'the path of the control socket is too long for the system; commands need a stopped server');
    return { stop: async () => {} };
  }
  const server = createServer((request, response) => {
    answer(commands, request, response).catch((error: unknown) => {
      log.error({ err: error }, 'a local command failed');
      if (response.headersSent) response.destroy();
      else refuse(response, 500, `it failed: ${error instanceof Error ? error.message : String(error)}`);
    });
  });
  // A killed server leaves it behind; whoever holds the database may take it away.
  await rm(path, { force: true });
  try {
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen({ path }, resolve));
    await chmod(path, 0o600);
  } catch (error) {
    log.warn({ err: error, path }, 'the control socket cannot be made; commands need a stopped server');
  }
  return {
    async stop() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await rm(path, { force: true });
    },
  };
}

async function answer(
  commands: readonly LocalCommand[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://localhost');
  const command = commands.find(({ method, path }) => method === request.method && path === pathname);
  if (!command) return refuse(response, 404, 'this server has no such command');
  await command.run({ query, request, response });
}

/** One line of text, for people. */
export function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${message}\n`);
}

export function answerJson(response: ServerResponse, value: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(`${JSON.stringify(value)}\n`);
}
