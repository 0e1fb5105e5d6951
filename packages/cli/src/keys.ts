import { type KeyState, listKeys, rotateKeys } from '@sluice/server';
import type { Command } from 'commander';
import { ask, serverSettings } from './server-settings.js';
import { textTable } from './text-table.js';

interface KeysOptions extends Record<string, unknown> {
  readonly json?: boolean;
}

/** Defines `sluice keys`. */
export function keysCommand(program: Command): void {
  const keys = program.command('keys').description('the keys that tokens and secrets at rest are sealed under');
  withOptions(keys.command('list').description('list them, newest first')).action(async (options: KeysOptions) => {
    print(await ask(() => listKeys(serverSettings(options))), options);
  });
  withOptions(keys.command('rotate').description('add a key and seal under it from now on; live tokens stay good'))
    .addHelpText('after', '\nThe server may be running or stopped. Back up keyring.json afterwards.')
    .action(async (options: KeysOptions) => {
      print(await ask(() => rotateKeys(serverSettings(options))), options);
    });
}

const withOptions = (command: Command): Command =>
  command
    .option('--data <dir>', 'data directory of the server, which may be running (default ".sluice")')
    .option('--config <file>', 'settings from a YAML file')
    .option('--json', 'print one line of JSON');

function print(keys: readonly KeyState[], { json }: KeysOptions): void {
  process.stdout.write(
    json
      ? `${JSON.stringify({ keys: keys.map(shown) })}\n`
      : textTable(
          ['key', 'made', 'state'],
          keys.map((key) => [String(key.id), instant(key.createdAt), state(key)]),
        ),
  );
}

const instant = (at: number): string => new Date(at).toISOString();

const shown = ({ id, createdAt, current, retiresAt }: KeyState) => ({
  id,
  createdAt: instant(createdAt),
  current,
  retiresAt: retiresAt === undefined ? null : instant(retiresAt),
});

const state = ({ retiresAt }: KeyState): string =>
  retiresAt === undefined ? 'current' : `opens what it sealed, goes after ${instant(retiresAt)}`;
