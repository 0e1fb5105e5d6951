import { jsonAnswer } from './answers.js';
import { type UpstreamError, VodError } from './upstream-error.js';

/** Codes that are about this back end's keys, clock or signature: nothing the client could mend. */
const OURS =
  /^(Signature|IncompleteSignature|InvalidTimeStamp|InvalidAccessKeyId|InvalidSecurityToken|MissingSecurity)/;

/**
 * What the client learns when STS or VOD fails: the code and the request id, for the operator to look up.
 * 503 when trying later may help, else 502. What VOD says about the client's own parameters (400, 403, 404) is passed
 * on with its status and message: an extension that is not allowed, a video that is gone.
 */
export function upstreamAnswer(error: UpstreamError): Response {
  const { code, requestId, status } = error;
  const identity = { Code: code, ...(requestId === undefined ? {} : { RequestId: requestId }) };
  if (error.temporary) {
    const seconds = Math.max(1, Math.ceil((error.retryAfterMs ?? 0) / 1_000));
    const body = { ...identity, Message: 'The upload service is not available now.' };
    return jsonAnswer(503, body, { 'retry-after': String(seconds) });
  }
  if (error instanceof VodError && [400, 403, 404].includes(status) && !OURS.test(code)) {
    return jsonAnswer(status, { ...identity, Message: error.reason });
  }
  return jsonAnswer(502, { ...identity, Message: 'The upload service refused the request.' });
}
