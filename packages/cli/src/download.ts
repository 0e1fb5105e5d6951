import { basename } from 'node:path';
import { DownloadError, downloadFile } from '@sluice/uploader/download';
import type { Command } from 'commander';
import { CommandFailed, EXIT, type ExitCode } from './exit-codes.js';

/** Defines `sluice download`. */
export function downloadCommand(program: Command, finish: (code: ExitCode) => void): void {
  program
    .command('download')
    .description('download an object by its signed URL, and check every byte against the CRC-64 it was stored with')
    .argument('<url>', 'signed URL, or one that everybody may read')
    .argument('[file]', 'where to (default: the last part of the path, in this directory)')
    .option('--overwrite', 'replace a file that is there')
    .option('--json', 'one line of JSON at the end')
    .action(async (url: string, file: string | undefined, options: { overwrite?: boolean; json?: boolean }) => {
      finish(await download(url, file, options));
    });
}

async function download(
  url: string,
  given: string | undefined,
  options: { overwrite?: boolean; json?: boolean },
): Promise<ExitCode> {
  if (!URL.canParse(url) || !/^https?:/i.test(url)) throw new CommandFailed(EXIT.usage, 'use an http or https URL');
  const file = given ?? nameOf(new URL(url));
  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort();
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    const { overwrite = false } = options;
    const { bytes, crc64 } = await downloadFile(url, file, { overwrite, signal: interruption.signal });
    if (options.json) process.stdout.write(`${JSON.stringify({ event: 'done', file, bytes, crc64 })}\n`);
    else process.stderr.write(`${file}: ${bytes} bytes, checked (CRC-64 ${crc64})\n`);
    return EXIT.ok;
  } catch (error) {
    if (interruption.signal.aborted) return EXIT.interrupted;
    if (!(error instanceof DownloadError)) throw error;
    throw new CommandFailed(exitCodeOf(error), error.message);
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

/** What a file that cannot be written has to do with the disk, and not with its name. */
const OF_THE_DISK: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 'EMFILE', 'ENFILE']);

export function exitCodeOf({ code, status, cause }: DownloadError): ExitCode {
  if (status === 401 || status === 403) return EXIT.denied;
  return code === 'File' && !OF_THE_DISK.has(Object(cause).code) ? EXIT.usage : EXIT.failed;
}

/** The name is the server's word: no path of it is taken. */
function nameOf({ pathname }: URL): string {
  const last = pathname.split('/').at(-1) ?? '';
  let name = '';
  try {
    name = basename(decodeURIComponent(last).replaceAll('\\', '/'));
  } catch {
    // Not UTF-8: no name then.
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a file name has none
  if (name === '' || name === '.' || name === '..' || /[\u0000-\u001f\u007f]/.test(name)) {
    throw new CommandFailed(EXIT.usage, 'the URL names no file; say where to: sluice download <url> <file>');
  }
  return name;
}
