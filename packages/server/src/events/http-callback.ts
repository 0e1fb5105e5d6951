import { hex, utf8 } from '@sluice/wire';
import { nodeDigests } from '@sluice/wire/node';
import { request } from 'undici';
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
  return async (url, body) => {
    const timestamp = String(Math.floor(clock.now() / 1000));
    try {
      const response = await request(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json;charset=utf-8',
          ...(authKey === undefined
            ? {}
            : { 'x-vod-timestamp': timestamp, 'x-vod-signature': callbackSignature(url, timestamp, authKey) }),
        },
        body,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      // The status is the answer; a body that never ends does not undo it.
      await response.body.dump({ limit: 64 * 1024 }).catch(() => undefined);
      return response.statusCode === 200 ? undefined : `the receiver answered ${response.statusCode}`;
    } catch (error) {
      return `the receiver could not be reached: ${(error as Error).message}`;
    }
  };
}
