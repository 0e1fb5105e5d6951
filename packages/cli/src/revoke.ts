import {
  type GivenRevocation,
  liftRevocation,
  listRevocationsOf,
  type Revoked,
  revoke,
  type ShownRevocation,
} from '@sluice/server';
import type { Command } from 'commander';
import { CommandFailed, EXIT } from './exit-codes.js';
import { ask, serverSettings } from './server-settings.js';
import { textTable } from './text-table.js';

interface CommonOptions extends Record<string, unknown> {
  readonly json?: boolean;
}

interface RevokeOptions extends CommonOptions {
  readonly role?: string;
  readonly session?: string;
  readonly sourceIdentity?: string;
  readonly token?: string;
  readonly notBefore?: string;
  readonly keepUploads?: boolean;
  readonly reason?: string;
}

/** Defines `sluice revoke`. */
export function revokeCommand(program: Command): void {
  const command = program
    .command('revoke')
    .description('end live sessions before their time, with their uploads')
    .enablePositionalOptions();
  withOptions(command)
    .option('--role <name>', 'sessions of this role')
    .option('--session <name>', 'sessions of this name; with --role those of that role only')
    .option('--source-identity <name>', 'sessions that carry it')
    .option('--token <id>', 'the one token of this access key id (STS.…)')
    .option('--not-before <instant>', 'those issued at it or before, 2026-01-01T12:00:00Z (default: now)')
    .option('--keep-uploads', 'do not end their unfinished multipart uploads')
    .option('--reason <text>', 'kept with the revocation, up to 256 characters')
    .addHelpText(
      'after',
      '\nWho may still assume the role gets a new token at once: take that right away first, then revoke.',
    )
    .action(async (options: RevokeOptions) => {
      const given = parameters(options);
      const done = await ask(() => revoke(serverSettings(options), given));
      process.stdout.write(options.json ? `${JSON.stringify(done)}\n` : told(done));
    });
  withOptions(command.command('list').description('list what is revoked, newest first')).action(
    async (options: CommonOptions) => {
      const all = await ask(() => listRevocationsOf(serverSettings(options)));
      process.stdout.write(options.json ? `${JSON.stringify({ Revocations: all })}\n` : table(all));
    },
  );
  withOptions(
    command.command('lift <id>').description('take a revocation back; tokens that are not over live again'),
  ).action(async (id: string, options: CommonOptions) => {
    await ask(() => liftRevocation(serverSettings(options), id));
    process.stdout.write(options.json ? `${JSON.stringify({ RevocationId: id })}\n` : `${id} is taken back\n`);
  });
}

const withOptions = (command: Command): Command =>
  command
    .option('--data <dir>', 'data directory of the server, which may be running (default ".sluice")')
    .option('--config <file>', 'settings from a YAML file')
    .option('--json', 'print one line of JSON');

function parameters(options: RevokeOptions): GivenRevocation {
  const { role, session, sourceIdentity, token, notBefore, keepUploads, reason } = options;
  const subjects = [role ?? session, sourceIdentity, token].filter((each) => each !== undefined);
  if (subjects.length !== 1) {
    throw new CommandFailed(
      EXIT.usage,
      'say whose sessions: --role, --session, both of these, --source-identity, or --token',
    );
  }
  const given = {
    RoleName: role,
    RoleSessionName: session,
    SourceIdentity: sourceIdentity,
    TokenAccessKeyId: token,
    NotBefore: notBefore,
    AbortUploads: keepUploads ? 'false' : undefined,
    Reason: reason,
  };
  return Object.fromEntries(Object.entries(given).filter((pair): pair is [string, string] => pair[1] !== undefined));
}

function told({ Revocation, AbortedUploads }: Revoked): string {
  return [
    `revoked: sessions of ${subject(Revocation)}, issued at ${Revocation.NotBefore} or before`,
    `unfinished uploads ended: ${AbortedUploads}`,
    `to take it back: sluice revoke lift ${Revocation.RevocationId}`,
    '',
  ].join('\n');
}

const table = (all: readonly ShownRevocation[]): string =>
  all.length === 0
    ? 'nothing is revoked\n'
    : textTable(
        ['id', 'sessions of', 'issued until', 'forgotten', 'by', 'reason'],
        all.map((row) => [
          row.RevocationId,
          subject(row),
          row.NotBefore,
          row.ExpirationDate,
          row.CreatedBy,
          // One row a line, whatever was written into it.
          JSON.stringify(row.Reason).slice(1, -1),
        ]),
      );

function subject({ RoleId, RoleSession, SourceIdentity, TokenId }: ShownRevocation): string {
  if (RoleId !== undefined) return `role ${RoleId}`;
  if (SourceIdentity !== undefined) return `source identity ${SourceIdentity}`;
  if (TokenId !== undefined) return `token STS.${TokenId}`;
  const [role, name] = (RoleSession ?? ':').split(':');
  return role === '' ? `name ${name}` : `role ${role} and name ${name}`;
}
