import { open, rm } from 'node:fs/promises';
import { AdministratorRefused, bootstrapAdministrator, ConfigInvalid, parseConfig } from '@sluice/server';
import type { Command } from 'commander';
import { CommandFailed, EXIT, type ExitCode } from '../exit-codes.js';
import { gatherSettings } from '../settings.js';

interface BootstrapOptions extends Record<string, unknown> {
  readonly user: string;
  readonly replace?: boolean;
  readonly out?: string;
}

/** Defines `sluice ram bootstrap`. */
export function bootstrapCommand(ram: Command, finish: (code: ExitCode) => void): void {
  ram
    .command('bootstrap')
    .description(
      'make a RAM user who may do everything, with an access key; needs the data directory, and no other key',
    )
    .option('--data <dir>', 'data directory of the server, which may be running (default ".sluice")')
    .option('--config <file>', 'settings from a YAML file')
    .option('--user <name>', 'name of the user, made when there is none', 'admin')
    .option('--replace', 'delete the access keys that the user has: for when they are lost')
    .option('--out <file>', 'write the key into a new file that only you can read, instead of printing it')
    .action(async (options: BootstrapOptions) => {
      await bootstrap(options);
      finish(EXIT.ok);
    });
}

async function bootstrap(options: BootstrapOptions): Promise<void> {
  const config = settings(options);
  // Opened first: a key that cannot be put away would be lost.
  const file = options.out === undefined ? undefined : await newFile(options.out);
  try {
    const { user, replace = false } = options;
    const key = await bootstrapAdministrator(config, { user, replace }).catch((error: unknown) => {
      if (!(error instanceof AdministratorRefused)) throw error;
      throw new CommandFailed(error.wrongCall ? EXIT.usage : EXIT.failed, error.message);
    });
    const text = `${JSON.stringify(key, null, 2)}\n`;
    if (!file) process.stdout.write(text);
    else {
      await file.handle.writeFile(text);
      await file.handle.sync();
      process.stderr.write(`the access key of ${key.UserName} is in ${file.name}\n`);
    }
  } catch (error) {
    await file?.remove();
    throw error;
  } finally {
    await file?.handle.close();
  }
}

async function newFile(name: string) {
  try {
    const handle = await open(name, 'wx', 0o600);
    return { name, handle, remove: () => rm(name, { force: true }) };
  } catch (error) {
    throw new CommandFailed(EXIT.usage, `the file for the key cannot be made: ${(error as Error).message}`);
  }
}

function settings(options: BootstrapOptions): ReturnType<typeof parseConfig> {
  try {
    return parseConfig(gatherSettings(options, process.env));
  } catch (error) {
    throw error instanceof ConfigInvalid ? new CommandFailed(EXIT.usage, error.message) : error;
  }
}
