import { randomUUID } from 'node:crypto';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { DatabaseFull, DatabaseUnavailable } from '../db/database-errors.js';
import type { AccessDecider } from '../gate/access-decider.js';
import { type Principal, principalName } from '../gate/principal.js';
import type { RpcAuthenticator } from '../gate/rpc-authenticate.js';
import { parseRpcRequest, type RawRpcRequest, type RpcRequest } from '../gate/rpc-request.js';
import type { Clock, Log } from '../runtime.js';
import { gatewayErrors } from './gateway-errors.js';
import type { Call, Operation } from './operation.js';
import { chooseFormat, type Format, type Rendered, renderError, renderSuccess } from './render.js';
import { RpcError } from './rpc-error.js';

export interface RpcAnswer extends Rendered {
  readonly headers: Readonly<Record<string, string>>;
}

export type RpcDispatch = (raw: RawRpcRequest) => Promise<RpcAnswer>;

export interface RpcDispatchParts {
  readonly operations: readonly Operation[];
  readonly authenticator: RpcAuthenticator;
  readonly access: AccessDecider;
  readonly clock: Clock;
  readonly log: Log;
}

/** From a raw request to an answer: authenticate → find → validate → authorise → throttle → handle. */
export function rpcDispatch({ operations, authenticator, access, clock, log }: RpcDispatchParts): RpcDispatch {
  const table = new Map(operations.map((op) => [`${op.version} ${op.name}`, op]));
  const versions = new Set(operations.map((op) => op.version));
  const limiters = new Map(
    operations
      .filter((op) => op.perSecond !== undefined)
      .map((op) => [op, new RateLimiterMemory({ points: op.perSecond as number, duration: 1 })]),
  );

  function find(action: string | undefined, version: string | undefined): Operation {
    if (action === undefined || action === '') throw gatewayErrors.missingParameter('Action');
    if (version === undefined || version === '') throw gatewayErrors.missingParameter('Version');
    if (!versions.has(version)) throw gatewayErrors.invalidVersion();
    const found = table.get(`${version} ${action}`);
    if (!found) throw gatewayErrors.actionNotFound();
    return found;
  }

  async function throttle(op: Operation, principal: Principal): Promise<void> {
    const limiter = limiters.get(op);
    if (!limiter || principal.kind === 'anonymous') return;
    try {
      const { accountId } = principal;
      await limiter.consume(op.perSecondOf === 'principal' ? `${accountId}/${principalName(principal)}` : accountId);
    } catch (refused) {
      if (refused instanceof RateLimiterRes) throw gatewayErrors.throttled(Math.max(1, refused.msBeforeNext));
      throw refused;
    }
  }

  async function run(request: RpcRequest, raw: RawRpcRequest, requestId: string, seen: Seen): Promise<object> {
    if (raw.method !== 'GET' && raw.method !== 'POST') throw gatewayErrors.unsupportedMethod();
    const { principal, action, version } = await authenticator.authenticate(request);
    seen.principal = principal;
    seen.action = action?.slice(0, 64);
    const op = find(action, version);
    if (op.signed && principal.kind === 'anonymous') throw gatewayErrors.signatureRequired();
    const call: Call = {
      requestId,
      principal,
      sourceIp: raw.sourceIp,
      secure: raw.secure,
      host: request.headers.get('host') ?? '',
      path: request.path,
      now: clock.now(),
      may: (demand) => access.allows(demand, call),
    };
    const input = validate(op, request.parameters);
    await access.require(op, await op.access(input, call), call);
    // Counted only now: callers that may not do this must not be able to use up the account's share.
    await throttle(op, principal);
    return { RequestId: requestId, ...(await op.handle(input, call)) };
  }

  return async (raw) => {
    const started = clock.now();
    const requestId = randomUUID().toUpperCase();
    const seen: Seen = { principal: undefined, action: undefined };
    let format: Format = 'JSON';
    let hostId = 'sluice';
    let rendered: Rendered;
    let failure: RpcError | undefined;
    try {
      const request = parseRpcRequest(raw);
      hostId = request.headers.get('host') ?? hostId;
      const chosen = chooseFormat(request.parameters, request.headers);
      if (chosen instanceof RpcError) throw chosen;
      format = chosen;
      const answer = await run(request, raw, requestId, seen);
      rendered = renderSuccess(format, seen.action ?? '', answer);
    } catch (error) {
      if (error instanceof RpcError) failure = error;
      else {
        log.error({ plane: 'api', requestId, action: seen.action, error: describe(error) }, 'unexpected failure');
        failure =
          error instanceof DatabaseUnavailable || error instanceof DatabaseFull
            ? gatewayErrors.unavailable()
            : gatewayErrors.internal();
      }
      rendered = renderError(format, failure, requestId, hostId);
    }
    log.debug(
      {
        plane: 'api',
        action: seen.action,
        status: rendered.status,
        code: failure?.code,
        principal: seen.principal && principalName(seen.principal),
        requestId,
        ms: clock.now() - started,
      },
      'request',
    );
    return { ...rendered, headers: { 'x-acs-request-id': requestId, ...failure?.headers } };
  };
}

interface Seen {
  principal: Principal | undefined;
  action: string | undefined;
}

function validate(op: Operation, parameters: ReadonlyMap<string, string>): unknown {
  // Empty counts as absent: SDKs send empty texts for what the user did not set.
  const given = Object.fromEntries([...parameters].filter(([, value]) => value !== ''));
  const result = op.input.safeParse(given);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const name = String(issue?.path[0] ?? '');
  const fault = issue?.code === 'too_big' || issue?.code === 'too_small' ? 'length' : 'form';
  throw op.invalid(name, !Object.hasOwn(given, name), fault);
}

const describe = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));
