import { InvalidArgumentError, Option } from 'commander';
import { apis } from './call-operation.js';

const DEFAULT_ENDPOINT = 'http://127.0.0.1:8400';

export const controlPlaneOption = (): Option =>
  new Option('--endpoint <url>', 'control plane of the server')
    .default(process.env.SLUICE_ENDPOINT || DEFAULT_ENDPOINT)
    .argParser((text: string) => {
      if (URL.canParse(text) && /^https?:/i.test(text)) return text;
      throw new InvalidArgumentError('Use an http or https URL.');
    });

export const apiOption = (): Option =>
  new Option('--api <service>', 'service that has the operation (default: known from its name, else ram)').choices(
    Object.keys(apis),
  );
