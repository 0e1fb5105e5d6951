import { createHash, randomUUID } from 'node:crypto';
import { formatIso, percentEncode, signAcs3 } from '@sluice/wire';
import { nodeDigests } from '@sluice/wire/node';
import { CommandFailed, EXIT, type ExitCode, REFUSED_CREDENTIALS } from '../exit-codes.js';
import type { AccessKeys } from './keys.js';

/** Services and the version of each. */
export const apis = { ram: '2015-05-01', ims: '2019-08-15', sts: '2015-04-01', vod: '2017-03-21' } as const;
export type Api = keyof typeof apis;

/** Which service has an operation, as far as names tell. */
const NAMED: readonly (readonly [Api, RegExp])[] = [
  ['ims', /OIDCProviders?$|^GetAccountSummary$/],
  ['sts', /^AssumeRole|^GetCallerIdentity$|^RevokeSessions$|Revocations?$/],
];
/** The token that is passed is the proof. */
const UNSIGNED = /^AssumeRoleWith(?:OIDC|SAML)$/;
const TIMEOUT_MS = 30_000;

export interface OperationCall {
  readonly endpoint: string;
  readonly api?: Api | undefined;
  readonly action: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly keys: () => Promise<AccessKeys>;
}

/**
 * One call, signed with ACS3. Parameters travel in the body: documents and passwords have no business in a URL.
 * @returns the answer, whatever it is
 * @throws {CommandFailed} with code and message of the refusal
 */
export async function callOperation(call: OperationCall): Promise<unknown> {
  const { endpoint, action, parameters } = call;
  const api = call.api ?? NAMED.find(([, names]) => names.test(action))?.[0] ?? 'ram';
  const url = new URL('/', endpoint);
  const pairs = [...parameters].map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`);
  const unsigned = UNSIGNED.test(action);
  if (unsigned) pairs.push(`Action=${percentEncode(action)}`, `Version=${apis[api]}`, 'Format=JSON');
  const body = pairs.join('&');
  const headers = unsigned ? FORM : await signed(url, action, apis[api], body, await call.keys());
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    text = await answer.text();
  } catch (error) {
    throw new CommandFailed(EXIT.failed, `no answer from ${url.origin}: ${reason(error)}`);
  }
  const value = parse(text);
  if (answer.status === 200 && value !== undefined) return value;
  throw refusal(url, answer.status, value, action, call.api === undefined);
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };

async function signed(
  url: URL,
  action: string,
  version: string,
  body: string,
  { accessKeyId, accessKeySecret, securityToken }: AccessKeys,
): Promise<Record<string, string>> {
  const bodySha256 = createHash('sha256').update(body).digest('hex');
  const headers = new Map<string, string>([
    ...Object.entries(FORM),
    ['host', url.host],
    ['x-acs-action', action],
    ['x-acs-version', version],
    ['x-acs-date', formatIso(Date.now())],
    ['x-acs-signature-nonce', randomUUID()],
    ['x-acs-content-sha256', bodySha256],
    ...(securityToken === undefined ? [] : [['x-acs-security-token', securityToken] as const]),
  ]);
  const request = { method: 'POST', query: [], headers, bodySha256 };
  headers.set('authorization', signAcs3(nodeDigests, accessKeyId, accessKeySecret, request));
  headers.delete('host');
  return Object.fromEntries(headers);
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function refusal(
  url: URL,
  status: number,
  value: Readonly<Record<string, unknown>> | undefined,
  action: string,
  guessed: boolean,
): CommandFailed {
  const { Code, Message, RequestId, AccessDeniedDetail: detail } = value ?? {};
  if (typeof Code !== 'string') {
    return new CommandFailed(EXIT.failed, `${url.origin} answered HTTP ${status}, which is not from a control plane`);
  }
  const hint =
    Code === 'InvalidAction.NotFound' && guessed
      ? ` Is "${action}" spelled right, and which --api has it?`
      : missing(detail);
  // What the server makes of a wrong signature is long, and of no use to whoever mistyped a secret.
  const message = Code === 'SignatureDoesNotMatch' ? 'the secret is not that of the access key.' : String(Message);
  return new CommandFailed(exitCode(Code, status), `${Code}: ${message}${hint} (RequestId ${String(RequestId)})`);
}

/** Which permission is missing, of the caller's own. */
function missing(detail: unknown): string {
  const { AuthAction: action, NoPermissionType: type } = Object(detail) as Readonly<Record<string, unknown>>;
  if (typeof action !== 'string') return '';
  return type === 'ExplicitDeny' ? ` A policy denies ${action}.` : ` No policy allows ${action}.`;
}

function exitCode(code: string, status: number): ExitCode {
  if (status === 401 || status === 403 || REFUSED_CREDENTIALS.test(code)) return EXIT.denied;
  return /^(?:Missing|Invalid|MalformedPolicyDocument)/.test(code) && status < 500 ? EXIT.usage : EXIT.failed;
}

/** The innermost cause of a failed connection says most. */
function reason(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(inner instanceof Error)) return String(inner);
  return inner.message || (inner as NodeJS.ErrnoException).code || inner.name;
}
