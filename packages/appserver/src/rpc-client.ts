/** One signed call of an RPC service: POST form, RPC-SHA1, JSON answer. Reference ram-sts 4.1, 4.6. */
import { formatIso, type Pair, percentEncode, signRpc } from '@sluice/wire';
import { nodeDigests } from '@sluice/wire/node';
import { redact } from './redact.js';
import { fetchTransport, type Transport, type TransportAnswer, TransportError } from './transport.js';
import type { UpstreamError, UpstreamFailure } from './upstream-error.js';

/** Where and how to call; shared by the STS client and the upload broker. */
export interface RpcEndpoint {
  /** `https://sts.example.com`, or a host alone, which means https. */
  readonly endpoint: string;
  /** Default {@link fetchTransport}. */
  readonly transport?: Transport;
  /** Milliseconds since the epoch; default `Date.now`. */
  readonly clock?: () => number;
  /** A text that never comes twice; default a random UUID. */
  readonly nonce?: () => string;
}

export interface RpcSigner {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** With temporary keys only. */
  readonly securityToken?: string;
}

/** The JSON of an answer, as the service wrote it. */
export type RpcAnswer = Readonly<Record<string, unknown>>;

export type RpcCall = (signer: RpcSigner, action: string, params: readonly Pair[]) => Promise<RpcAnswer>;

/** @param Failure what a failed call throws */
export function createRpcClient(
  options: RpcEndpoint & { readonly version: string },
  Failure: new (failure: UpstreamFailure) => UpstreamError,
): RpcCall {
  const { transport = fetchTransport, clock = Date.now, nonce = () => crypto.randomUUID() } = options;
  if (!options.endpoint) throw new TypeError('an endpoint is needed');
  const url = new URL(/^https?:\/\//i.test(options.endpoint) ? options.endpoint : `https://${options.endpoint}`).href;
  return async (signer, action, own) => {
    const params: Pair[] = [
      ['Action', action],
      ['Version', options.version],
      ['Format', 'JSON'],
      ['AccessKeyId', signer.accessKeyId],
      ['SignatureMethod', 'HMAC-SHA1'],
      ['SignatureVersion', '1.0'],
      ['SignatureNonce', nonce()],
      ['Timestamp', formatIso(clock())],
      ...(signer.securityToken === undefined ? [] : [['SecurityToken', signer.securityToken] as const]),
      ...own,
    ];
    params.push(['Signature', signRpc(nodeDigests, signer.accessKeySecret, 'POST', params)]);
    const secrets = [signer.accessKeySecret, signer.securityToken ?? ''];
    let answer: TransportAnswer;
    try {
      answer = await transport({
        method: 'POST',
        url,
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
        body: params.map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`).join('&'),
      });
    } catch (error) {
      const code = error instanceof TransportError ? error.code : 'NetworkError';
      const message = redact(error instanceof Error ? error.message : 'no answer', secrets);
      throw new Failure({ code, status: 0, message });
    }
    const body = readObject(answer.body);
    // Some gateways answer 200 with a Code; a success never has one (reference ram-sts 4.6).
    if (answer.status < 200 || answer.status > 299 || body?.Code !== undefined || body === undefined) {
      throw new Failure(failureOf(answer, body, secrets));
    }
    return body;
  };
}

function failureOf(answer: TransportAnswer, body: RpcAnswer | undefined, secrets: readonly string[]): UpstreamFailure {
  const { Code, Message, RequestId } = body ?? {};
  const code = typeof Code === 'string' && /^[A-Za-z0-9._-]{1,128}$/.test(Code) ? Code : 'InvalidAnswer';
  return {
    code,
    status: answer.status,
    message: typeof Message === 'string' ? redact(Message, secrets) : 'the service gave no message',
    requestId: typeof RequestId === 'string' && /^[\w-]{1,64}$/.test(RequestId) ? RequestId : undefined,
    retryAfterMs: retryAfter(answer) ?? (code.startsWith('Throttling') ? 1_000 : undefined),
  };
}

/** `x-acs-retry-after` counts milliseconds (reference ram-sts 4.5), the standard header seconds. */
function retryAfter({ headers = {} }: TransportAnswer): number | undefined {
  const ms = headers['x-acs-retry-after'];
  if (ms !== undefined && /^\d{1,8}$/.test(ms)) return Number(ms);
  const seconds = headers['retry-after'];
  return seconds !== undefined && /^\d{1,5}$/.test(seconds) ? Number(seconds) * 1_000 : undefined;
}

function readObject(text: string): RpcAnswer | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as RpcAnswer) : undefined;
  } catch {
    return undefined;
  }
}
