import { BlockList, isIP, isIPv6 } from 'node:net';

/** Who is believed when they say for whom they ask, and how they were asked. */
export interface TrustedProxies {
  includes(address: string): boolean;
}

/** Addresses and networks, as `10.0.0.5`, `10.0.0.0/8` or `fd00::/8`; `undefined` when one of them is neither. */
export function parseTrustedProxies(texts: readonly string[]): TrustedProxies | undefined {
  const list = new BlockList();
  for (const text of texts) {
    const [, net = '', bits] = /^([0-9a-f.:]+)(?:\/(\d{1,3}))?$/i.exec(text) ?? [];
    const version = isIP(net);
    const most = version === 4 ? 32 : 128;
    if (version === 0 || Number(bits ?? most) > most) return undefined;
    list.addSubnet(net, Number(bits ?? most), version === 4 ? 'ipv4' : 'ipv6');
  }
  return { includes: (address) => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4') };
}

export const noProxies: TrustedProxies = { includes: () => false };

/** Longer lists are not read: each hop adds one, and nobody has so many. */
const MAX_HOPS = 32;

/**
 * The address that a request comes from. `X-Forwarded-For` is what the client wrote followed by what each proxy saw, so it is
 * read from its end, and only as far as those who wrote it are trusted.
 *
 * @param peer address of the connection
 * @param forwarded values of all `X-Forwarded-For` headers, in the order they came
 */
export function clientAddress(peer: string | undefined, forwarded: readonly string[], proxies: TrustedProxies): string {
  let client = plainAddress(peer ?? '');
  if (client === '' || forwarded.length === 0 || !proxies.includes(client)) return client;
  const hops = forwarded.join(',').split(',').slice(-MAX_HOPS);
  for (const hop of hops.reverse()) {
    const before = readHop(hop.trim());
    // What is not an address was not written by a proxy that is to be trusted: its own address is the last one known.
    if (before === undefined) return client;
    client = before;
    if (!proxies.includes(client)) return client;
  }
  return client;
}

/** Some proxies write the port as well. */
function readHop(text: string): string | undefined {
  const bare =
    /^\[([^\]]+)\](?::\d{1,5})?$/.exec(text)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d{1,5}$/.exec(text)?.[1] ?? text;
  const address = plainAddress(bare);
  return isIP(address) === 0 ? undefined : address;
}

/** An IPv4 address that arrived at an IPv6 socket, without its wrapping; no zone. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');

/** Values of a header that may be repeated, from node's raw list of names and values. */
export function headerValues(rawHeaders: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const given = rawHeaders[i] as string;
    if (given.length === name.length && given.toLowerCase() === name) values.push(rawHeaders[i + 1] as string);
  }
  return values;
}

/**
 * Whose calls are counted together: an IPv4 address, or the /64 of an IPv6 one, which is the least that anybody is given, so
 * that nobody counts as many.
 */
export function addressBlock(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.toLowerCase().split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length - (address.includes('.') ? 1 : 0);
  const groups = [...left, ...Array<string>(Math.max(0, zeros)).fill('0'), ...right];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
