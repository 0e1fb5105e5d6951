import type { Command } from 'commander';
import { endpointOption } from './app-server-client.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { bootstrapCommand } from './ram/bootstrap.js';
import { type Api, apis, callOperation } from './ram/call-operation.js';
import { readKeys } from './ram/keys.js';
import { lintCommand } from './ram/lint.js';
import { apiOption } from './ram/options.js';
import { readParameters } from './ram/parameters.js';

interface RamOptions {
  readonly endpoint: string;
  readonly credentials?: string;
  readonly api?: Api;
}

/** Defines `sluice ram`. */
export function ramCommand(program: Command, finish: (code: ExitCode) => void): void {
  const ram = program
    .command('ram')
    .description('call an operation of RAM, STS, IMS or VOD, signed with an access key')
    .usage('[options] <Action> [--Parameter value]…')
    .argument('<action>', 'operation, e.g. CreateUser')
    .argument('[parameters...]', 'as --UserName alice; @file reads the value from a file')
    .addOption(endpointOption())
    .option('--credentials <file>', 'file with AccessKeyId and AccessKeySecret (or SLUICE_CREDENTIALS)')
    .addOption(apiOption())
    .allowUnknownOption()
    .addHelpText('after', HELP)
    .action(async (action: string, given: readonly string[], options: RamOptions) => {
      const parameters = await readParameters(given);
      const { endpoint, api } = options;
      const answer = await callOperation({
        endpoint,
        api,
        action,
        parameters,
        keys: () => readKeys(options.credentials),
      });
      process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
      finish(EXIT.ok);
    });
  bootstrapCommand(ram, finish);
  lintCommand(ram, finish);
}

const HELP = `
The access key is read from --credentials, or from SLUICE_ACCESS_KEY_ID, SLUICE_ACCESS_KEY_SECRET and, for
temporary ones, SLUICE_SECURITY_TOKEN. The first one is made by: sluice ram bootstrap

  sluice ram CreateUser --UserName alice
  sluice ram CreatePolicy --PolicyName Upload --PolicyDocument @upload.json
  sluice ram TagResources --ResourceType role --ResourceNames.1 uploader --Tag.1.Key team --Tag.1.Value video

Services: ${Object.keys(apis).join(', ')}. Exit code 4: the access key or its permissions do not do; 2: the call is wrong.`;
