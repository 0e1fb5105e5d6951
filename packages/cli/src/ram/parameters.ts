import { readFile } from 'node:fs/promises';
import { CommandFailed, EXIT } from '../exit-codes.js';

const NAME = /^--([A-Z][A-Za-z0-9]*(?:\.[A-Za-z0-9]+)*)(?:=([\s\S]*))?$/;

/**
 * `--UserName alice`, `--UserName=alice`; `@file` is the content of a file, `@@x` is `@x`.
 * @throws {CommandFailed}
 */
export async function readParameters(given: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const parameters = new Map<string, string>();
  for (let i = 0; i < given.length; i++) {
    const text = given[i] as string;
    const [, name, joined] = NAME.exec(text) ?? [];
    if (name === undefined) {
      throw new CommandFailed(
        EXIT.usage,
        `parameters are written --Name value, as in --UserName alice; "${text}" is none`,
      );
    }
    const value = joined ?? given[++i];
    if (value === undefined) throw new CommandFailed(EXIT.usage, `--${name} needs a value`);
    if (parameters.has(name)) throw new CommandFailed(EXIT.usage, `--${name} is given more than once`);
    parameters.set(name, await textOf(name, value));
  }
  return parameters;
}

async function textOf(name: string, text: string): Promise<string> {
  if (!text.startsWith('@')) return text;
  if (text.startsWith('@@')) return text.slice(1);
  try {
    return await readFile(text.slice(1), 'utf8');
  } catch (error) {
    throw new CommandFailed(EXIT.usage, `the file of --${name} cannot be read: ${(error as Error).message}`);
  }
}
