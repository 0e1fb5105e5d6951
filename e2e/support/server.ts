import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const cli = join(root, 'packages', 'cli', 'bin', 'sluice.mjs');
export const repository = root;

export interface Credentials {
  readonly accountId: string;
  readonly root: { readonly user: string; readonly password: string };
  readonly appServer: { readonly accessKeyId: string; readonly accessKeySecret: string };
  readonly uploadRoleArn: string;
  readonly bucket: string;
  readonly region: string;
}

/** One request as the server's log tells it. */
export interface LoggedRequest {
  readonly plane: 'api' | 'oss';
  readonly operation?: string;
  readonly action?: string;
  readonly key?: string;
  readonly uploadId?: string;
  readonly partNumber?: number;
  readonly status: number;
  readonly code?: string;
}

export interface ServerProcess {
  readonly api: string;
  readonly oss: string;
  readonly ossEndpoint: string;
  readonly apiPort: number;
  readonly ossPort: number;
  readonly data: string;
  readonly certificate: string | undefined;
  readonly credentials: Credentials;
  readonly process: ChildProcess;
  /** Requests answered so far. The log runs a moment behind the answers: see {@link logged}. */
  readonly requests: readonly LoggedRequest[];
  /** Waits until a request that fits is logged; all earlier ones are then logged too. */
  logged(fits: (request: LoggedRequest) => boolean): Promise<LoggedRequest>;
  /** Ends it cleanly. @returns the exit code */
  stop(): Promise<number | null>;
  /** Kills it like a power cut would. */
  kill(): Promise<void>;
}

export async function temporaryDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'sluice-e2e-'));
}

export interface ServerOptions {
  readonly data?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly api?: string;
  readonly oss?: string;
  /** A command that runs the server: limits of the system, a disk of its own. */
  readonly before?: readonly string[];
  /** How the files of the server are reached from outside that command. */
  readonly seenFromOutside?: (path: string, pid: number) => string;
}

function normalise(entry: LoggedRequest): LoggedRequest {
  return entry.partNumber === undefined ? entry : { ...entry, partNumber: Number(entry.partNumber) };
}

/** Runs the product as a user would: the real command, in a process of its own, on free ports. */
export async function startServer(options: ServerOptions = {}): Promise<ServerProcess> {
  const data = options.data ?? (await temporaryDirectory());
  const args = ['serve', '--json', '--data', data];
  args.push('--api', options.api ?? '127.0.0.1:0', '--oss', options.oss ?? '127.0.0.1:0', ...(options.args ?? []));
  const [command = process.execPath, ...rest] = [...(options.before ?? []), process.execPath, cli, ...args];
  const child = spawn(command, rest, {
    env: { ...process.env, SLUICE_LOG_LEVEL: 'debug', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const requests: LoggedRequest[] = [];
  const otherLines: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    const entry = line.startsWith('{') ? (JSON.parse(line) as LoggedRequest & { msg?: string }) : undefined;
    if (entry?.msg === 'request') requests.push(normalise(entry));
    else otherLines.push(line);
  });
  const ready = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(([line]) => JSON.parse(line as string)),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the server ended with ${code}: ${otherLines.join('\n')}`);
    }),
  ]);
  const exited = once(child, 'exit');
  return {
    api: ready.api,
    oss: ready.oss,
    ossEndpoint: ready.ossEndpoint,
    apiPort: Number(new URL(ready.api).port),
    ossPort: Number(new URL(ready.oss).port),
    data,
    certificate: ready.certificate,
    credentials: JSON.parse(
      await readFile(options.seenFromOutside?.(ready.credentials, child.pid ?? 0) ?? ready.credentials, 'utf8'),
    ) as Credentials,
    process: child,
    requests,
    async logged(fits) {
      for (let waited = 0; waited < 10_000; waited += 20) {
        const found = requests.find(fits);
        if (found) return found;
        await sleep(20);
      }
      throw new Error('no such request was logged');
    },
    async stop() {
      if (child.exitCode === null) child.kill('SIGINT');
      const [code] = await exited;
      if (options.data === undefined) await rm(data, { recursive: true, force: true });
      return code as number | null;
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
