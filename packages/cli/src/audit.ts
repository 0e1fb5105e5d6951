import {
  type AuditLine,
  AuditRefused,
  type AuditReport,
  type AuditRequest,
  ConfigInvalid,
  parseConfig,
  readAudit,
  type ShownRecord,
} from '@sluice/server';
import { type Command, InvalidArgumentError } from 'commander';
import { CommandFailed, EXIT, type ExitCode } from './exit-codes.js';
import { plain } from './plain-text.js';
import { gatherSettings } from './settings.js';

interface Common extends Record<string, unknown> {
  readonly json?: boolean;
}

interface VerifyOptions extends Common {
  readonly checkpoint?: { readonly seq: number; readonly hash: string };
}

interface ListOptions extends Common {
  readonly account?: string;
  readonly principal?: string;
  readonly action?: string;
  readonly resource?: string;
  readonly outcome?: 'Allowed' | 'Denied' | 'Failed';
  readonly since?: number;
  readonly until?: number;
  readonly request?: string;
  readonly token?: string;
  readonly media?: string;
  readonly uploadId?: string;
  readonly limit: number;
}

/** Defines `sluice audit`. */
export function auditCommand(program: Command, finish: (code: ExitCode) => void): void {
  const audit = program.command('audit').description('the trail of what was done, by whom, and what was refused');
  const common = (command: Command): Command =>
    command
      .option('--data <dir>', 'data directory of the server, which may be running (default ".sluice")')
      .option('--database <url>', '"sqlite" or postgres://user@host:port/database (default "sqlite")')
      .option('--config <file>', 'settings from a YAML file')
      .option('--json', 'print JSON, a line each');

  common(audit.command('verify').description('find out whether anything of the trail was changed, left out or cut off'))
    .option('--checkpoint <seq:hash>', 'what an earlier run printed: has to be there still', checkpoint)
    .addHelpText('after', '\nExit code 0: the trail is whole. 5: it is not; what was found is listed.')
    .action(async (options: VerifyOptions) => finish(await verify(options)));

  common(audit.command('list').description('records, newest first; * at the end of a value stands for any rest'))
    .option('--account <id>', 'of this account')
    .option('--principal <name>', 'user/alice, role/uploader/session')
    .option('--action <name>', 'sts:AssumeRole, ram:*')
    .option('--resource <arn>', 'acs:oss:*:…')
    .option('--outcome <outcome>', 'Allowed, Denied or Failed', outcome)
    .option('--since <time>', '2026-01-01T12:00:00Z, or how long ago: 30m, 12h, 7d', instant)
    .option('--until <time>', 'the same', instant)
    .option('--request <id>', 'of one request')
    .option('--token <id>', 'of one session: its access key id, with STS. or without')
    .option('--media <id>', 'about one media')
    .option('--upload-id <id>', 'about one multipart upload')
    .option('--limit <n>', 'at most so many', limit, 100)
    .action(async (options: ListOptions) => finish(await list(options)));

  common(
    audit
      .command('story')
      .argument('<id>', 'media id, upload id, or the ARN of an object')
      .description('everything about one upload, oldest first, back to the key that it began with'),
  ).action(async (of: string, options: Common) => finish(await story(of, options)));
}

async function verify(options: VerifyOptions): Promise<ExitCode> {
  let report: AuditReport | undefined;
  const asked: AuditRequest = { ask: 'verify', checkpoint: options.checkpoint };
  const code = await read(asked, options, (line) => {
    if ('report' in line) report = line.report;
  });
  if (code !== EXIT.ok || !report) return code;
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : reportText(report));
  return report.clean ? EXIT.ok : EXIT.damaged;
}

function list(options: ListOptions): Promise<ExitCode> {
  const { account: accountId, principal, action, resource, outcome: wanted, since, until } = options;
  const filter = {
    accountId,
    principal,
    action,
    resource,
    outcome: wanted,
    since,
    until,
    requestId: options.request,
    tokenId: options.token?.replace(/^STS\./, ''),
    mediaId: options.media,
    uploadId: options.uploadId,
  };
  return print({ ask: 'list', filter, limit: options.limit }, options);
}

async function story(of: string, options: Common): Promise<ExitCode> {
  let records = 0;
  const code = await print({ ask: 'story', of }, options, () => records++);
  if (code !== EXIT.ok || records > 0) return code;
  throw new CommandFailed(
    EXIT.failed,
    `nothing is recorded of ${of}: give a media id, an upload id, or the ARN of an object`,
  );
}

const print = (asked: AuditRequest, options: Common, onRecord: () => void = () => {}): Promise<ExitCode> =>
  read(asked, options, (line) => {
    if (!('record' in line)) return;
    onRecord();
    process.stdout.write(options.json ? `${JSON.stringify(line.record)}\n` : recordText(line.record));
  });

async function read(asked: AuditRequest, options: Common, onLine: (line: AuditLine) => void): Promise<ExitCode> {
  const controller = new AbortController();
  const interrupt = (): void => controller.abort();
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    const config = parseConfig(gatherSettings(options, process.env));
    for await (const line of readAudit(config, asked, controller.signal)) onLine(line);
    return EXIT.ok;
  } catch (error) {
    if (controller.signal.aborted) return EXIT.interrupted;
    if (error instanceof ConfigInvalid) throw new CommandFailed(EXIT.usage, error.message);
    if (error instanceof AuditRefused) throw new CommandFailed(EXIT.failed, error.message);
    throw error;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

function reportText({ clean, records, first, head, findings, more }: AuditReport): string {
  const rows = [
    `${records} records, from ${first} to ${head.seq}`,
    ...findings.map(({ kind, message }) => `${kind}: ${message}`),
    ...(more > 0 ? [`and ${more} more`] : []),
    clean ? 'the trail is whole' : 'the trail is NOT whole',
    `checkpoint ${head.seq}:${head.hash}`,
  ];
  return `${rows.join('\n')}\n`;
}

/** One line; what strangers wrote was made fit for a terminal before it was stored, but the table may have been changed. */
function recordText(record: ShownRecord): string {
  const { Time, Outcome, Principal, Action, Resource = '', SourceIp = '', Detail } = record;
  const { why, ...rest } = Detail;
  const reasons = Array.isArray(why) ? ` [${why.map(String).join(' | ')}]` : '';
  const line = `${Time} ${Outcome.padEnd(7)} ${Principal} ${Action} ${Resource} ${SourceIp}${reasons} ${JSON.stringify(rest)}`;
  return `${plain(line).replace(/ {2,}/g, ' ')}\n`;
}

function checkpoint(text: string): VerifyOptions['checkpoint'] {
  const m = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text);
  if (!m) throw new InvalidArgumentError('Use the number and the hash that verify printed: 123:0a1b….');
  return { seq: Number(m[1]), hash: m[2] as string };
}

function outcome(text: string): string {
  if (['Allowed', 'Denied', 'Failed'].includes(text)) return text;
  throw new InvalidArgumentError('Use Allowed, Denied or Failed.');
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3600_000, d: 86_400_000 };

function instant(text: string): number {
  const ago = /^(\d{1,6})([smhd])$/.exec(text);
  if (ago) return Date.now() - Number(ago[1]) * (UNITS[ago[2] as string] as number);
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(at)) return at;
  throw new InvalidArgumentError('Use a time (2026-01-01T12:00:00Z), or how long ago (30m, 12h, 7d).');
}

function limit(text: string): number {
  const value = Number(text);
  if (/^\d{1,9}$/.test(text) && value > 0) return value;
  throw new InvalidArgumentError('Use a number above 0.');
}
