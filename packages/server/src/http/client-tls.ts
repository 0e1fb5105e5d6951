import { plainAddress, type TrustedProxies } from './client-address.js';

/**
 * Whether the client spoke TLS: with us, or with a trusted proxy that ended it and says so.
 *
 * @param encrypted whether the connection is
 * @param peer address of the connection
 * @param forwarded values of all `X-Forwarded-Proto` headers, in the order they came; the last one is of who is connected
 */
export function clientSpokeTls(
  encrypted: boolean,
  peer: string | undefined,
  forwarded: readonly string[],
  proxies: TrustedProxies,
): boolean {
  const said = forwarded.join(',').split(',').at(-1)?.trim().toLowerCase();
  if (!said || peer === undefined || !proxies.includes(plainAddress(peer))) return encrypted;
  return said === 'https';
}
