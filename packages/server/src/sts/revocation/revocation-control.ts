import { join, resolve } from 'node:path';
import { CommandRefused } from '../../command-refused.js';
import type { ServerConfig } from '../../config.js';
import { askLocalJson } from '../../http/ask-local-json.js';
import { KeyRingUnusable, readKeyRing } from '../../keys/key-ring-file.js';
import { abortUploadsOf } from '../../oss/abort-uploads-of.js';
import { GroupCommit } from '../../oss/catalog/group-commit.js';
import { identityStore } from '../../ram/identity-store.js';
import { RpcError } from '../../rpc/rpc-error.js';
import { systemClock, systemRandom } from '../../runtime-system.js';
import { openStoppedServer } from '../../stopped-server.js';
import { LONGEST_TOKEN_MS } from '../sealed-token.js';
import { type GivenRevocation, LOCAL_OPERATOR, readGiven } from './revocation-commands.js';
import { openRevocations } from './revocations.js';
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
  return withStopped(config, ({ accountId, ...parts }) =>
    revokeFor(parts, readGiven(given), { accountId, by: LOCAL_OPERATOR, now: systemClock.now() }),
  );
}

/** Those in force, newest first. @throws {CommandRefused} */
export async function listRevocationsOf(config: ServerConfig): Promise<readonly ShownRevocation[]> {
  const answer = await askLocalJson<readonly ShownRevocation[]>(resolve(config.data), 'GET', '/revocations');
  return (
    answer ??
    withStopped(config, async ({ accountId, revocations }) => revocations.list(accountId).map(shownRevocation))
  );
}

/** Takes a revocation back. @throws {CommandRefused} */
export async function liftRevocation(config: ServerConfig, id: string): Promise<void> {
  const path = `/revocations/lift?${new URLSearchParams({ RevocationId: id })}`;
  if (await askLocalJson(resolve(config.data), 'POST', path)) return;
  await withStopped(config, ({ accountId, revocations }) => liftFor(revocations, accountId, id));
}

async function withStopped<Result>(
  config: ServerConfig,
  use: (parts: RevokeSessionsParts & { readonly accountId: string }) => Promise<Result>,
): Promise<Result> {
  const { db, data, installation, close } = await openStoppedServer(config);
  const clock = systemClock;
  const random = systemRandom;
  const commits = new GroupCommit(db);
  try {
    const file = join(data, 'keyring.json');
    const ring = await readKeyRing(file);
    if (!ring) throw new KeyRingUnusable(`the key ring ${file} is missing; restore it from a backup`);
    // The first thing a server does is to reclaim.
    const plane = { db, commits, clock, reaper: { wake: () => {} } };
    return await use({
      accountId: installation.accountId,
      store: identityStore(db, ring, clock, random),
      revocations: await openRevocations({ db, clock, random, longestTokenMs: LONGEST_TOKEN_MS }),
      abortUploads: (ofSessions) => abortUploadsOf(plane, ofSessions),
    });
  } catch (error) {
    if (error instanceof RpcError) throw new CommandRefused(error.message, error.status === 400);
    throw error instanceof KeyRingUnusable ? new CommandRefused(error.message) : error;
  } finally {
    await commits.idle();
    await close();
  }
}
