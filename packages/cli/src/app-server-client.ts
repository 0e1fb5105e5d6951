import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpResponse, StsCredentials } from '@sluice/uploader/node';
import { NodeHttpStack } from '@sluice/uploader/node';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { CommandFailed, EXIT } from './exit-codes.js';

/** Where a client gets its tokens and sends its calls. */
export interface EndpointOptions {
  readonly endpoint: string;
  readonly tokenUrl?: string;
  readonly appKey?: string;
}

const DEFAULT_ENDPOINT = 'http://127.0.0.1:8400';
const TIMEOUT_MS = 15_000;
const TRIES = 4;
const LONGEST_PAUSE_S = 30;

/** Where the control plane is, for every command that calls it. */
export const endpointOption = (): Option =>
  urlOption('--endpoint <url>', 'control plane of the server (or SLUICE_ENDPOINT)', 'SLUICE_ENDPOINT').default(
    DEFAULT_ENDPOINT,
  );

/** Options that `upload`, `token` and `doctor` share. */
export function endpointOptions(command: Command): Command {
  return command
    .addOption(endpointOption())
    .addOption(
      urlOption(
        '--token-url <url>',
        'AppServer that vends tokens (default "<endpoint>/token", or SLUICE_TOKEN_URL)',
        'SLUICE_TOKEN_URL',
      ),
    )
    .option('--app-key <key>', 'key that the AppServer asks for (or SLUICE_APP_KEY)');
}

/** What the environment says is checked like the option; a variable that is empty is not set. */
function urlOption(flags: string, description: string, variable: string): Option {
  const option = new Option(flags, description).argParser(httpUrl);
  return process.env[variable] ? option.env(variable) : option;
}

function httpUrl(text: string): string {
  if (URL.canParse(text) && /^https?:/i.test(text)) return text;
  throw new InvalidArgumentError('Use an http or https URL.');
}

/** Asks the AppServer for a token. The answer is the flat `credentials_uri` format. @throws {CommandFailed} */
export async function requestToken(options: EndpointOptions, signal?: AbortSignal): Promise<StsCredentials> {
  const url = options.tokenUrl ?? `${options.endpoint.replace(/\/+$/, '')}/token`;
  const key = options.appKey ?? (process.env.SLUICE_APP_KEY || undefined);
  const http = new NodeHttpStack();
  const ask = (): Promise<HttpResponse> => {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    return http
      .send({
        method: 'POST',
        url,
        headers: key === undefined ? [] : [['authorization', `Bearer ${key}`]],
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
        onActivity: () => undefined,
      })
      .catch((error: unknown) => {
        throw new CommandFailed(EXIT.failed, `no answer from the AppServer at ${url}: ${reason(error)}`);
      });
  };
  try {
    let answer = await ask();
    for (let tries = 1; tries < TRIES; tries++) {
      const pause = askedPause(answer);
      if (pause === undefined) break;
      await sleep(pause, undefined, signal ? { signal } : {});
      answer = await ask();
    }
    if (answer.status === 401 || answer.status === 403) {
      throw new CommandFailed(
        EXIT.denied,
        `the AppServer at ${url} gives no token (HTTP ${answer.status}); check --app-key`,
      );
    }
    if (answer.status !== 200) {
      throw new CommandFailed(
        EXIT.failed,
        isNoAppServer(answer)
          ? `there is no AppServer at ${url} (HTTP ${answer.status}); name yours with --token-url. ` +
              'The built-in one is off where the API is not on loopback and no app key is set'
          : `the AppServer at ${url} answered HTTP ${answer.status}: ${said(answer.body)}`,
      );
    }
    return parseToken(answer.body, url);
  } finally {
    http.close();
  }
}

/** Nothing there, or a control plane that took the call for one of its own operations. */
const isNoAppServer = ({ status, body }: HttpResponse): boolean =>
  status === 404 || (status === 400 && body.includes('<Code>MissingParameter</Code>'));

/** The error of an AppServer by its code and text; of anything else the beginning, on one line. */
function said(body: string): string {
  try {
    const { Code, Message } = JSON.parse(body) as Record<string, unknown>;
    if (typeof Code === 'string' && typeof Message === 'string') return `${Code}: ${Message}`;
  } catch {
    // Not JSON: shown as it is.
  }
  return body.replace(/\s+/g, ' ').trim().slice(0, 200);
}

/** How long a busy AppServer asks to wait, and a little more: many that were refused together do not come back together. */
function askedPause(answer: HttpResponse): number | undefined {
  if (answer.status !== 429 && answer.status !== 503) return undefined;
  const seconds = /^\d{1,3}$/.exec(answer.header('retry-after') ?? '')?.[0];
  if (seconds === undefined || Number(seconds) > LONGEST_PAUSE_S) return undefined;
  return Number(seconds) * 1000 + Math.random() * 1000;
}

function parseToken(body: string, url: string): StsCredentials {
  try {
    const value = JSON.parse(body) as Record<string, unknown>;
    const { AccessKeyId, AccessKeySecret, SecurityToken, Expiration } = value;
    if (typeof AccessKeyId === 'string' && typeof AccessKeySecret === 'string' && typeof SecurityToken === 'string') {
      return {
        accessKeyId: AccessKeyId,
        accessKeySecret: AccessKeySecret,
        securityToken: SecurityToken,
        ...(typeof Expiration === 'string' ? { expiration: Expiration } : {}),
      };
    }
  } catch {
    // Told below: the body itself may hold a secret and is not shown.
  }
  throw new CommandFailed(EXIT.failed, `${url} did not answer with AccessKeyId, AccessKeySecret and SecurityToken`);
}

/** The innermost cause of a failed connection says most. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.message === '' ? error.cause.message : error.message || error.name;
}
