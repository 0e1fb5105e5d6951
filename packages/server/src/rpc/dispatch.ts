import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { Decisions } from '../audit/decisions.js';
import { claimedKey, type RpcCallFacts, rpcEntry } from '../audit/rpc-entry.js';
import type { AuditTrail } from '../audit/trail.js';
import { companions } from '../db/companion.js';
import { DatabaseFull, DatabaseUnavailable } from '../db/database-errors.js';
import type { AccessDecider } from '../gate/access-decider.js';
import { principalName } from '../gate/principal.js';
import type { RpcAuthenticator } from '../gate/rpc-authenticate.js';
import { parseRpcRequest, type RawRpcRequest, type RpcRequest } from '../gate/rpc-request.js';
import { addressBlock } from '../http/client-address.js';
import type { Clock, Log } from '../runtime.js';
import { gatewayErrors } from './gateway-errors.js';
import type { Call, Fault, Operation } from './operation.js';
import { type RateLimiter, rateLimiter } from './rate-limiter.js';
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
  /** Every call is recorded; absent: none. */
  readonly audit?: AuditTrail | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** Calls a second without a signature from one address; an IPv6 network of 64 bits is one. Default: not limited. */
  readonly unsignedPerSecond?: number | undefined;
}

/** From a raw request to an answer: authenticate → find → validate → identify → authorise → throttle → handle. */
export function rpcDispatch(parts: RpcDispatchParts): RpcDispatch {
  const { operations, authenticator, access, audit, clock, log, unsignedPerSecond } = parts;
  const table = new Map(operations.map((op) => [`${op.version} ${op.name}`, op]));
  const versions = new Set(operations.map((op) => op.version));
  const limiters = (figure: (op: Operation) => number | undefined): ReadonlyMap<Operation, RateLimiter> =>
    new Map(
      operations.flatMap((op) => {
        const perSecond = figure(op);
        return perSecond === undefined ? [] : [[op, rateLimiter(clock, perSecond)] as const];
      }),
    );
  const shares = limiters((op) => op.perSecond);
  const ownShares = limiters((op) => op.principalPerSecond);
  const unsigned = unsignedPerSecond === undefined ? undefined : rateLimiter(clock, unsignedPerSecond);

  function find(action: string | undefined, version: string | undefined): Operation {
    if (action === undefined || action === '') throw gatewayErrors.missingParameter('Action');
    if (version === undefined || version === '') throw gatewayErrors.missingParameter('Version');
    if (!versions.has(version)) throw gatewayErrors.invalidVersion();
    const found = table.get(`${version} ${action}`);
    if (!found) throw gatewayErrors.actionNotFound();
    return found;
  }

  function count(limiter: RateLimiter | undefined, key: string): void {
    const waitMs = limiter?.take(key) ?? 0;
    if (waitMs > 0) throw gatewayErrors.throttled(waitMs);
  }

  async function run(request: RpcRequest, raw: RawRpcRequest, seen: RpcCallFacts): Promise<object> {
    if (raw.method !== 'GET' && raw.method !== 'POST') throw gatewayErrors.unsupportedMethod();
    seen.accessKeyId = claimedKey(request);
    seen.action = request.parameters.get('Action')?.slice(0, 64);
    const { principal: signer, accessKeyId, action, version } = await authenticator.authenticate(request);
    seen.principal = signer;
    seen.accessKeyId = accessKeyId;
    seen.action = action?.slice(0, 64);
    if (signer.kind === 'anonymous') count(unsigned, addressBlock(raw.sourceIp));
    const op = find(action, version);
    seen.operation = `${op.product}:${op.name}`;
    seen.parameters = request.parameters;
    if (op.signed && signer.kind === 'anonymous') throw gatewayErrors.signatureRequired();
    const input = validate(op, request.parameters);
    const signedCall: Call = {
      requestId: seen.requestId,
      principal: signer,
      sourceIp: raw.sourceIp,
      secure: raw.secure,
      host: request.headers.get('host') ?? '',
      path: request.path,
      now: clock.now(),
      note: (notes) => void Object.assign(seen.notes, notes),
      may: (demand) => access.allows(demand, call),
    };
    const principal = (await op.identify?.(input, signedCall)) ?? signer;
    const call = { ...signedCall, principal };
    seen.principal = principal;
    if (principal.kind !== 'anonymous') {
      count(ownShares.get(op), `${principal.accountId}/${principalName(principal)}`);
    }
    const demands = await op.access(input, call);
    seen.resources = [...new Set(demands.map(({ resource }) => resource))];
    await access.require(op, demands, call, (one) => seen.decisions.add(one));
    // Counted only now: callers that may not do this must not be able to use up the account's share.
    if (principal.kind !== 'anonymous') {
      const { accountId } = principal;
      count(shares.get(op), op.perSecondOf === 'principal' ? `${accountId}/${principalName(principal)}` : accountId);
    }
    return { RequestId: seen.requestId, ...(await handle(op, input, call, seen)) };
  }

  /** What it changes is committed together with the record of the call; where it changes nothing, the record is the commit. */
  async function handle(op: Operation, input: unknown, call: Call, seen: RpcCallFacts): Promise<object> {
    if (!audit) return op.handle(input, call);
    // Who is nobody changes nothing, and could fill the trail for ever.
    if (call.principal.kind === 'anonymous') {
      const told = await op.handle(input, call);
      audit.note(rpcEntry(seen, { home: audit.accountId, outcome: 'Allowed', answer: told }), 'unknown');
      return told;
    }
    let answer: object | undefined;
    const recording = audit.begin(() => rpcEntry(seen, { home: audit.accountId, outcome: 'Allowed', answer }));
    const made = await companions.run(audit.with([recording]), () => op.handle(input, call));
    answer = made;
    // Nothing is told that is not recorded.
    await audit.finish(recording);
    return made;
  }

  /** What was refused or failed. The answer is the same whether it can be recorded or not. */
  async function recordFailure(seen: RpcCallFacts, failure: RpcError): Promise<void> {
    if (!audit) return;
    const outcome = seen.principal === undefined || failure.status === 403 ? 'Denied' : 'Failed';
    const entry = rpcEntry(seen, { home: audit.accountId, outcome, failure });
    if (seen.principal === undefined || seen.principal.kind === 'anonymous') return audit.note(entry, 'unknown');
    await audit.record(entry).catch((error: unknown) => {
      log.error({ plane: 'api', requestId: seen.requestId, error: describe(error) }, 'a refusal was not recorded');
    });
  }

  return async (raw) => {
    const started = clock.now();
    const requestId = randomUUID().toUpperCase();
    const seen: RpcCallFacts = {
      requestId,
      sourceIp: raw.sourceIp,
      startedAt: started,
      principal: undefined,
      accessKeyId: undefined,
      action: undefined,
      operation: undefined,
      resources: [],
      parameters: new Map(),
      notes: {},
      decisions: new Decisions(),
    };
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
      const answer = await run(request, raw, seen);
      rendered = renderSuccess(format, seen.action ?? '', answer);
    } catch (error) {
      if (error instanceof RpcError) failure = error;
      else {
        log.error({ plane: 'api', requestId, action: seen.action, error: describe(error) }, 'unexpected failure');
        failure =
          error instanceof DatabaseUnavailable || error instanceof DatabaseFull
            ? gatewayErrors.unavailable()
            : gatewayErrors.internal(seen.operation);
      }
      await recordFailure(seen, failure);
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

function validate(op: Operation, parameters: ReadonlyMap<string, string>): unknown {
  // Empty counts as absent: SDKs send empty texts for what the user did not set.
  const given = Object.fromEntries([...parameters].filter(([, value]) => value !== ''));
  const result = op.input.safeParse(given);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const name = String(issue?.path[0] ?? '');
  // Members of a list come under names of their own: `Tag.1.Key`.
  const missing = !Object.keys(given).some((each) => each === name || each.startsWith(`${name}.`));
  throw op.invalid(name, missing, faultOf(issue));
}

function faultOf(issue: z.core.$ZodIssue | undefined): Fault {
  if (issue?.code === 'too_small') return issue.origin === 'number' ? { atLeast: Number(issue.minimum) } : 'length';
  if (issue?.code === 'too_big') return issue.origin === 'number' ? { atMost: Number(issue.maximum) } : 'length';
  return 'form';
}

const describe = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));
