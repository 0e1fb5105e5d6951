import { CommandRefused, ConfigInvalid, parseConfig, type ServerConfig } from '@sluice/server';
import { CommandFailed, EXIT } from './exit-codes.js';
import { gatherSettings } from './settings.js';

/** The settings of the server that a command is for. @throws {CommandFailed} */
export function serverSettings(options: Readonly<Record<string, unknown>>): ServerConfig {
  try {
    return parseConfig(gatherSettings(options, process.env));
  } catch (error) {
    throw error instanceof ConfigInvalid ? new CommandFailed(EXIT.usage, error.message) : error;
  }
}

/** Has a server carry out a command. @throws {CommandFailed} when it refuses */
export async function ask<Answer>(command: () => Promise<Answer>): Promise<Answer> {
  try {
    return await command();
  } catch (error) {
    if (!(error instanceof CommandRefused)) throw error;
    throw new CommandFailed(error.wrongCall ? EXIT.usage : EXIT.failed, error.message);
  }
}
