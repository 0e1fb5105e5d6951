import { formatIso, hex, type Pair, percentEncode, signRpc } from '@sluice/wire';
import { nobleDigests } from '@sluice/wire/noble';
import type { CredentialsFunction, UploadGrant } from '../../api.js';
import { readJsonObject } from '../../core/read-error.js';
import { systemClock, systemRandom } from '../../core/system.js';
import type { Clock, HttpStack } from '../../ports.js';
import { NativeXhrHttpStack } from '../xhr-http-stack.js';

/**
 * RefreshUploadVideo with an STS token, for {@link BackgroundUploads} in STS mode. Once, without a retry: the application
 * has seconds when it is sent to the background.
 */
export function refreshWithToken(options: {
  /** URL of the VOD service. */
  readonly endpoint: string;
  readonly credentials: CredentialsFunction;
  readonly http?: HttpStack | undefined;
  readonly clock?: Clock | undefined;
}): (videoId: string) => Promise<UploadGrant> {
  const { endpoint, credentials, http = new NativeXhrHttpStack(), clock = systemClock } = options;
  return async (videoId) => {
    const { signal } = new AbortController();
    const token = await credentials({ reason: 'initial', signal });
    const pairs: Pair[] = [
      ['Action', 'RefreshUploadVideo'],
      ['Version', '2017-03-21'],
      ['Format', 'JSON'],
      ['VideoId', videoId],
      ['AccessKeyId', token.accessKeyId],
      ['SecurityToken', token.securityToken],
      ['SignatureMethod', 'HMAC-SHA1'],
      ['SignatureVersion', '1.0'],
      ['SignatureNonce', hex(Uint8Array.from({ length: 16 }, () => Math.floor(systemRandom() * 256)))],
      ['Timestamp', formatIso(clock.now())],
    ];
    pairs.push(['Signature', signRpc(nobleDigests, token.accessKeySecret, 'POST', pairs)]);
    const response = await http.send({
      method: 'POST',
      url: endpoint,
      headers: [['content-type', 'application/x-www-form-urlencoded']],
      body: pairs.map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`).join('&'),
      signal,
      onActivity: () => {},
    });
    const answer = readJsonObject(response.body);
    if (response.status !== 200 || !answer) {
      throw new Error(`RefreshUploadVideo was refused: ${String(answer?.Code ?? `HTTP ${response.status}`)}`);
    }
    return answer as unknown as UploadGrant;
  };
}
