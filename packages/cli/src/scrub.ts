import { CommandRefused, type ScrubReport, scrubRunning, scrubStopped } from '@sluice/server';
import { type Command, InvalidArgumentError } from 'commander';
import { CommandFailed, EXIT, type ExitCode } from './exit-codes.js';
import { serverSettings } from './server-settings.js';

interface ScrubCommandOptions extends Record<string, unknown> {
  readonly rate?: number;
  readonly json?: boolean;
}

/** Defines `sluice scrub`. */
export function scrubCommand(program: Command, finish: (code: ExitCode) => void): void {
  program
    .command('scrub')
    .description('read everything that is stored, compare it with what was recorded, and reclaim what nobody names')
    .option('--data <dir>', 'data directory of the server, which may be running (default ".sluice")')
    .option('--config <file>', 'settings from a YAML file')
    .option('--rate <MB/s>', 'read at most so much a second (default: as fast as it goes)', megabytes)
    .option('--json', 'print the report as one line of JSON')
    .addHelpText(
      'after',
      '\nExit code 0: everything is sound. 5: something is damaged or cannot be read; it is listed.',
    )
    .action(async (options: ScrubCommandOptions) => {
      finish(await scrub(options));
    });
}

function megabytes(text: string): number {
  const rate = Number(text);
  if (text.trim() !== '' && rate > 0 && rate <= 100_000) return rate;
  throw new InvalidArgumentError('Use a number above 0.');
}

async function scrub(options: ScrubCommandOptions): Promise<ExitCode> {
  const config = serverSettings(options);
  const bytesPerSecond = options.rate === undefined ? Number.POSITIVE_INFINITY : options.rate * 1e6;
  const controller = new AbortController();
  const interrupt = (): void => controller.abort();
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  const { signal } = controller;
  const onProgress = options.json ? () => {} : progressLine(process.stderr);
  try {
    const how = { bytesPerSecond, signal, onProgress };
    const report = (await scrubRunning(config.data, how)) ?? (await scrubStopped(config, how));
    if (process.stderr.isTTY && !options.json) process.stderr.write('\r\x1b[K');
    process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : text(report));
    return report.clean ? EXIT.ok : EXIT.damaged;
  } catch (error) {
    if (signal.aborted) return EXIT.interrupted;
    if (error instanceof CommandRefused) throw new CommandFailed(EXIT.failed, error.message);
    throw error;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

/** On a terminal only: a log has no use for it. */
function progressLine(out: NodeJS.WriteStream): (tally: { blobs: number; bytes: number }) => void {
  let shown = 0;
  return ({ blobs, bytes }) => {
    if (!out.isTTY || (blobs > 1 && bytes - shown < 10e6)) return;
    shown = bytes;
    out.write(`\r\x1b[K${blobs} blobs, ${size(bytes)}`);
  };
}

const size = (bytes: number): string =>
  bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;

function text(report: ScrubReport): string {
  const rows = [
    `${report.blobs} blobs, ${size(report.bytes)} read`,
    ...(report.unreadable > 0
      ? [`${report.unreadable} could not be read; see the log of the server, and try again`]
      : []),
    ...(report.orphans > 0 ? [`${report.orphans} that nobody names were reclaimed`] : []),
    ...(report.healed > 0 ? [`${report.healed} are whole again`] : []),
    ...report.quarantine.map(damageLine),
    ...(report.more > 0 ? [`and ${report.more} more`] : []),
    report.clean ? 'everything is sound' : `${report.quarantine.length + report.more} blobs are in quarantine`,
  ];
  return `${rows.join('\n')}\n`;
}

function damageLine({
  reason,
  blob,
  objects,
  part,
  recordedSize,
  foundSize,
}: ScrubReport['quarantine'][number]): string {
  const what = part
    ? `part ${part.partNumber} of upload ${part.uploadId}`
    : objects.map(({ bucket, key }) => JSON.stringify(`${bucket}/${key}`)).join(', ');
  const sizes = foundSize === null || foundSize === recordedSize ? '' : `, ${foundSize} of ${recordedSize} bytes`;
  return `${reason}: ${what} (blob ${blob}${sizes})`;
}
