import type { StsCredentials } from '@sluice/uploader';

/** The AppServer wants its key, or does not accept the one that was given. */
export class KeyWanted extends Error {
  override readonly name = 'KeyWanted';
}

/** Asks the AppServer of this origin for a token. @param key its app key, where it has one */
export async function requestToken(key: string | undefined, signal: AbortSignal): Promise<StsCredentials> {
  const answer = await fetch('/token', {
    method: 'POST',
    signal,
    cache: 'no-store',
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
  });
  if (answer.status === 401) throw new KeyWanted('The server asks for its app key.');
  if (!answer.ok) throw new Error(`The AppServer gave no token (HTTP ${answer.status}).`);
  const token = (await answer.json()) as Record<
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
