/** Signed calls of the VOD service. Reference: vod 4.0, ram-sts 4.1. */
import { formatIso, type Pair, percentEncode, signRpcAsync } from '@sluice/wire';
import type { StsCredentials } from '../api.js';
import { exchange, type Line } from './exchange.js';
import { readJsonObject, readServiceError } from './read-error.js';
import { localError } from './upload-error.js';

/**
 * POST with a form body: no token appears in a URL, and to a browser it is a simple request without a preflight.
 * @param params action's own; `undefined`, empty ones and 0 are left out
 * @throws UploadError
 */
export async function callVod(
  line: Line,
  endpoint: string,
  credentials: StsCredentials,
  action: string,
  params: Readonly<Record<string, string | number | undefined>>,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  const { digests } = line.env;
  const pairs: Pair[] = [
    // A number where a text belongs is its text.
    ...Object.entries(params).flatMap(([name, value]): Pair[] => (value ? [[name, `${value}`]] : [])),
    ['Action', action],
    ['Version', '2017-03-21'],
    ['Format', 'JSON'],
    ['AccessKeyId', credentials.accessKeyId],
    ['SecurityToken', credentials.securityToken],
    ['SignatureMethod', 'HMAC-SHA1'],
    ['SignatureVersion', '1.0'],
    ['SignatureNonce', nonce(line)],
    ['Timestamp', formatIso(line.serverClock.now())],
  ];
  const signature = await signRpcAsync(digests, credentials.accessKeySecret, 'POST', pairs);
  const signed: Pair[] = [...pairs, ['Signature', signature]];
  const response = await exchange(
    line,
    {
      method: 'POST',
      url: endpoint,
      headers: [['content-type', 'application/x-www-form-urlencoded']],
      body: signed.map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`).join('&'),
    },
    signal,
  );
  if (response.status !== 200) throw readServiceError(line.env.readXml, response, line.serverClock.now());
  const answer = readJsonObject(response.body);
  if (!answer) throw localError('MalformedAnswer', `${action} answered: ${response.body.slice(0, 200)}`);
  return answer;
}

function nonce({ env }: Line): string {
  const piece = () =>
    Math.floor(env.random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return `${env.clock.now().toString(16)}-${piece()}${piece()}${piece()}`;
}
