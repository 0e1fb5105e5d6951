import { hex, utf8 } from '@sluice/wire';
import { nodeDigests } from '@sluice/wire/node';
import { anyAddress } from '../http/address-rules.js';
import { outgoing } from '../http/outgoing.js';
import type { Clock } from '../runtime.js';

/** Sends one event; resolves with `undefined` on success, else with the reason. Never rejects. */
export type Deliver = (url: string, body: string) => Promise<string | undefined>;

const TIMEOUT_MS = 5_000;

/**
 * `X-VOD-SIGNATURE`: MD5 of callback URL, timestamp and key joined with `|`, as receivers check it (reference vod 5).
 * @param timestamp seconds since the Unix epoch
 */
export function callbackSignature(url: string, timestamp: string, authKey: string): string {
  return hex(nodeDigests.md5(utf8(`${url}|${timestamp}|${authKey}`)));
}

/**
 * POST of the JSON body; only an exact 200 is success, redirects are not followed, 5 s are given.
 * @param authKey key of the signature; without one the request is not signed
 */
export function httpCallback(authKey: string | undefined, clock: Clock): Deliver {
  const post = outgoing();
  return async (url, body) => {
    const timestamp = String(Math.floor(clock.now() / 1000));
    try {
      const { status } = await post({
        url: new URL(url),
        headers: {
          'content-type': 'application/json;charset=utf-8',
          ...(authKey === undefined
            ? {}
            : { 'x-vod-timestamp': timestamp, 'x-vod-signature': callbackSignature(url, timestamp, authKey) }),
        },
        body,
        timeoutMs: TIMEOUT_MS,
        // The operator's own choice, usually a machine beside this one.
        rules: anyAddress,
      });
      // The status is the answer; the body is not looked at.
      return status === 200 ? undefined : `the receiver answered ${status}`;
    } catch (error) {
      return `the receiver could not be reached: ${(error as Error).message}`;
    }
  };
}
