import { type LocalCommand, refuse } from '../http/local-control.js';
import {
  type AdministratorKey,
  type AdministratorOptions,
  type AdministratorParts,
  AdministratorRefused,
  BOOTSTRAP,
  makeAdministrator,
} from './make-administrator.js';

const PATH = '/administrator';

export const administratorRequest = ({ user, replace }: AdministratorOptions): string =>
  `${PATH}?${new URLSearchParams({ user, replace: String(replace) }).toString()}`;

/** `sluice ram bootstrap` beside a running server. */
export function administratorCommands(parts: AdministratorParts): readonly LocalCommand[] {
  return [
    {
      method: 'POST',
      path: PATH,
      action: BOOTSTRAP,
      async run({ query, response, note }) {
        const options = { user: query.get('user') ?? '', replace: query.get('replace') === 'true' };
        let made: AdministratorKey;
        try {
          made = await makeAdministrator(parts, options, note);
        } catch (error) {
          if (!(error instanceof AdministratorRefused)) throw error;
          return refuse(response, error.wrongCall ? 400 : 409, error.message);
        }
        response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
        response.end(JSON.stringify(made));
      },
    },
  ];
}
