import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { auditCommand } from './audit.js';
import { doctorCommand } from './doctor.js';
import { downloadCommand } from './download.js';
import { CommandFailed, EXIT, type ExitCode } from './exit-codes.js';
import { keysCommand } from './keys.js';
import { plain } from './plain-text.js';
import { ramCommand } from './ram.js';
import { revokeCommand } from './revoke.js';
import { scrubCommand } from './scrub.js';
import { serveCommand } from './serve.js';
import { tokenCommand } from './token.js';
import { uploadCommand } from './upload.js';

/** Runs one command line. @returns the exit code */
export async function run(argv: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  const finish = (finished: ExitCode): void => {
    code = finished;
  };
  const program = new Command('sluice')
    .description('Direct, resumable media uploads with short-lived credentials')
    .version((createRequire(import.meta.url)('../package.json') as { version: string }).version)
    .exitOverride()
    // Options belong to the command that they stand behind: `revoke` and `revoke list` both have some.
    .enablePositionalOptions()
    .showSuggestionAfterError();
  serveCommand(program, finish);
  uploadCommand(program, finish);
  downloadCommand(program, finish);
  tokenCommand(program);
  ramCommand(program, finish);
  doctorCommand(program, finish);
  scrubCommand(program, finish);
  auditCommand(program, finish);
  keysCommand(program);
  revokeCommand(program);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (error instanceof CommandFailed) {
      process.stderr.write(`sluice: ${plain(error.message)}\n`);
      return error.exitCode;
    }
    process.stderr.write(`sluice: unexpected failure: ${error instanceof Error ? error.stack : String(error)}\n`);
    return EXIT.failed;
  }
}
