import { answerJson, type LocalCommand } from '../http/local-control.js';
import type { Log } from '../runtime.js';
import type { KeyKeeper } from './key-keeper.js';
import type { KeyUpkeep } from './key-upkeep.js';

export interface KeyCommandsParts {
  readonly keeper: Pick<KeyKeeper, 'list' | 'rotate'>;
  readonly upkeep: Pick<KeyUpkeep, 'wake'>;
  readonly log: Log;
}

/** `sluice keys` beside a running server. Answers hold what may be told of a key, never the key. */
export function keyCommands({ keeper, upkeep, log }: KeyCommandsParts): readonly LocalCommand[] {
  return [
    {
      method: 'GET',
      path: '/keys',
      run: async ({ response }) => answerJson(response, { keys: keeper.list() }),
    },
    {
      method: 'POST',
      path: '/keys/rotate',
      async run({ response }) {
        const { id } = await keeper.rotate();
        log.info({ key: id }, 'the keys were rotated on command');
        upkeep.wake();
        answerJson(response, { keys: keeper.list() });
      },
    },
  ];
}
