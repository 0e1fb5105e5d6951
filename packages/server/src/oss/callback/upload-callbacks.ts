import { createHash, type KeyObject, sign } from 'node:crypto';
import { formatHttpDate, percentDecode } from '@sluice/wire';
import type { Principal } from '../../gate/principal.js';
import type { AddressRules } from '../../http/address-rules.js';
import { type Outgoing, OutgoingFailed } from '../../http/outgoing.js';
import type { Clock, Log } from '../../runtime.js';
import { OssError } from '../oss-error.js';
import type { CallbackOrder } from './callback-order.js';
import { type CallbackFacts, fillTemplate } from './callback-template.js';

export interface UploadCallbackOptions {
  readonly privateKey: KeyObject;
  /** Where receivers find the public key. */
  readonly publicKeyUrl: () => string;
  readonly rules: AddressRules;
  readonly outgoing: Outgoing;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds that one receiver is given. Default 5 000 (reference oss 3). */
  readonly timeoutMs?: number;
}

/** Tells the uploader's application of an object, and brings back what it says. */
export interface UploadCallbacks {
  /** Which destinations may be named. */
  readonly rules: AddressRules;
  /**
   * @returns the application's answer, a JSON text
   * @throws {OssError} `CallbackFailed` when no URL of the order took it
   */
  tell(order: CallbackOrder, facts: CallbackFacts, principal: Principal): Promise<string>;
}

const TIMEOUT_MS = 5_000;
/** Reference: oss 3. */
const MAX_ANSWER_BYTES = 1024 * 1024;

export function uploadCallbacks(options: UploadCallbackOptions): UploadCallbacks {
  const { rules, outgoing, clock, log, timeoutMs = TIMEOUT_MS } = options;

  async function attempt(
    url: URL,
    order: CallbackOrder,
    body: string,
    headers: Record<string, string>,
  ): Promise<string> {
    const authorization = callbackAuthorization(options.privateKey, url, body);
    const host = order.host ?? url.host;
    const answer = await outgoing({
      url,
      headers: { host, authorization, ...headers },
      body,
      timeoutMs,
      maxAnswerBytes: MAX_ANSWER_BYTES,
      rules,
    });
    if (answer.status !== 200) throw new Refused(`Error status : ${answer.status}.`);
    return readJson(answer.body);
  }

  return {
    rules,
    async tell(order, facts, principal) {
      const body = fillTemplate(order.template, order.bodyType, facts, order.variables);
      const headers = {
        date: formatHttpDate(clock.now()),
        'user-agent': 'aliyun-oss-callback',
        'content-type': order.bodyType,
        'content-md5': createHash('md5').update(body).digest('base64'),
        'x-oss-bucket': facts.bucket,
        'x-oss-pub-key-url': Buffer.from(options.publicKeyUrl()).toString('base64'),
        'x-oss-request-id': facts.reqId,
        'x-oss-requester': requesterOf(principal),
        'x-oss-signature-version': '1.0',
        'x-oss-tag': 'CALLBACK',
      };
      let reason = '';
      for (const url of order.urls) {
        try {
          return await attempt(url, order, body, headers);
        } catch (error) {
          reason = reasonOf(error);
          // The query may hold what the application keeps to itself.
          const about = { bucket: facts.bucket, key: facts.object, requestId: facts.reqId, host: url.host };
          log.warn({ ...about, reason }, 'an upload callback failed');
        }
      }
      throw new OssError('CallbackFailed', { message: reason, ec: '0007-00000203' });
    },
  };
}

class Refused extends Error {
  override readonly name = 'Refused';
}

function reasonOf(error: unknown): string {
  if (error instanceof Refused) return error.message;
  if (!(error instanceof OutgoingFailed)) throw error;
  if (error.reason === 'timeout') return 'Error status : -1. OSS can not get the response of the callback in time.';
  if (error.reason === 'too-large') return 'Response body is too large.';
  // An address that is forbidden and one that does not answer look alike: nobody maps a network with this.
  return 'Error status : -1. OSS can not connect to your callbackUrl, please check it.';
}

/**
 * `base64(RSA-MD5(decoded path + raw query + LF + body))`, PKCS #1 v1.5 (reference oss 3). MD5 is what receivers of this
 * dialect verify.
 */
export function callbackAuthorization(privateKey: KeyObject, url: URL, body: string): string {
  const path = percentDecode(url.pathname) ?? url.pathname;
  return sign('RSA-MD5', Buffer.from(`${path}${url.search}\n${body}`), privateKey).toString('base64');
}

/** The id of who uploaded; nothing for the anonymous. */
function requesterOf(principal: Principal): string {
  switch (principal.kind) {
    case 'account':
    case 'upload-grant':
      return principal.accountId;
    case 'user':
      return principal.userId;
    case 'session':
      return `${principal.roleId}:${principal.sessionName}`;
    case 'federated':
    case 'anonymous':
      return '';
  }
}

function readJson(body: Buffer): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
    JSON.parse(text);
    return text;
  } catch {
    throw new Refused('Response body is not valid json format.');
  }
}
