import { companions } from '../db/companion.js';
import type { LocalCommand } from '../http/local-control.js';
import type { Clock } from '../runtime.js';
import type { AuditTrail } from './trail.js';

/** Commands of the control socket that change something: recorded with the change, or right after it where there is no transaction. */
export function auditedCommands(
  commands: readonly LocalCommand[],
  audit: AuditTrail,
  clock: Clock,
): readonly LocalCommand[] {
  return commands.map((command) => {
    if (command.method === 'GET') return command;
    return {
      ...command,
      async run(call) {
        const at = clock.now();
        const recording = audit.begin(() => ({
          at,
          accountId: audit.accountId,
          // Whoever may open the socket in the data directory.
          principal: 'local',
          action: `local:${command.path.slice(1)}`,
          // What was refused on the way is answered before this is written.
          outcome: call.response.statusCode < 400 ? 'Allowed' : 'Failed',
          detail: Object.fromEntries(call.query),
        }));
        await companions.run(audit.with([recording]), () => command.run(call));
        await audit.finish(recording);
      },
    };
  });
}
