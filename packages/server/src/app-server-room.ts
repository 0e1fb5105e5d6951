import {
  createAppServer,
  createStsClient,
  createTokenVendor,
  createUploadBroker,
  type Transport,
  toNodeHandler,
  uploadScope,
} from '@sluice/appserver';
import { equalsConstantTime } from '@sluice/wire';
import { isLoopback, type ServerConfig } from './config.js';
import type { CredentialSource } from './gate/credentials.js';
import type { NodeHandler } from './http/control-plane.js';
import type { Visitors } from './http/visitors.js';
import type { Installation } from './installation.js';
import type { RpcDispatch } from './rpc/dispatch.js';
import type { Clock, Log } from './runtime.js';

export interface AppServerRoomParts {
  readonly config: ServerConfig;
  readonly installation: Installation;
  readonly appServerSecret: string;
  readonly rpc: RpcDispatch;
  readonly credentials: CredentialSource;
  readonly visitors: Visitors;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The built-in AppServer: the same library that operators use, calling the same STS with the same signed requests, only
 * without a socket between them. Off (undefined) when the API can be reached from elsewhere and no key guards it.
 */
export function appServerRoom(parts: AppServerRoomParts): NodeHandler | undefined {
  const { config, installation, rpc, credentials, clock, log } = parts;
  const open = config.appKey === undefined;
  if (open && !isLoopback(config.api.host)) return undefined;

  const endpoint = 'http://sluice.internal/';
  const transport = inProcess(rpc);
  const sts = createStsClient({
    endpoint,
    accessKeyId: installation.appServerAccessKeyId,
    accessKeySecret: parts.appServerSecret,
    transport,
    clock: clock.now,
  });
  const vendor = createTokenVendor({
    assumeRole: sts.assumeRole,
    roleArn: installation.uploadRoleArn,
    durationSeconds: tokenSeconds(config),
    sessionPolicy: uploadScope({ bucket: installation.bucket, accountId: installation.accountId }),
    // Revoked, or of a role that was made anew: there is no socket between, so it can be asked each time.
    stillGood: async ({ accessKeyId, securityToken }) => (await credentials.lookup(accessKeyId, securityToken)).ok,
    clock: clock.now,
  });
  const broker = createUploadBroker({ endpoint, credentials: vendor.token, transport, clock: clock.now });
  return toNodeHandler(
    createAppServer({
      vendor,
      broker,
      clock: clock.now,
      identify: (request) => identify(request, parts),
      // Without a key the address is the only guard, so the name under which it was reached has to be one of ours.
      ...(open ? { allowedHosts: ['localhost', '127.0.0.1', '[::1]', config.api.host] } : {}),
      onError: (error) => log.warn({ plane: 'appserver', error: String(error) }, 'a token could not be vended'),
    }),
  );
}

/** The life of vended tokens, seconds. A lowered minimum exists to watch tokens expire, so it is taken. */
export function tokenSeconds(config: Pick<ServerConfig, 'tokenSeconds' | 'stsMinDuration'>): number {
  if (config.tokenSeconds !== undefined) return Math.max(config.tokenSeconds, config.stsMinDuration);
  return config.stsMinDuration < 900 ? config.stsMinDuration : 3600;
}

/** A browser by its cookie; on this machine anybody else is `local`; with a key, whoever shows it. */
function identify(request: Request, { config, visitors }: AppServerRoomParts): string | undefined {
  if (config.appKey !== undefined) {
    const shown = /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1] ?? '';
    if (!equalsConstantTime(config.appKey, shown)) return undefined;
  } else if (comesFromElsewhere(request.headers)) return undefined;
  return visitors.identify(request.headers.get('cookie')) ?? 'local';
}

/** Through a proxy of this machine, which may name itself as the host; those of development servers tell loopback addresses. */
function comesFromElsewhere(headers: Headers): boolean {
  const hops = ['x-forwarded-for', 'x-real-ip'].flatMap((name) => headers.get(name)?.split(',') ?? []);
  return !hops.every((hop) => isLoopback(hop.trim().replace(/^::ffff:/i, '')));
}

/** Signed requests handed straight to the dispatcher: the whole gate stands between, only the socket does not. */
function inProcess(rpc: RpcDispatch): Transport {
  return async ({ method, url, headers, body }) => {
    const { pathname, search, host } = new URL(url);
    const answer = await rpc({
      method,
      target: `${pathname}${search}`,
      rawHeaders: ['Host', host, ...Object.entries(headers).flat()],
      body: Buffer.from(body),
      sourceIp: '127.0.0.1',
      secure: true,
    });
    return { status: answer.status, body: answer.body, headers: answer.headers };
  };
}
