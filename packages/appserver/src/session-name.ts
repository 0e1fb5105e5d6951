import { hex, utf8 } from '@sluice/wire';
import { nodeDigests } from '@sluice/wire/node';

const PLAIN = /^[A-Za-z0-9.@_-]{2,64}$/;
const HASHED = /^u-[0-9a-f]{62}$/;

/**
 * The `RoleSessionName` of a user: the name itself when STS allows it (2–64 of `A-Z a-z 0-9 . @ _ -`, reference
 * ram-sts 1.3), otherwise `u-` and 62 hexadecimal digits of the SHA-256 of its JSON text. Stable, and never the same
 * for two users; the result is also safe as a path segment and in a policy pattern.
 *
 * @throws TypeError for an empty name, and for what is no text: the marks of a broken login rather than a user
 */
export function sessionNameOf(user: string): string {
  if (typeof user !== 'string') throw new TypeError('a user name must be a text');
  if (user === '') throw new TypeError('a user name must not be empty');
  // A name that looks like a hash is hashed too: it could be the hash of somebody else. `..` would climb in a path.
  if (PLAIN.test(user) && !HASHED.test(user) && !user.includes('..')) return user;
  // The JSON text keeps lone surrogates apart, which UTF-8 would melt into one U+FFFD.
  return `u-${hex(nodeDigests.sha256(utf8(JSON.stringify(user)))).slice(0, 62)}`;
}
