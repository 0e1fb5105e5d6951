import {
  ACS3_ALGORITHM,
  acs3CanonicalRequest,
  acs3StringToSign,
  type Pair,
  parseAcs3Authorization,
  parseIso,
  rpcStringToSign,
  verifyAcs3,
  verifyRpc,
} from '@sluice/wire';
import { nodeDigests } from '@sluice/wire/node';
import type { KeyUsage } from '../ram/access-keys/key-usage.js';
import { credentialError, gatewayErrors } from '../rpc/gateway-errors.js';
import type { Clock } from '../runtime.js';
import type { CredentialLookup, CredentialSource } from './credentials.js';
import type { Nonces } from './nonces.js';
import { anonymous, type Principal } from './principal.js';
import type { RpcRequest } from './rpc-request.js';

/** How far a client's clock may be off, in milliseconds, to either side. Reference: ram-sts 4.4. */
export const CLOCK_WINDOW_MS = 15 * 60_000;

/** Parameters that are a credential, or half of one. */
const SECRET: ReadonlySet<string> = new Set([
  'AuthenticationCode1',
  'AuthenticationCode2',
  'NewPassword',
  'OldPassword',
  'Password',
  'SecurityToken',
]);

/** When to come back to a server that cannot remember more nonces: some are forgotten by then. */
const NONCES_FULL_RETRY_MS = 60_000;

export interface RpcAuthentication {
  readonly principal: Principal;
  /** Of the signature that was verified. */
  readonly accessKeyId: string | undefined;
  readonly action: string | undefined;
  readonly version: string | undefined;
}

type Signer = Pick<RpcAuthentication, 'principal' | 'accessKeyId'>;
type Found = Extract<CredentialLookup, { ok: true }>;

const nobody: Signer = { principal: anonymous, accessKeyId: undefined };

export interface RpcAuthenticator {
  /** @throws RpcError when a signature is given and does not hold; without one the caller is anonymous */
  authenticate(request: RpcRequest): Promise<RpcAuthentication>;
}

/**
 * @param timed nonces of requests that carry a time stamp
 * @param untimed nonces of requests without one: the official upload SDKs send none (reference vod 1.7). Only a
 *   temporary key may do so, and its nonces are kept as long as its token lives.
 * @param usage is told of every verified signature of a long-lived key
 */
export function rpcAuthenticator(
  credentials: CredentialSource,
  clock: Clock,
  timed: Nonces,
  untimed: Nonces,
  usage?: Pick<KeyUsage, 'note'>,
): RpcAuthenticator {
  async function find(accessKeyId: string, token: string | undefined) {
    const found = await credentials.lookup(accessKeyId, token);
    if (!found.ok) throw credentialError(found.failure);
    return found;
  }

  function signer({ principal, temporary }: Found, accessKeyId: string): Signer {
    if (!temporary) usage?.note(accessKeyId);
    return { principal, accessKeyId };
  }

  /** @returns when a request of this time stamp is over */
  function checkClock(stamp: string): number {
    const at = parseIso(stamp);
    if (at === undefined) throw gatewayErrors.malformedTimestamp();
    if (Math.abs(at - clock.now()) > CLOCK_WINDOW_MS) throw gatewayErrors.expiredTimestamp();
    return at + CLOCK_WINDOW_MS;
  }

  async function useUp(seen: Nonces, accessKeyId: string, nonce: string, until: number): Promise<void> {
    const verdict = await seen.accept(accessKeyId, nonce, until);
    if (verdict === 'used') throw gatewayErrors.nonceUsed();
    if (verdict === 'full') throw gatewayErrors.throttled(NONCES_FULL_RETRY_MS);
  }

  async function bySha1({ method, parameters }: RpcRequest): Promise<Signer> {
    const required = (name: string): string => {
      const value = parameters.get(name);
      if (value === undefined || value === '') throw gatewayErrors.missingParameter(name);
      return value;
    };
    const accessKeyId = required('AccessKeyId');
    const signature = required('Signature');
    const nonce = required('SignatureNonce');
    if (required('SignatureMethod').toUpperCase() !== 'HMAC-SHA1') throw gatewayErrors.invalidSignatureMethod();
    if ((parameters.get('SignatureVersion') ?? '1.0') !== '1.0') {
      throw gatewayErrors.invalidParameter('SignatureVersion', 'use 1.0.');
    }
    const stamp = parameters.get('Timestamp');
    const found = await find(accessKeyId, parameters.get('SecurityToken') || undefined);
    const tokenEnd = expiryOf(found.principal);
    if (stamp === undefined && tokenEnd === undefined) throw gatewayErrors.missingParameter('Timestamp');
    const stampEnd = stamp === undefined ? undefined : checkClock(stamp);
    const pairs = [...parameters];
    if (!verifyRpc(nodeDigests, found.secret, method, pairs, signature)) {
      throw gatewayErrors.signatureDoesNotMatch(rpcStringToSign(method, pairs.map(masked)));
    }
    // Only after the signature: a stranger must not be able to use up somebody's nonces.
    if (stampEnd !== undefined) await useUp(timed, accessKeyId, nonce, stampEnd);
    else if (tokenEnd !== undefined) await useUp(untimed, accessKeyId, nonce, tokenEnd);
    return signer(found, accessKeyId);
  }

  async function byAcs3(request: RpcRequest): Promise<Signer> {
    const authorization = parseAcs3Authorization(request.headers.get('authorization') ?? '');
    if (!authorization) {
      throw gatewayErrors.incompleteSignature(
        `expected "${ACS3_ALGORITHM} Credential=…,SignedHeaders=…,Signature=…" in the Authorization header.`,
      );
    }
    const required = (name: string): string => {
      const value = request.headers.get(name);
      if (value === undefined || value === '') throw gatewayErrors.missingParameter(name);
      return value;
    };
    const stamp = required('x-acs-date');
    const nonce = required('x-acs-signature-nonce');
    const named = request.headers.get('x-acs-accesskey-id');
    if (named !== undefined && named !== authorization.accessKeyId) {
      throw gatewayErrors.incompleteSignature('x-acs-accesskey-id differs from the Credential.');
    }
    const found = await find(authorization.accessKeyId, request.headers.get('x-acs-security-token') || undefined);
    const stampEnd = checkClock(stamp);
    if (!verifyAcs3(nodeDigests, found.secret, request, authorization)) {
      const headers = new Map(request.headers);
      if (headers.has('x-acs-security-token')) headers.set('x-acs-security-token', '***');
      const canonical = acs3CanonicalRequest(
        { ...request, headers, query: request.query.map(masked) },
        authorization.signedHeaders,
      );
      throw gatewayErrors.acs3SignatureDoesNotMatch(acs3StringToSign(nodeDigests, canonical), canonical);
    }
    await useUp(timed, authorization.accessKeyId, nonce, stampEnd);
    return signer(found, authorization.accessKeyId);
  }

  /** What was signed is echoed for debugging, but ends up in client logs. */
  const masked = ([name, value]: Pair): Pair => [name, SECRET.has(name) ? '***' : value];

  return {
    async authenticate(request) {
      const { parameters, headers } = request;
      const action = parameters.get('Action');
      const version = parameters.get('Version');
      const hasSha1 = parameters.has('Signature') || parameters.has('SignatureMethod');
      if (headers.get('authorization')?.startsWith('ACS3-')) {
        // One request, one scheme: otherwise what one verifier saw is not what the other acts on.
        if (hasSha1) throw gatewayErrors.incompleteSignature('two signatures in one request.');
        const signed = await byAcs3(request);
        const signedAction = headers.get('x-acs-action');
        const signedVersion = headers.get('x-acs-version');
        if ((action ?? signedAction) !== signedAction || (version ?? signedVersion) !== signedVersion) {
          throw gatewayErrors.invalidParameter('Action or Version', 'it differs from the signed header.');
        }
        return { ...signed, action: signedAction, version: signedVersion };
      }
      // A request that names a key but carries no signature is a broken one, not an anonymous one. A signature without
      // a key speaks for nobody: the published upload SDKs send one, made with no secret, with their progress calls
      // (reference vod 1.8), and those have to be answered.
      if (parameters.has('AccessKeyId')) return { ...(await bySha1(request)), action, version };
      // Clients of the newer kind put both into headers, also where a call goes without a signature.
      return {
        ...nobody,
        action: action ?? headers.get('x-acs-action'),
        version: version ?? headers.get('x-acs-version'),
      };
    },
  };
}

/** Of a temporary key. */
const expiryOf = (principal: Principal): number | undefined =>
  principal.kind === 'session' || principal.kind === 'upload-grant' ? principal.expiresAt : undefined;
