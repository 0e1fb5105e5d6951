import { describe, expect, it } from 'vitest';
import { isPublicAddress, parseAllowedDestination, publicAddresses } from './address-rules.js';

const allow = (...texts: string[]) =>
  publicAddresses(
    texts.map((text) => {
      const one = parseAllowedDestination(text);
      if (!one) throw new Error(`not a destination: ${text}`);
      return one;
    }),
  );

describe('an address that is not public', () => {
  it.each([
    '0.0.0.0',
    '10.0.0.1',
    '100.64.0.1',
    '100.100.100.200',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.1',
    '192.0.2.1',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '::7f00:1',
    '64:ff9b::7f00:1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'fec0::1',
    'ff02::1',
    'not an address',
  ])('%s', (address) => expect(isPublicAddress(address)).toBe(false));

  it.each(['8.8.8.8', '100.63.255.255', '172.32.0.1', '192.169.0.1', '2606:4700::1111', '2400:3200::1'])(
    '%s is public',
    (address) => expect(isPublicAddress(address)).toBe(true),
  );
});

describe('ports', () => {
  const rules = allow();
  it.each([80, 443, 1024, 8080, 65_535])('%i is for HTTP', (port) => {
    expect(rules.mayAllow('app.example', port)).toBe(true);
    expect(rules.allows('app.example', '8.8.8.8', port)).toBe(true);
  });
  it.each([1, 22, 25, 53, 110, 1023, 65_536])('%i is not', (port) => {
    expect(rules.mayAllow('app.example', port)).toBe(false);
    expect(rules.allows('app.example', '8.8.8.8', port)).toBe(false);
  });
});

describe('before the name is resolved', () => {
  it.each(['127.0.0.1', '[::1]', '10.1.2.3', 'localhost', 'localhost.', 'app.localhost'])('%s is refused', (host) =>
    expect(allow().mayAllow(host, 80)).toBe(false),
  );
  it('a name that may be public is not', () => expect(allow().mayAllow('app.example', 80)).toBe(true));
});

describe('an exception', () => {
  it('opens one address with all ports, or with one', () => {
    expect(allow('127.0.0.1').allows('x', '127.0.0.1', 22)).toBe(true);
    expect(allow('127.0.0.1').allows('x', '127.0.0.2', 8080)).toBe(false);
    expect(allow('127.0.0.1:9000').allows('x', '127.0.0.1', 9000)).toBe(true);
    expect(allow('127.0.0.1:9000').allows('x', '127.0.0.1', 9001)).toBe(false);
    expect(allow('127.0.0.1:9000').mayAllow('127.0.0.1', 9001)).toBe(false);
    expect(allow('[fd00::5]:9000').allows('x', 'fd00::5', 9000)).toBe(true);
  });
  it('opens a network', () => {
    expect(allow('10.0.0.0/8').allows('x', '10.255.0.1', 80)).toBe(true);
    expect(allow('10.0.0.0/8').allows('x', '11.0.0.1', 80)).toBe(true);
    expect(allow('10.0.0.0/8').allows('x', '172.16.0.1', 80)).toBe(false);
    expect(allow('fd00::/8').allows('x', 'fd77::1', 80)).toBe(true);
  });
  it('opens a host, whatever it resolves to', () => {
    expect(allow('app.internal:8080').allows('App.Internal', '10.0.0.9', 8080)).toBe(true);
    expect(allow('app.internal').allows('other.internal', '10.0.0.9', 8080)).toBe(false);
    expect(allow('localhost').mayAllow('localhost', 3000)).toBe(true);
  });
  it('does not open an IPv4 address written as IPv6', () => {
    expect(allow('127.0.0.1').allows('x', '::ffff:127.0.0.1', 80)).toBe(false);
  });
  it.each(['', 'a b', '10.0.0.0/33', '300.1.1.1', 'host:0', 'host:99999', 'http://host', '1.2.3.4:5:6'])(
    '"%s" is not one',
    (text) => expect(parseAllowedDestination(text)).toBeUndefined(),
  );
});
