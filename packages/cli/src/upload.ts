import { access, constants, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createUploader, UploadError, type UploadTask } from '@sluice/uploader/node';
import type { Command } from 'commander';
import { type EndpointOptions, endpointOptions, requestToken } from './app-server-client.js';
import { CommandFailed, EXIT, type ExitCode, REFUSED_CREDENTIALS } from './exit-codes.js';
import { integer } from './integer.js';
import { type FileOutcome, humanDisplay, jsonDisplay, type UploadDisplay } from './upload-display.js';

interface UploadCommandOptions extends EndpointOptions {
  readonly title?: string;
  readonly description?: string;
  readonly tags?: string;
  readonly partSize?: number;
  readonly parallel?: number;
  readonly resume: boolean;
  readonly stateDir?: string;
  readonly json?: boolean;
}

/** Defines `sluice upload`. */
export function uploadCommand(program: Command, finish: (code: ExitCode) => void): void {
  endpointOptions(program.command('upload'))
    .description('upload videos, audios and images; the same command again goes on after an interruption')
    .argument('<files...>', 'files to upload')
    .option('--title <text>', 'title, for a single file (default: its name)')
    .option('--description <text>', 'description')
    .option('--tags <list>', 'comma separated, 16 at most')
    .option('--part-size <bytes>', 'at least 102400 (default: follows the line)', integer(102_400, 5e9))
    .option('--parallel <n>', 'parts of one file in flight (default: follows the line)', integer(1, 64))
    .option('--no-resume', 'begin anew and remember nothing')
    .option('--state-dir <dir>', 'where unfinished uploads are remembered (or SLUICE_STATE_DIR)')
    .option('--json', 'one line of JSON an event')
    .action(async (files: string[], options: UploadCommandOptions) => {
      finish(await upload(files, options));
    });
}

async function upload(files: readonly string[], options: UploadCommandOptions): Promise<ExitCode> {
  if (options.title !== undefined && files.length > 1)
    throw new CommandFailed(EXIT.usage, '--title goes with one file only');
  await Promise.all(files.map(checkFile));
  const directory = options.stateDir ?? (process.env.SLUICE_STATE_DIR || undefined);
  const uploader = createUploader({
    endpoint: options.endpoint,
    credentials: ({ signal }) => requestToken(options, signal),
    ...(options.partSize === undefined ? {} : { partSize: options.partSize }),
    ...(options.parallel === undefined ? {} : { parallel: options.parallel }),
    ...(options.resume ? {} : { checkpoints: false as const }),
    ...(directory === undefined ? {} : { directory }),
  });
  const display = options.json ? jsonDisplay(process.stdout) : humanDisplay(process.stderr, options.resume);
  let interrupted = false;
  const interrupt = (): void => {
    if (interrupted) process.exit(EXIT.interrupted);
    interrupted = true;
    uploader.close();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    const outcomes = await Promise.all(
      [...new Set(files.map((file) => resolve(file)))].map((file) => {
        const { title, description, tags } = options;
        const task = uploader.upload(file, { title, description, tags });
        display.follow(file, task);
        return outcomeOf(file, task, display);
      }),
    );
    display.summary(outcomes, interrupted);
    return interrupted ? EXIT.interrupted : exitCodeOf(outcomes);
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    uploader.close();
  }
}

async function checkFile(file: string): Promise<void> {
  try {
    if (!(await stat(file)).isFile()) throw new CommandFailed(EXIT.usage, `${file} is not a file`);
    await access(file, constants.R_OK);
  } catch (error) {
    if (error instanceof CommandFailed) throw error;
    // A command line in Node is text: bytes that are not UTF-8 are lost before anybody can open the file.
    const lost = file.includes('\ufffd') && (error as NodeJS.ErrnoException).code === 'ENOENT';
    const why = lost ? 'its name is not UTF-8; rename it, or link it under another name' : (error as Error).message;
    throw new CommandFailed(EXIT.usage, `${file} cannot be read: ${why}`);
  }
}

async function outcomeOf(file: string, task: UploadTask, display: UploadDisplay): Promise<FileOutcome> {
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1000;
  let outcome: FileOutcome;
  try {
    outcome = { file, result: await task.done, seconds: seconds() };
  } catch (error) {
    if (!(error instanceof UploadError)) throw error;
    outcome = { file, error, seconds: seconds() };
  }
  display.settled(outcome);
  return outcome;
}

const DENIED: ReadonlySet<string> = new Set(['NoPermission', 'Forbidden', 'AccessDenied', 'CredentialsRefused']);

/** The token itself, or its secret, does not do. */
const isDenied = ({ error }: FileOutcome): boolean =>
  error !== undefined && (DENIED.has(error.code) || REFUSED_CREDENTIALS.test(error.code));

function exitCodeOf(outcomes: readonly FileOutcome[]): ExitCode {
  const failed = outcomes.filter(({ error }) => error !== undefined);
  if (failed.length === 0) return EXIT.ok;
  if (failed.length < outcomes.length) return EXIT.partly;
  const cause = failed.map(({ error }) => error?.cause).find((value) => value instanceof CommandFailed);
  if (cause) return cause.exitCode;
  return failed.every(isDenied) ? EXIT.denied : EXIT.failed;
}
