import { answerJson, type LocalCall, type LocalCommand, refuse } from '../../http/local-control.js';
import { RpcError } from '../../rpc/rpc-error.js';
import type { Clock, Log } from '../../runtime.js';
import { liftFor, type RevokeSessionsParts, revokeFor, revokeInput, shownRevocation } from './revoke-sessions.js';

export interface RevocationCommandsParts extends RevokeSessionsParts {
  readonly accountId: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** Parameters of RevokeSessions (docs/revocation.md). */
export type GivenRevocation = Readonly<Record<string, string>>;

/** Who made a revocation that came through the data directory. */
export const LOCAL_OPERATOR = 'local';

/** In the audit trail they are called as the operations that do the same. */
export const REVOKE = 'sts:RevokeSessions';
export const LIFT = 'sts:DeleteRevocation';

/** `sluice revoke` beside a running server; parameters and answers are those of the wire. */
export function revocationCommands(parts: RevocationCommandsParts): readonly LocalCommand[] {
  const { accountId, revocations, clock, log } = parts;
  return [
    {
      method: 'GET',
      path: '/revocations',
      run: async ({ response }) => answerJson(response, revocations.list(accountId).map(shownRevocation)),
    },
    {
      method: 'POST',
      path: '/revocations',
      action: REVOKE,
      run: orRefuse(async ({ query, response }) => {
        const revoked = await revokeFor(parts, readGiven(Object.fromEntries(query)), {
          accountId,
          by: LOCAL_OPERATOR,
          now: clock.now(),
        });
        log.info({ ...revoked.Revocation, abortedUploads: revoked.AbortedUploads }, 'sessions were revoked on command');
        answerJson(response, revoked);
      }),
    },
    {
      method: 'POST',
      path: '/revocations/lift',
      action: LIFT,
      run: orRefuse(async ({ query, response }) => {
        const id = query.get('RevocationId') ?? '';
        await liftFor(revocations, accountId, id);
        log.info({ revocationId: id }, 'a revocation was taken back on command');
        answerJson(response, {});
      }),
    },
  ];
}

/** @throws {RpcError} naming the first parameter that is wrong */
export function readGiven(given: GivenRevocation) {
  const read = revokeInput.safeParse(given);
  if (read.success) return read.data;
  const name = String(read.error.issues[0]?.path[0] ?? '');
  throw new RpcError(400, `InvalidParameter.${name}`, `The parameter ${name} is wrongly formed.`);
}

function orRefuse(run: (call: LocalCall) => Promise<void>): LocalCommand['run'] {
  return (call) =>
    run(call).catch((error: unknown) => {
      if (!(error instanceof RpcError)) throw error;
      refuse(call.response, error.status, error.message);
    });
}
