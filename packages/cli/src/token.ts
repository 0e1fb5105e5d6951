import type { Command } from 'commander';
import { type EndpointOptions, endpointOptions, requestToken } from './app-server-client.js';

/** Defines `sluice token`. */
export function tokenCommand(program: Command): void {
  endpointOptions(program.command('token').description('print a short-lived upload token as JSON')).action(
    async (options: EndpointOptions) => {
      const token = await requestToken(options);
      const flat = {
        AccessKeyId: token.accessKeyId,
        AccessKeySecret: token.accessKeySecret,
        SecurityToken: token.securityToken,
        Expiration: token.expiration,
      };
      process.stdout.write(`${JSON.stringify(flat, null, 2)}\n`);
    },
  );
}
