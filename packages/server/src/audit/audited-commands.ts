import type { LocalCommand } from '../http/local-control.js';
import type { Clock } from '../runtime.js';
import { recordAct } from './operator-acts.js';
import type { AuditTrail } from './trail.js';

/** Commands of the control socket that change something, with their records. */
export function auditedCommands(
  commands: readonly LocalCommand[],
  audit: AuditTrail,
  clock: Clock,
): readonly LocalCommand[] {
  return commands.map((command) => {
    const { action } = command;
    if (action === undefined) return command;
    return {
      ...command,
      run: (call) =>
        recordAct({ audit, clock }, { action, detail: Object.fromEntries(call.query) }, async (note) => {
          await command.run({ ...call, note });
          // What was refused was answered already.
          if (call.response.statusCode >= 400) note({ failed: true });
        }),
    };
  });
}
