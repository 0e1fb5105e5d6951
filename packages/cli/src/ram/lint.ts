import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { lintPolicy, POLICY_LENGTH, PolicyGrammarError, type PolicyWarning, parsePolicy } from '@sluice/policy';
import { type Command, Option } from 'commander';
import { CommandFailed, EXIT, type ExitCode } from '../exit-codes.js';
import { plain } from '../plain-text.js';

type Kind = keyof typeof POLICY_LENGTH;

interface LintOptions {
  readonly kind: Kind;
  readonly strict?: boolean;
  readonly json?: boolean;
}

interface Finding {
  readonly level: 'error' | 'warning';
  /** Of the grammar it is `grammar`, of the length `length`; else the name of the warning (docs/policy-language.md). */
  readonly code: PolicyWarning['code'] | 'grammar' | 'length';
  readonly pointer: string;
  readonly message: string;
}

/** Defines `sluice ram lint`. */
export function lintCommand(ram: Command, finish: (code: ExitCode) => void): void {
  ram
    .command('lint <file>')
    .description('check a policy document ("-": standard input) before it is written; needs neither server nor key')
    .addOption(
      new Option('--kind <kind>', 'what the document is for').choices(Object.keys(POLICY_LENGTH)).default('managed'),
    )
    .option('--strict', 'warnings fail too')
    .option('--json', 'print one line of JSON')
    .addHelpText(
      'after',
      '\nExit code 0: it would be taken (with --strict: and nothing is odd about it). 1: it would not.',
    )
    .action(async (file: string, options: LintOptions) => {
      const findings = lint(await read(file), options.kind);
      process.stdout.write(options.json ? `${JSON.stringify({ findings })}\n` : listed(file, findings));
      const failed = findings.some(({ level }) => level === 'error' || options.strict === true);
      finish(failed ? EXIT.failed : EXIT.ok);
    });
}

function lint(document: string, kind: Kind): readonly Finding[] {
  const findings: Finding[] = [];
  const most = POLICY_LENGTH[kind];
  if (document.length > most) {
    const message = `the document has ${document.length} characters, and a ${kind} policy at most ${most}`;
    findings.push({ level: 'error', code: 'length', pointer: '', message });
  }
  try {
    const policy = parsePolicy(document, kind === 'trust' || kind === 'resource' ? kind : 'identity');
    return [...findings, ...lintPolicy(policy).map((warning): Finding => ({ level: 'warning', ...warning }))];
  } catch (error) {
    if (!(error instanceof PolicyGrammarError)) throw error;
    const { pointer, reason: message } = error;
    return [...findings, { level: 'error', code: 'grammar', pointer, message }];
  }
}

async function read(file: string): Promise<string> {
  try {
    return file === '-' ? await text(process.stdin) : await readFile(file, 'utf8');
  } catch (error) {
    throw new CommandFailed(EXIT.usage, `the policy cannot be read: ${(error as Error).message}`);
  }
}

/** A line each, as compilers write them. */
function listed(file: string, findings: readonly Finding[]): string {
  const name = file === '-' ? 'standard input' : file;
  const lines = findings.map(({ level, code, pointer, message }) =>
    // Texts of the document are in some of the messages.
    plain(`${name}: ${level} ${code}${pointer === '' ? '' : ` at ${pointer}`}: ${message}`),
  );
  return lines.length === 0 ? `${name}: nothing found\n` : `${lines.join('\n')}\n`;
}
