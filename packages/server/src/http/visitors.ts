import type { IncomingMessage } from 'node:http';
import { base64Url, base64UrlDecode, equalsConstantTime } from '@sluice/wire';
import { type KeyRing, keyedDigest } from '../keys/key-ring.js';
import type { Random } from '../runtime.js';

const COOKIE = 'sluice_visitor';

/**
 * Tells the browsers of the demo page apart, so that each gets a token of its own scope: a random name in a signed
 * cookie. It proves nothing but "the same browser as before".
 */
export interface Visitors {
  /** Gives a browser its cookie on the first visit. */
  welcome(request: IncomingMessage, response: { header(name: string, value: string): unknown }): void;
  /** The name in a genuine cookie. */
  identify(cookieHeader: string | null): string | undefined;
}

export function visitors(ring: KeyRing, random: Random, secure: boolean): Visitors {
  const signature = (name: string, key = ring.current): string =>
    base64Url(keyedDigest(key, 'visitor', Buffer.from(name)).subarray(0, 16));

  function identify(cookieHeader: string | null): string | undefined {
    const value = cookieHeader
      ?.split(';')
      .map((piece) => piece.trim())
      .find((piece) => piece.startsWith(`${COOKIE}=`))
      ?.slice(COOKIE.length + 1);
    const [name = '', proof = ''] = value?.split('.') ?? [];
    const genuine = ring.keys.some((key) => equalsConstantTime(signature(name, key), proof));
    const known = base64UrlDecode(name)?.length === 12 && genuine;
    return known ? `visitor-${name}` : undefined;
  }

  return {
    identify,
    welcome(request, response) {
      if (identify(request.headers.cookie ?? null) !== undefined) return;
      const name = base64Url(random.bytes(12));
      response.header(
        'set-cookie',
        `${COOKIE}=${name}.${signature(name)}; Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000${secure ? '; Secure' : ''}`,
      );
    },
  };
}
