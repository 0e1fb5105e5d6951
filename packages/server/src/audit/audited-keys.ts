import type { KeyKeeper } from '../keys/key-keeper.js';
import type { Clock } from '../runtime.js';
import { operator } from './operator-acts.js';
import type { AuditTrail } from './trail.js';

/**
 * Records what becomes of the keys. The ring is a file and has no transaction, so a rotation is recorded before it is made, because what
 * cannot be recorded is not done, and again after it: a crash in between leaves the first record without the second.
 */
export function auditedKeys(keeper: KeyKeeper, audit: AuditTrail, clock: Clock): KeyKeeper {
  const { accountId } = audit;
  const rotation = { ...operator, accountId, action: 'keys:Rotate', outcome: 'Allowed' } as const;
  return {
    ring: keeper.ring,
    list: () => keeper.list(),
    async rotate() {
      const told = (step: string, keyId: number) => ({ ...rotation, at: clock.now(), detail: { step, keyId } });
      await audit.record(told('begin', keeper.ring.current.id));
      const state = await keeper.rotate().catch(async (error: unknown) => {
        await audit.record({ ...told('failed', keeper.ring.current.id), outcome: 'Failed' });
        throw error;
      });
      await audit.record(told('done', state.id));
      return state;
    },
    async retire(needed) {
      const gone = await keeper.retire(needed);
      if (gone.length > 0) {
        const detail = { keyIds: gone.map(String) };
        const entry = { accountId, principal: 'server', outcome: 'Allowed' } as const;
        await audit.record({ ...entry, at: clock.now(), action: 'keys:Retire', detail });
      }
      return gone;
    },
  };
}
