/** Where your servers are. A phone does not reach `localhost` of your machine: name its address on the network. */
export const VOD_ENDPOINT = 'https://vod.example.com';
const TOKEN_URL = 'https://app.example.com/token';

/** Your own back end calls AssumeRole, behind your login. */
export async function fetchToken() {
  const response = await fetch(TOKEN_URL, { method: 'POST' });
  if (!response.ok) throw new Error(`No token: HTTP ${response.status}`);
  const token = (await response.json()) as Record<
    'AccessKeyId' | 'AccessKeySecret' | 'SecurityToken' | 'Expiration',
    string
  >;
  return {
    accessKeyId: token.AccessKeyId,
    accessKeySecret: token.AccessKeySecret,
    securityToken: token.SecurityToken,
    expiration: token.Expiration,
  };
}
