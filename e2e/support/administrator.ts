import { randomUUID } from 'node:crypto';
import { formatIso, type Pair, percentEncode, signRpc } from '@sluice/wire';
import { nodeDigests } from '@sluice/wire/node';
import { runCommand } from './command.js';

export interface AccessKeys {
  readonly AccessKeyId: string;
  readonly AccessKeySecret: string;
}

/** The key of an administrator, as an operator gets it. */
export async function bootstrap(data: string): Promise<AccessKeys> {
  const { code, out, err } = await runCommand(['ram', 'bootstrap', '--data', data]);
  if (code !== 0) throw new Error(`sluice ram bootstrap ended with ${code}: ${err}`);
  return JSON.parse(out) as AccessKeys;
}

/** A call signed by hand. @returns the body as it came: official clients read JSON only */
export async function ram(
  api: string,
  { AccessKeyId, AccessKeySecret }: AccessKeys,
  action: string,
  params: Readonly<Record<string, string>>,
): Promise<string> {
  const pairs: Pair[] = [
    ['Action', action],
    ['Version', action === 'GetCallerIdentity' ? '2015-04-01' : '2015-05-01'],
    ['AccessKeyId', AccessKeyId],
    ['SignatureMethod', 'HMAC-SHA1'],
    ['SignatureVersion', '1.0'],
    ['SignatureNonce', randomUUID()],
    ['Timestamp', formatIso(Date.now())],
    ...Object.entries(params),
  ];
  pairs.push(['Signature', signRpc(nodeDigests, AccessKeySecret, 'POST', pairs)]);
  const answer = await fetch(api, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: pairs.map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`).join('&'),
  });
  return answer.text();
}
