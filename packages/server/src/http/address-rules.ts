import { BlockList, isIP, isIPv4 } from 'node:net';

/** Where requests that somebody else asked for may go. */
export interface AddressRules {
  /**
   * What can be said before the name is resolved: false for an address that is refused, and for a port that no rule opens.
   * @param host as in a URL: a name, an IPv4 address, an IPv6 address with or without brackets
   */
  mayAllow(host: string, port: number): boolean;
  /** @param address that the host resolved to */
  allows(host: string, address: string, port: number): boolean;
}

/** For destinations that the operator chose. */
export const anyAddress: AddressRules = { mayAllow: () => true, allows: () => true };

/** IANA special-purpose registries: not globally reachable, or ways to address what is not. */
const CLOSED_V4: readonly (readonly [net: string, bits: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  // Shared address space; the metadata service of Alibaba Cloud is in it.
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  // Link-local; the metadata service of most clouds is in it.
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];
/** Of IPv6 only global unicast is open, without what carries IPv4 addresses inside or is for documents. */
const OPEN_V6 = ['2000::', 3] as const;
const CLOSED_V6: readonly (readonly [net: string, bits: number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const closedV4 = blockList('ipv4', CLOSED_V4);
const openV6 = blockList('ipv6', [OPEN_V6]);
const closedV6 = blockList('ipv6', CLOSED_V6);

function blockList(type: 'ipv4' | 'ipv6', nets: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [net, bits] of nets) list.addSubnet(net, bits, type);
  return list;
}

/** Whether everybody on the Internet can reach it. An IPv4 address inside an IPv6 one is never public. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !closedV4.check(address, 'ipv4');
  return isIP(address) === 6 && openV6.check(address, 'ipv6') && !closedV6.check(address, 'ipv6');
}

/** Ports below 1024 belong to other services, which might make something of a request. */
const isOpenPort = (port: number): boolean => port === 80 || port === 443 || (port >= 1024 && port <= 65_535);

/** An exception: a host name or addresses, with one port or with any. */
export interface AllowedDestination {
  readonly matches: (host: string, address: string | undefined) => boolean;
  readonly port: number | undefined;
}

/** `host`, `10.1.2.3`, `10.0.0.0/8`, `fd00::/8`, each with `:port` or without (IPv6 then in brackets); else `undefined`. */
export function parseAllowedDestination(text: string): AllowedDestination | undefined {
  const cidr = /^\[?([0-9a-f.:]+)\]?(?:\/(\d{1,3}))?$/i.exec(text);
  const whole = cidr && subnet(cidr[1] as string, cidr[2]);
  if (whole) return { matches: whole, port: undefined };
  const ported = /^(.+):(\d{1,5})$/.exec(text);
  if (ported) {
    const port = Number(ported[2]);
    const inner = port >= 1 && port <= 65_535 ? parseAllowedDestination(ported[1] as string) : undefined;
    return inner && inner.port === undefined ? { ...inner, port } : undefined;
  }
  const name = text.toLowerCase();
  if (!/^(?!.*(?:^|\.)\d+$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/.test(name))
    return undefined;
  return { matches: (host) => bare(host) === name, port: undefined };
}

function subnet(net: string, bits: string | undefined): AllowedDestination['matches'] | undefined {
  const version = isIP(net);
  if (version === 0) return undefined;
  const most = version === 4 ? 32 : 128;
  const prefix = bits === undefined ? most : Number(bits);
  if (prefix > most) return undefined;
  const list = blockList(version === 4 ? 'ipv4' : 'ipv6', [[net, prefix]]);
  return (_host, address) =>
    address !== undefined && isIP(address) === version && list.check(address, version === 4 ? 'ipv4' : 'ipv6');
}

const bare = (host: string): string =>
  host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');

/** Public addresses on ports that are for HTTP, and the exceptions. */
export function publicAddresses(exceptions: readonly AllowedDestination[] = []): AddressRules {
  const excepted = (host: string, address: string | undefined, port: number) =>
    exceptions.some((one) => (one.port === undefined || one.port === port) && one.matches(host, address));
  const allows = (host: string, address: string, port: number): boolean =>
    excepted(host, address, port) || (isPublicAddress(address) && isOpenPort(port));
  return {
    allows,
    mayAllow(host, port) {
      const name = bare(host);
      if (isIP(name) !== 0) return allows(host, name, port);
      if (excepted(host, undefined, port)) return true;
      if (name === 'localhost' || name.endsWith('.localhost'))
        return exceptions.some((one) => one.matches(host, '127.0.0.1'));
      return isOpenPort(port) || exceptions.some((one) => one.port === undefined || one.port === port);
    },
  };
}
