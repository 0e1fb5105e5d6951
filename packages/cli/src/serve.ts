import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ConfigInvalid, parseConfig, type RunningServer, StartFailed, startServer } from '@sluice/server';
import type { Command } from 'commander';
import { CommandFailed, EXIT, type ExitCode } from './exit-codes.js';
import { gatherSettings } from './settings.js';

interface ServeOptions extends Record<string, unknown> {
  readonly json?: boolean;
}

/** Defines `sluice serve`. */
export function serveCommand(program: Command, finish: (code: ExitCode) => void): void {
  program
    .command('serve')
    .description('run RAM, STS, VOD and OSS on this machine')
    .option('--data <dir>', 'directory of the objects, the keys and the SQLite database (default ".sluice")')
    .option('--database <url>', '"sqlite" or postgres://user@host:port/database (default "sqlite")')
    .option('--api <host:port>', 'control plane; port 0 picks a free one (default "127.0.0.1:8400")')
    .option('--oss <host:port>', 'data plane, another origin on purpose (default "127.0.0.1:8401")')
    .option('--oss-domain <name>', 'buckets are <bucket>.<name> (default "oss.localhost")')
    .option('--oss-url <url>', 'public URL of the data plane when a proxy stands before it')
    .option('--tls-self-signed', 'serve https with a certificate of its own, kept in the data directory')
    .option('--tls-cert <file>', 'serve https with this certificate (PEM)')
    .option('--tls-key <file>', 'and this key (PEM)')
    .option('--app-key <key>', 'key that callers of the built-in AppServer must show (at least 16 characters)')
    .option('--callback-url <url>', 'where events are sent')
    .option('--callback-auth-key <key>', 'key of the signature on events')
    .option('--storage <where>', 'disk, or s3 for a bucket of an S3-compatible store (default "disk")')
    .option('--s3-endpoint <url>', 'the store, unless it is AWS')
    .option('--s3-bucket <name>', 'its bucket; the keys come from the environment, see docs/settings.md')
    .option('--s3-region <name>', 'its region (default "us-east-1")')
    .option('--s3-prefix <folders/>', 'what all names in the bucket begin with (default "sluice/")')
    .option('--log-level <level>', 'debug, info, warn, error or silent (default "info")')
    .option('--config <file>', 'settings from a YAML file')
    .option('--json', 'print one line of JSON when requests are answered')
    .addHelpText(
      'after',
      '\nEvery option has an environment variable: --oss-domain is SLUICE_OSS_DOMAIN. The command line wins over the\nenvironment, the environment over the file.',
    )
    .action(async (options: ServeOptions) => {
      const server = await start(options);
      // Before the word that it is ready: whoever reads that may end it at once.
      const ended = stopped(server);
      process.stdout.write(wantsJson(options) ? readyLine(server) : welcome(server));
      finish(await ended);
    });
}

/** `SLUICE_JSON` is read like every other switch: empty, `0` and `false` are off. */
function wantsJson({ json }: ServeOptions): boolean {
  return json ?? !/^(|0|false|no|off)$/i.test(process.env.SLUICE_JSON ?? '');
}

async function start(options: ServeOptions): Promise<RunningServer> {
  try {
    const config = parseConfig(gatherSettings(options, process.env));
    return await startServer(config, { pages: builtPages() });
  } catch (error) {
    if (error instanceof ConfigInvalid) throw new CommandFailed(EXIT.usage, error.message);
    if (error instanceof StartFailed) throw new CommandFailed(EXIT.failed, error.message);
    throw error;
  }
}

/** The static bundle of the console package. */
function builtPages(): string | undefined {
  const manifest = createRequire(import.meta.url).resolve('@sluice/console/package.json');
  const pages = join(dirname(manifest), 'dist', 'demo');
  return existsSync(pages) ? pages : undefined;
}

function readyLine(server: RunningServer): string {
  const line = {
    ready: true,
    api: server.apiUrl,
    oss: server.ossUrl,
    credentials: server.credentialsFile,
    ossEndpoint: server.ossEndpoint,
    ...(server.certFile ? { certificate: server.certFile } : {}),
  };
  return `${JSON.stringify(line)}\n`;
}

function welcome(server: RunningServer): string {
  const rows = [
    [
      'demo page',
      server.hasAppServer ? `${server.apiUrl}/demo/` : 'off: the API is not on loopback and no --app-key is set',
    ],
    ['RAM, STS, VOD', server.apiUrl],
    ['OSS', server.ossEndpoint],
    ['keys', server.credentialsFile],
    ...(server.certFile ? [['certificate', server.certFile]] : []),
  ];
  return `Sluice is ready.\n\n${rows.map(([name, value]) => `  ${(name as string).padEnd(14)} ${value}`).join('\n')}\n\nCtrl-C ends it.\n`;
}

/** One Ctrl-C arrives more than once when a package manager stands between; within this time it counts as one. */
const SAME_SIGNAL_MS = 1000;

/** Waits for a signal, then for the requests in flight. A second signal does not wait. */
function stopped(server: RunningServer): Promise<ExitCode> {
  return new Promise((resolve, reject) => {
    let stoppingSince: number | undefined;
    const onSignal = (): void => {
      const now = performance.now();
      if (stoppingSince !== undefined && now - stoppingSince > SAME_SIGNAL_MS) process.exit(EXIT.interrupted);
      if (stoppingSince !== undefined) return;
      stoppingSince = now;
      server.stop().then(() => resolve(EXIT.ok), reject);
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}
