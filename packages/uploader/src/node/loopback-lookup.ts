import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';

/**
 * Resolves `localhost` and every name below it to loopback without asking a resolver (RFC 6761 section 6.3): so
 * `{bucket}.oss.localhost` works without entries in a hosts file.
 */
export const loopbackLookup: LookupFunction = (hostname, options, callback) => {
  const name = hostname.toLowerCase().replace(/\.$/, '');
  if (isIP(name) !== 0 || (name !== 'localhost' && !name.endsWith('.localhost'))) {
    lookup(hostname, options, callback);
    return;
  }
  const both = [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ];
  const fits = both.filter(
    ({ family }) => !options.family || options.family === family || options.family === `IPv${family}`,
  );
  const chosen = fits.length > 0 ? fits : both;
  const first = chosen[0] as { address: string; family: number };
  process.nextTick(() => (options.all ? callback(null, chosen) : callback(null, first.address, first.family)));
};
