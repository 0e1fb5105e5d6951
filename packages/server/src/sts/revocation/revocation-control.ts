import { resolve } from 'node:path';
import { type OperatorAct, recordAct } from '../../audit/operator-acts.js';
import { withStoppedTrail } from '../../audit/stopped-trail.js';
import { CommandRefused } from '../../command-refused.js';
import type { ServerConfig } from '../../config.js';
import { askLocalJson } from '../../http/ask-local-json.js';
import { KeyRingUnusable } from '../../keys/key-ring-file.js';
import { abortUploadsOf } from '../../oss/abort-uploads-of.js';
import { GroupCommit } from '../../oss/catalog/group-commit.js';
import { identityStore } from '../../ram/identity-store.js';
import { RpcError } from '../../rpc/rpc-error.js';
import { systemClock, systemRandom } from '../../runtime-system.js';
import { openStoppedServer, type StoppedServer } from '../../stopped-server.js';
import { LONGEST_TOKEN_MS } from '../sealed-token.js';
import { type GivenRevocation, LIFT, LOCAL_OPERATOR, REVOKE, readGiven } from './revocation-commands.js';
import { openRevocations, type Revocations } from './revocations.js';
import {
  liftFor,
  type Revoked,
  type RevokeSessionsParts,
  revokeFor,
  type ShownRevocation,
  shownRevocation,
} from './revoke-sessions.js';

/**
 * Revokes sessions: a running server does it itself and at once. For a stopped one it is written down, so that there is no
 * moment after its start in which they live; the space of their uploads is given back at that start.
 * @throws {CommandRefused}
 */
export async function revoke(config: ServerConfig, given: GivenRevocation): Promise<Revoked> {
  const path = `/revocations?${new URLSearchParams(given)}`;
  const answer = await askLocalJson<Revoked>(resolve(config.data), 'POST', path);
  if (answer) return answer;
  return withStopped(config, { action: REVOKE, detail: given }, ({ accountId, ...parts }) =>
    revokeFor(parts, readGiven(given), { accountId, by: LOCAL_OPERATOR, now: systemClock.now() }),
  );
}

/** Those in force, newest first. @throws {CommandRefused} */
export async function listRevocationsOf(config: ServerConfig): Promise<readonly ShownRevocation[]> {
  const answer = await askLocalJson<readonly ShownRevocation[]>(resolve(config.data), 'GET', '/revocations');
  if (answer) return answer;
  return withRevocations(config, async ({ installation }, revocations) =>
    revocations.list(installation.accountId).map(shownRevocation),
  );
}

/** Takes a revocation back. @throws {CommandRefused} */
export async function liftRevocation(config: ServerConfig, id: string): Promise<void> {
  const path = `/revocations/lift?${new URLSearchParams({ RevocationId: id })}`;
  if (await askLocalJson(resolve(config.data), 'POST', path)) return;
  await withStopped(config, { action: LIFT, detail: { RevocationId: id } }, ({ accountId, revocations }) =>
    liftFor(revocations, accountId, id),
  );
}

async function withStopped<Result>(
  config: ServerConfig,
  act: OperatorAct,
  use: (parts: RevokeSessionsParts & { readonly accountId: string }) => Promise<Result>,
): Promise<Result> {
  return withRevocations(config, ({ db, data, installation: { accountId } }, revocations) =>
    withStoppedTrail({ db, data, accountId }, async ({ keeper: { ring }, audit }) => {
      const clock = systemClock;
      const commits = new GroupCommit(db, audit);
      // The first thing a server does is to reclaim.
      const plane = { db, commits, clock, audit, reaper: { wake: () => {} } };
      const store = identityStore(db, ring, clock, systemRandom);
      const abortUploads: RevokeSessionsParts['abortUploads'] = (ofSessions) => abortUploadsOf(plane, ofSessions);
      try {
        return await recordAct({ audit, clock }, act, () => use({ accountId, store, revocations, abortUploads }));
      } finally {
        await commits.idle();
      }
    }),
  );
}

async function withRevocations<Result>(
  config: ServerConfig,
  use: (stopped: StoppedServer, revocations: Revocations) => Promise<Result>,
): Promise<Result> {
  const stopped = await openStoppedServer(config);
  try {
    const parts = { db: stopped.db, clock: systemClock, random: systemRandom, longestTokenMs: LONGEST_TOKEN_MS };
    return await use(stopped, await openRevocations(parts));
  } catch (error) {
    if (error instanceof RpcError) throw new CommandRefused(error.message, error.status === 400);
    throw error instanceof KeyRingUnusable ? new CommandRefused(error.message) : error;
  } finally {
    await stopped.close();
  }
}
