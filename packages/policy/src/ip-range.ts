/** Addresses and CIDR blocks of `IpAddress` and `NotIpAddress`, IPv4 and IPv6. Reference ram-sts 3.3, 3.7 case 28. */

interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

/** A block, or one address; `undefined` when the text is neither. Host bits after the prefix are ignored. */
export function parseIpRange(text: string): ((address: string) => boolean | undefined) | undefined {
  const cut = text.indexOf('/');
  const base = parseAddress(cut < 0 ? text : text.slice(0, cut));
  if (base === undefined) return undefined;
  let prefix: number = base.bits;
  if (cut >= 0) {
    const digits = text.slice(cut + 1);
    if (!/^\d{1,3}$/.test(digits)) return undefined;
    // `::ffff:10.0.0.0/104` is the IPv4 block 10.0.0.0/8; a mapped block wider than all of IPv4 means nothing.
    prefix = Number(digits) - (base.bits === 32 && text.includes(':') ? 96 : 0);
    if (prefix < 0 || prefix > base.bits) return undefined;
  }
  const drop = BigInt(base.bits - prefix);
  return (given) => {
    // A socket may name its zone (`fe80::1%eth0`), which is no part of the address.
    const address = parseAddress(given.replace(/%.*$/, ''));
    if (address === undefined) return undefined;
    return address.bits === base.bits && address.value >> drop === base.value >> drop;
  };
}

/** An IPv4-mapped IPv6 address (`::ffff:10.1.2.3`, as dual-stack sockets report it) is its IPv4 address. */
function parseAddress(text: string): Address | undefined {
  if (!text.includes(':')) {
    const value = parseV4(text);
    return value === undefined ? undefined : { bits: 32, value };
  }
  const value = parseV6(text);
  if (value === undefined) return undefined;
  return value >> 32n === 0xffffn ? { bits: 32, value: value & 0xffff_ffffn } : { bits: 128, value };
}

function parseV4(text: string): bigint | undefined {
  // No leading zeros: some readers take 010 for octal.
  if (!/^(?:(?:0|[1-9]\d{0,2})(?:\.(?!$)|$)){4}$/.test(text)) return undefined;
  let value = 0n;
  for (const octet of text.split('.')) {
    if (Number(octet) > 255) return undefined;
    value = (value << 8n) | BigInt(octet);
  }
  return value;
}

function parseV6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  const last = groups[groups.length - 1] as string[];
  const tail = last[last.length - 1];
  if (tail?.includes('.')) {
    const v4 = parseV4(tail);
    if (v4 === undefined) return undefined;
    last.splice(-1, 1, (v4 >> 16n).toString(16), (v4 & 0xffffn).toString(16));
  }
  const [head = [], rest = []] = groups;
  const missing = 8 - head.length - rest.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  let value = 0n;
  for (const group of [...head, ...new Array<string>(missing).fill('0'), ...rest]) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
    value = (value << 16n) | BigInt(`0x${group}`);
  }
  return value;
}
