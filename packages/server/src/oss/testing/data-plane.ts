import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../db/schema.js';
import type { AccessQuestion, Authoriser } from '../../gate/authorise.js';
import type { CredentialFailure, CredentialSource } from '../../gate/credentials.js';
import type { Principal } from '../../gate/principal.js';
import { keyRing, newMasterKey } from '../../keys/key-ring.js';
import { openTestDatabase } from '../../testing/test-database.js';
import { pageOfGarbage } from '../catalog/garbage.js';
import type { StorageEngine } from '../engine/engine.js';
import { ensureBucket } from '../ensure-bucket.js';
import { createOssHandler, type OssHandler, type OssHandlerOptions } from '../handler.js';
import type { RemovedObject, StoredObject } from '../object-events.js';
import { openTestEngine } from './test-engine.js';

/** What is held by a reader, or by a client that is silent, stays longer, and is seen. */
const LONGEST_TIDYING_MS = 1000;
const TIDYING_CHECK_MS = 5;

export const KEY = { id: 'ak', secret: 'sk' };
export const ACCOUNT = '1234567890123456';
export const BUCKET = 'videos';

export interface TestPlane {
  readonly port: number;
  readonly db: Database;
  readonly engine: StorageEngine;
  readonly oss: OssHandler;
  readonly server: Server;
  readonly directory: string;
  readonly clock: { ms: number };
  /** Tokens and what is wrong with them; `ok` is a good one. */
  readonly tokens: Map<string, CredentialFailure | 'ok'>;
  /** Questions that were put to the authoriser. */
  readonly questions: AccessQuestion[];
  readonly stored: StoredObject[];
  readonly removed: RemovedObject[];
  readonly log: { fields: Record<string, unknown>; message: string }[];
  /** Decides; allows everything unless replaced. */
  decide: Authoriser['decide'];
  principal: Principal;
  /** Names of the blobs that the engine keeps, once what is being given up or deleted just now is gone. */
  files(): Promise<string[]>;
  /** Bodies that the engine was given so far. */
  putsBegun(): number;
  /** … and has not ended with: what it keeps of them may still appear. */
  putsUnderWay(): number;
  close(): Promise<void>;
}

/** A whole data plane: real database, real engine (see {@link openTestEngine}), real HTTP; only clock, credentials and policy are made up. */
export async function startPlane(
  overrides: Partial<OssHandlerOptions> & {
    directory?: string;
    wrapEngine?: (engine: StorageEngine) => StorageEngine;
  } = {},
): Promise<TestPlane> {
  const directory = overrides.directory ?? (await mkdtemp(join(tmpdir(), 'sluice-oss-')));
  const db = await openTestDatabase(directory);
  const random = { bytes: (length: number) => randomBytes(length) };
  const { engine: bare, blobs } = await openTestEngine(directory, random);
  const wrapped = overrides.wrapEngine?.(bare) ?? bare;
  let putsBegun = 0;
  let putsEnded = 0;
  const engine: StorageEngine = {
    ...wrapped,
    put(body, options) {
      putsBegun++;
      return wrapped.put(body, options).finally(() => {
        putsEnded++;
      });
    },
  };
  const clock = { ms: Date.now() };
  const ring = overrides.ring ?? keyRing([newMasterKey(1, { now: () => clock.ms }, random)]);
  const tokens: TestPlane['tokens'] = new Map();
  const allowed = { allowed: true, verdicts: { identity: { outcome: 'Allow' } } } as const;
  const credentials: CredentialSource = {
    async lookup(accessKeyId, token) {
      if (token !== undefined) {
        const state = tokens.get(token) ?? 'malformed-token';
        if (state !== 'ok') return { ok: false, failure: state };
      }
      if (accessKeyId === 'disabled') return { ok: false, failure: 'inactive-access-key' };
      if (accessKeyId.startsWith('STS.') && token === undefined) return { ok: false, failure: 'missing-token' };
      if (accessKeyId !== KEY.id && !accessKeyId.startsWith('STS.'))
        return { ok: false, failure: 'unknown-access-key' };
      return { ok: true, secret: KEY.secret, principal: plane.principal, temporary: token !== undefined };
    },
  };
  const stored: StoredObject[] = [];
  const removed: RemovedObject[] = [];
  const questions: AccessQuestion[] = [];
  const lines: TestPlane['log'] = [];
  const write = (fields: object, message: string) => lines.push({ fields: { ...fields }, message });
  const oss = createOssHandler({
    db,
    engine,
    credentials,
    authoriser: {
      decide(principal, question) {
        questions.push(question);
        return plane.decide(principal, question);
      },
    },
    objectEvents: {
      stored: async () => undefined,
      committed: (object) => void stored.push(object),
      removed: async (_, what) => void removed.push(what),
    },
    region: 'cn-local',
    addressing: { ossDomain: 'oss.localhost', cnames: { 'media.example': BUCKET } },
    cors: { allowedOrigins: '*' },
    ring,
    clock: { now: () => clock.ms },
    random,
    log: { debug: write, info: write, warn: write, error: write },
    ...overrides,
  });
  await ensureBucket(db, { bucket: BUCKET, account_id: ACCOUNT, region: 'cn-local', acl: 'private', created_at: 0 });
  const server = createServer({ requestTimeout: 0, maxHeaderSize: 32 * 1024 }, (req, res) => void oss.handle(req, res));
  server.on('checkContinue', (req, res) => void oss.handle(req, res));
  server.on('clientError', (error, socket) => oss.clientError(error, socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const plane: TestPlane = {
    port: (server.address() as AddressInfo).port,
    db,
    engine,
    oss,
    server,
    directory,
    clock,
    tokens,
    questions,
    stored,
    removed,
    log: lines,
    decide: async () => allowed,
    principal: { kind: 'user', accountId: ACCOUNT, userId: 'u1', userName: 'alice' },
    async files() {
      const last = performance.now() + LONGEST_TIDYING_MS;
      while (performance.now() < last && (putsBegun > putsEnded || (await pageOfGarbage(db, '', 1)).length > 0)) {
        await sleep(TIDYING_CHECK_MS);
      }
      return blobs();
    },
    putsBegun: () => putsBegun,
    putsUnderWay: () => putsBegun - putsEnded,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await oss.stop();
      await db.destroy();
      if (overrides.directory === undefined) await rm(directory, { recursive: true, force: true });
    },
  };
  return plane;
}
