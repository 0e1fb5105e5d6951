import { BlockList, isIP } from 'node:net';

const MOST_MASKS = 40;
const LONGEST = 512;

/**
 * Addresses from which users may log in: `10.0.0.0/8;2001:db8::/32`, also addresses alone.
 * @returns `undefined` for a text of another form, or one of more than 40 masks or 512 characters
 */
export function parseNetworkMasks(text: string): BlockList | undefined {
  const masks = text.split(';');
  if (text.length > LONGEST || masks.length > MOST_MASKS) return undefined;
  const list = new BlockList();
  for (const mask of masks) {
    const [address = '', bits, more] = mask.trim().split('/');
    const version = isIP(address);
    const widest = version === 4 ? 32 : 128;
    if (version === 0 || address.includes('%') || more !== undefined) return undefined;
    if (bits !== undefined && (!/^\d{1,3}$/.test(bits) || Number(bits) > widest)) return undefined;
    list.addSubnet(address, bits === undefined ? widest : Number(bits), version === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}

/** @param masks as stored; empty lets everybody in */
export function isWithinMasks(masks: string, address: string): boolean {
  if (masks === '') return true;
  // How a socket for both families spells an IPv4 peer.
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  const version = isIP(plain);
  return version !== 0 && (parseNetworkMasks(masks)?.check(plain, version === 4 ? 'ipv4' : 'ipv6') ?? false);
}
