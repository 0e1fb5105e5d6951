import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { administratorCommands } from './administrator/administrator-commands.js';
import { appServerRoom } from './app-server-room.js';
import { auditCommands } from './audit/audit-commands.js';
import { auditedCommands } from './audit/audited-commands.js';
import { auditedKeys } from './audit/audited-keys.js';
import { headFileOf } from './audit/head-file.js';
import { startTrail } from './audit/open-trail.js';
import { pruning } from './audit/prune.js';
import { ConfigInvalid, type ServerConfig } from './config.js';
import { DataDirectoryUnusable, holdsEntries, isThere, openDataDirectory } from './data-directory.js';
import { DatabaseUnusable } from './db/database-errors.js';
import { openDatabase } from './db/open-database.js';
import { transact } from './db/transact.js';
import { httpCallback } from './events/http-callback.js';
import { outbox } from './events/outbox.js';
import { accessDecider } from './gate/access-decider.js';
import { credentialSource } from './gate/credential-source.js';
import { deniedDetail } from './gate/denied-detail.js';
import { type NonceJournal, nonceJournal } from './gate/nonce-journal.js';
import { type NonceOptions, nonces } from './gate/nonces.js';
import { policyAuthoriser, policyCache } from './gate/policy-authoriser.js';
import { rpcAuthenticator } from './gate/rpc-authenticate.js';
import { publicAddresses } from './http/address-rules.js';
import { controlPlane } from './http/control-plane.js';
import { createListener, inTurn, type Listener, ListenFailed, listen, type TlsMaterial } from './http/listener.js';
import { localControl } from './http/local-control.js';
import { outgoing } from './http/outgoing.js';
import { selfSigned } from './http/self-signed.js';
import { readTlsFiles, TlsFilesUnusable } from './http/tls-files.js';
import { visitors } from './http/visitors.js';
import { credentialsFile, findInstallation, install, warnOfLostCredentials } from './installation.js';
import { callbackKeyColumn, openCallbackKey } from './keys/callback-key.js';
import { keyCommands } from './keys/key-commands.js';
import { keyKeeper } from './keys/key-keeper.js';
import { createKeyRing, KeyRingUnusable, readKeyRing } from './keys/key-ring-file.js';
import { keyUpkeep } from './keys/key-upkeep.js';
import { serverLog } from './log.js';
import { operationTable } from './operations.js';
import { CALLBACK_KEY_PATH } from './oss/callback/callback-key-answer.js';
import { uploadCallbacks } from './oss/callback/upload-callbacks.js';
import { createOssHandler } from './oss/handler.js';
import { keyUsage } from './ram/access-keys/key-usage.js';
import { cachedIdentity, identityChanges } from './ram/identity-cache.js';
import { identityStore } from './ram/identity-store.js';
import { keepSystemPolicies } from './ram/keep-system-policies.js';
import { passwordHashing } from './ram/login/password-hashing.js';
import { sealedColumns } from './ram/sealed-columns.js';
import { rpcDispatch } from './rpc/dispatch.js';
import type { Clock, Log, Random } from './runtime.js';
import { systemClock, systemRandom } from './runtime-system.js';
import { scrubCommands } from './scrub-commands.js';
import { openStorage, StorageUnusable } from './storage.js';
import { providerKeys } from './sts/oidc/provider-keys.js';
import { revocationCommands } from './sts/revocation/revocation-commands.js';
import { openRevocations } from './sts/revocation/revocations.js';
import { LONGEST_TOKEN_MS } from './sts/sealed-token.js';
import { mediaStore } from './vod/media-store.js';
import { uploadCompletion } from './vod/upload-completion.js';

/** A setting or a file of the operator cannot be used; the message is one line. */
export class StartFailed extends Error {
  override readonly name = 'StartFailed';
}

/** A server that answers requests. */
export interface RunningServer {
  /** Where this machine reaches the planes. */
  readonly apiUrl: string;
  readonly ossUrl: string;
  /** Public endpoint of the data plane, as clients are told it. */
  readonly ossEndpoint: string;
  readonly credentialsFile: string;
  /** The self-made certificate, for clients that are to trust it. */
  readonly certFile: string | undefined;
  /** False when the built-in AppServer is off because nothing would guard it. */
  readonly hasAppServer: boolean;
  /** Requests in flight finish, events are put away, then the database closes. */
  stop(): Promise<void>;
}

/** What `startServer` takes beside the settings; default: that of the platform. */
export interface StartOptions {
  /** Directory of the built pages. */
  readonly pages?: string | undefined;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Log;
}

const STOP_GRACE_MS = 30_000;
/** Calls of one key in five minutes, 1 600 a second: not all the room, though stamps may lie a quarter of an hour to either side. */
const TIMED_OF_ONE_KEY = 500_000;
/** Calls without a time stamp that one token can make in its life: an upload takes a handful. */
const UNTIMED_OF_ONE_TOKEN = 50_000;

/**
 * Puts the whole server together and starts it. The one place that knows all the rooms.
 * @throws {StartFailed} with one line for the operator
 * @throws {ConfigInvalid} when a file that a setting names cannot be used
 */
export async function startServer(config: ServerConfig, options: StartOptions = {}): Promise<RunningServer> {
  const closers: (() => Promise<void>)[] = [];
  try {
    return await start(config, options, closers);
  } catch (error) {
    for (const close of closers.reverse()) await close().catch(() => undefined);
    if (error instanceof TlsFilesUnusable) throw new ConfigInvalid(error.message);
    const known =
      error instanceof ListenFailed ||
      error instanceof DatabaseUnusable ||
      error instanceof KeyRingUnusable ||
      error instanceof DataDirectoryUnusable ||
      error instanceof StorageUnusable ||
      // Disk full, no permission, read-only: the message names the file and the reason.
      (error instanceof Error && 'syscall' in error);
    throw known ? new StartFailed((error as Error).message) : error;
  }
}

async function start(
  config: ServerConfig,
  options: StartOptions,
  closers: (() => Promise<void>)[],
): Promise<RunningServer> {
  const clock = options.clock ?? systemClock;
  const random = options.random ?? systemRandom;
  const log = options.log ?? serverLog(config.logLevel);

  const data = await openDataDirectory(config.data);
  const changes = identityChanges();
  const { db, title: databaseTitle, close: closeDatabase } = await openDatabase(config, data, log, changes);
  closers.push(closeDatabase);
  const tls = await tlsMaterial(config, data);

  // What this installation is.
  const kept = await findInstallation(db);
  const ringFile = join(data, 'keyring.json');
  const found = await readKeyRing(ringFile);
  if (kept && !found) throw new KeyRingUnusable(`the key ring ${ringFile} is missing; restore it from a backup`);
  const objects = join(data, 'objects');
  // A database that was lost, or not named, must not be taken for a first start: the objects would be orphans, and swept, and
  // credentials.json another one.
  if (!kept && ((await holdsEntries(objects)) || (await isThere(headFileOf(data))))) {
    throw new DatabaseUnusable(
      `the ${databaseTitle} is empty, but ${data} holds an installation: name its database, restore a backup, or choose another --data`,
    );
  }
  const keptKeys = keyKeeper(found ?? (await createKeyRing(ringFile, clock, random)), {
    file: ringFile,
    clock,
    random,
    longestTokenMs: LONGEST_TOKEN_MS,
  });
  const { ring } = keptKeys;
  const store = cachedIdentity(identityStore(db, ring, clock, random), changes, clock);
  if (kept) await transact(db, (transaction) => keepSystemPolicies(transaction, clock.now()));
  const installation = kept ?? (await install({ db, store, clock, random, data, region: config.region }));
  if (kept) await warnOfLostCredentials(data, log);
  const appServerKey = await store.findAccessKey(installation.appServerAccessKeyId);
  if (!appServerKey) throw new StartFailed('the access key of the AppServer is gone from the database');

  const { accountId } = installation;
  const audit = await startTrail(
    { db, ring, clock, log, accountId, headFile: headFileOf(data) },
    { keyId: ring.current.id, process: process.pid },
  );
  closers.push(() => audit.close());
  const keeper = auditedKeys(keptKeys, audit, clock);
  const prune = pruning({
    db,
    ring,
    trail: audit,
    clock,
    log,
    keepMs: config.auditDays === 0 ? undefined : config.auditDays * 86_400_000,
  });
  closers.push(() => prune.stop());
  const usage = keyUsage({ db, clock, log });
  closers.push(() => usage.stop());
  const revocations = await openRevocations({ db, clock, random, longestTokenMs: LONGEST_TOKEN_MS });
  const upkeep = keyUpkeep({ db, keeper, random, log, columns: [...sealedColumns, callbackKeyColumn] });
  closers.push(() => upkeep.stop());

  // The gate.
  const media = mediaStore(db, clock);
  const credentials = credentialSource(
    ring,
    store,
    {
      role: async (roleId) => (await store.findRoleById(roleId)) !== undefined,
      media: async (mediaId) => (await media.find(mediaId)) !== undefined,
    },
    revocations,
    clock,
  );
  const parsePolicy = policyCache('identity');
  const authoriser = policyAuthoriser(store, parsePolicy);
  const journals: NonceJournal[] = [];
  const rememberedNonces = (name: string, options: Pick<NonceOptions, 'groupMs' | 'mostOfOne'>) => {
    const journal = nonceJournal(join(data, 'nonces'), name, log);
    closers.push(() => journal.stop());
    journals.push(journal);
    return nonces(clock, { ...options, journal });
  };
  const authenticator = rpcAuthenticator(
    credentials,
    clock,
    rememberedNonces('timed', { groupMs: 5 * 60_000, mostOfOne: TIMED_OF_ONE_KEY }),
    rememberedNonces('untimed', { groupMs: 3600_000, mostOfOne: UNTIMED_OF_ONE_TOKEN }),
    usage,
  );

  // Data plane.
  let ossEndpoint = '';
  const objectUrl = (bucket: string, key: string): string =>
    `${ossEndpoint.replace('://', `://${bucket}.`)}/${key.split('/').map(encodeURIComponent).join('/')}`;
  const events = outbox(db, config.callbackUrl, httpCallback(config.callbackAuthKey, clock), clock, random, log, audit);
  closers.push(() => events.stop());
  const completion = uploadCompletion({
    media,
    outbox: events,
    clock,
    log,
    bucket: installation.bucket,
    objectUrl,
  });
  closers.push(() => completion.settle());
  const callbackKey = await openCallbackKey(db, ring, random);
  const engine = await openStorage({
    config,
    db,
    accountId: installation.accountId,
    directory: objects,
    random,
    log,
  });
  const oss = createOssHandler({
    callbacks: uploadCallbacks({
      privateKey: callbackKey.privateKey,
      publicKeyUrl: () => `${ossEndpoint}${CALLBACK_KEY_PATH}`,
      rules: publicAddresses(config.uploadCallbackAllow),
      outgoing: outgoing(),
      clock,
      log,
    }),
    callbackKey: callbackKey.publicPem,
    db,
    engine,
    credentials,
    authoriser,
    objectEvents: completion,
    audit,
    auditReads: config.auditReads,
    usage,
    region: config.region,
    keptBuckets: [installation.bucket],
    addressing: { ossDomain: config.ossDomain, bareBucket: installation.bucket },
    cors: { allowedOrigins: '*' },
    lifecycle: {
      everyMs: config.lifecycleSeconds * 1000,
      ...(config.abandonedUploadDays === 0 ? {} : { abandonedUploadMs: config.abandonedUploadDays * 86_400_000 }),
    },
    trustedProxies: config.trustedProxies,
    ring,
    clock,
    random,
    log,
    scrub:
      config.scrubRate > 0
        ? { bytesPerSecond: config.scrubRate * 1e6, intervalMs: config.scrubDays * 24 * 3600_000 }
        : undefined,
  });
  closers.push(() => oss.stop());

  // Control plane.
  const rpc = rpcDispatch({
    operations: operationTable({
      config,
      db,
      store,
      media,
      revocations,
      usage,
      abortUploads: oss.abortUploads,
      ring,
      providerKeys: providerKeys({
        outgoing: outgoing(),
        rules: publicAddresses(config.oidcProviderAllow),
        clock,
        log,
      }),
      clock,
      random,
      hashing: passwordHashing({ random }),
      bucket: installation.bucket,
      ossEndpoint: () => ossEndpoint,
      objectUrl,
      onObjectsDeleted: oss.wake,
      contents: oss.contents,
    }),
    authenticator,
    access: accessDecider(authoriser, store, parsePolicy, deniedDetail(ring, random)),
    audit,
    unsignedPerSecond: config.unsignedPerSecond,
    clock,
    log,
  });
  const visits = visitors(ring, random, tls !== undefined);
  const appServer = appServerRoom({
    config,
    installation,
    appServerSecret: appServerKey.secret,
    rpc,
    credentials,
    visitors: visits,
    clock,
    log,
  });
  const { app, server: apiServer } = await controlPlane({
    createServer: (handler) => createListener(tls, handler),
    rpc,
    appServer,
    welcome: visits.welcome,
    pages: options.pages,
    ossEndpoint: () => ossEndpoint,
    secure: tls !== undefined,
    trustedProxies: config.trustedProxies,
  });

  // Doors open last: what is answered is answered whole.
  await completion.recover();
  const serveOss: RequestListener = (request, response) => void oss.handle(request, response);
  const ossServer = createListener(tls, serveOss, oss.clientError);
  ossServer.on('checkContinue', inTurn(serveOss));
  const ossListener = await listen(ossServer, config.oss, tls !== undefined, '--oss');
  closers.push(() => ossListener.stop(STOP_GRACE_MS));
  ossEndpoint = config.ossUrl ?? publicEndpoint(tls !== undefined, config.ossDomain, ossListener);
  const apiListener = await listen(apiServer, config.api, tls !== undefined, '--api');
  closers.push(() => apiListener.stop(STOP_GRACE_MS));
  const local = await localControl({
    data,
    commands: auditedCommands(
      [
        ...scrubCommands(oss.scrubber, clock),
        ...auditCommands({ db, ring, trail: audit, data }),
        ...administratorCommands({ db, ring, clock, random, accountId }),
        ...keyCommands({ keeper, upkeep, log }),
        ...revocationCommands({ accountId, store, revocations, abortUploads: oss.abortUploads, clock, log }),
      ],
      audit,
      clock,
    ),
    log,
  });
  closers.push(() => local.stop());
  events.wake();
  oss.start().catch((error: unknown) => log.error({ error: String(error) }, 'the sweep of orphans failed'));

  let stopped: Promise<void> | undefined;
  return {
    apiUrl: apiListener.url,
    ossUrl: ossListener.url,
    ossEndpoint,
    credentialsFile: credentialsFile(data),
    certFile: tls?.certFile,
    hasAppServer: appServer !== undefined,
    // Twice is once: an impatient Ctrl-C must not close what is closing.
    stop: () => (stopped ??= stop()),
  };

  async function stop(): Promise<void> {
    await Promise.all([apiListener.stop(STOP_GRACE_MS), ossListener.stop(STOP_GRACE_MS), local.stop()]);
    await app.close();
    await oss.stop();
    await completion.settle();
    await events.stop();
    await upkeep.stop();
    await Promise.all(journals.map((journal) => journal.stop()));
    await prune.stop();
    await usage.stop();
    await audit.record({ at: clock.now(), accountId, principal: 'server', action: 'server:Stop', outcome: 'Allowed' });
    await audit.close();
    await closeDatabase();
  }
}

function publicEndpoint(secure: boolean, domain: string, { port }: Listener): string {
  const usual = port === (secure ? 443 : 80);
  return `${secure ? 'https' : 'http'}://${domain}${usual ? '' : `:${port}`}`;
}

async function tlsMaterial(
  config: ServerConfig,
  data: string,
): Promise<(TlsMaterial & { certFile: string }) | undefined> {
  if (config.tlsSelfSigned) return selfSigned(data, config.ossDomain);
  if (config.tlsCert === undefined || config.tlsKey === undefined) return undefined;
  return readTlsFiles(config.tlsCert, config.tlsKey);
}
