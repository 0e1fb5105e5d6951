import { join } from 'node:path';
import { openSqlite } from '../../packages/server/src/db/sqlite.js';
import { readKeyRing } from '../../packages/server/src/keys/key-ring-file.js';
import { identityStore } from '../../packages/server/src/ram/identity-store.js';
import { systemClock, systemRandom } from '../../packages/server/src/runtime-system.js';
import type { Keys } from './api.js';
import { type Credentials, startServer } from './server.js';

/**
 * An access key of the account itself, put into a new data directory: a fresh installation has none, so that none can leak.
 * Returns with no server running.
 */
export async function installWithRootKey(data: string): Promise<{ keys: Keys; credentials: Credentials }> {
  const server = await startServer({ data });
  await server.stop();
  const { credentials } = server;
  const ring = await readKeyRing(join(data, 'keyring.json'));
  if (!ring) throw new Error('there is no key ring');
  const db = await openSqlite(join(data, 'sluice.db'));
  try {
    const store = identityStore(db, ring, systemClock, systemRandom);
    return { keys: await store.createAccessKey(db, credentials.accountId, null), credentials };
  } finally {
    await db.destroy();
  }
}
