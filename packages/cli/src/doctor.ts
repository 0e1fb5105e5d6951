import { type CheckReport, checkUpload, describeFinding, describeReport } from '@sluice/uploader/doctor';
import { type Command, InvalidArgumentError } from 'commander';
import { type EndpointOptions, endpointOptions, requestToken } from './app-server-client.js';
import { CommandFailed, EXIT, type ExitCode } from './exit-codes.js';
import { integer } from './integer.js';

interface DoctorOptions extends EndpointOptions {
  readonly origin?: string;
  readonly probe: boolean;
  readonly partSize?: number;
  readonly timeout?: number;
  readonly all?: boolean;
  readonly json?: boolean;
}

/** Defines `sluice doctor`. */
export function doctorCommand(program: Command, finish: (code: ExitCode) => void): void {
  endpointOptions(program.command('doctor'))
    .description('find what would make uploads fail, and say what to do')
    .option('--origin <url>', 'also check what a page of this origin is told (CORS)', pageOrigin)
    .option('--no-probe', 'make nothing on the server; the data plane is then not looked at')
    .option(
      '--part-size <bytes>',
      'of the part that is sent (default 102400); as long as yours, to find a proxy that refuses it',
      integer(1, 64 * 1024 * 1024),
    )
    .option('--timeout <seconds>', 'for one call (default 10)', integer(1, 600))
    .option('--all', 'also show what was skipped')
    .option('--json', 'print the report as one line of JSON')
    .action(async (options: DoctorOptions) => {
      finish(await doctor(options));
    });
}

function pageOrigin(text: string): string {
  if (URL.canParse(text) && /^https?:/i.test(text)) return new URL(text).origin;
  throw new InvalidArgumentError('Use the URL of a page, e.g. https://app.example.com.');
}

async function doctor(options: DoctorOptions): Promise<ExitCode> {
  let refused: CommandFailed | undefined;
  const controller = new AbortController();
  const interrupt = (): void => controller.abort();
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    const report = await checkUpload(
      {
        endpoint: options.endpoint,
        credentials: async ({ signal }) => {
          try {
            return await requestToken(options, signal);
          } catch (error) {
            if (error instanceof CommandFailed) refused = error;
            throw error;
          }
        },
      },
      {
        probe: options.probe,
        signal: controller.signal,
        ...(options.origin === undefined ? {} : { origin: options.origin }),
        ...(options.partSize === undefined ? {} : { partSize: options.partSize }),
        ...(options.timeout === undefined ? {} : { timeout: options.timeout * 1000 }),
      },
    );
    process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : text(report, options.all === true));
    return exitCodeOf(report, refused);
  } catch (error) {
    if (controller.signal.aborted) return EXIT.interrupted;
    throw error;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

function text(report: CheckReport, all: boolean): string {
  const skipped = all ? report.findings.filter(({ status }) => status === 'skipped').map(describeFinding) : [];
  return `${[...skipped, describeReport(report)].join('\n')}\n`;
}

/** 4 where the AppServer or a policy says no and nothing else is wrong, as with `upload`. */
function exitCodeOf({ ok, findings }: CheckReport, refused: CommandFailed | undefined): ExitCode {
  if (ok) return EXIT.ok;
  const failed = findings.filter(({ status }) => status === 'fail').map(({ id }) => id);
  if (failed.every((id) => id.endsWith('-permission'))) return EXIT.denied;
  return failed.length === 1 && refused ? refused.exitCode : EXIT.failed;
}
