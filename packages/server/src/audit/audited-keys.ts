import type { KeyKeeper } from '../keys/key-keeper.js';
import type { Clock } from '../runtime.js';
import type { AuditTrail } from './trail.js';

/** Records what becomes of the keys. A rotation is in force whether it can be recorded or not: the ring is a file. */
export function auditedKeys(keeper: KeyKeeper, audit: AuditTrail, clock: Clock): KeyKeeper {
  const entry = { accountId: audit.accountId, principal: 'server', outcome: 'Allowed' as const };
  return {
    ring: keeper.ring,
    list: () => keeper.list(),
    async rotate() {
      const state = await keeper.rotate();
      await audit.record({ ...entry, at: clock.now(), action: 'keys:Rotate', detail: { keyId: state.id } });
      return state;
    },
    async retire(needed) {
      const gone = await keeper.retire(needed);
      if (gone.length > 0) {
        await audit.record({ ...entry, at: clock.now(), action: 'keys:Retire', detail: { keyIds: gone.map(String) } });
      }
      return gone;
    },
  };
}
