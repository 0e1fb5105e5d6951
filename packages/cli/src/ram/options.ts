import { Option } from 'commander';
import { apis } from './call-operation.js';

export const apiOption = (): Option =>
  new Option('--api <service>', 'service that has the operation (default: known from its name, else ram)').choices(
    Object.keys(apis),
  );
