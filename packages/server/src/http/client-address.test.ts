import { describe, expect, test } from 'vitest';
import { addressBlock, clientAddress, headerValues, noProxies, parseTrustedProxies } from './client-address.js';

const proxies = parseTrustedProxies(['10.0.0.0/8', '192.0.2.1', 'fd00::/8']) ?? noProxies;
const from = (peer: string | undefined, ...forwarded: string[]) => clientAddress(peer, forwarded, proxies);

describe('the address of a client', () => {
  test('is that of the connection when nothing is said', () => {
    expect(from('198.51.100.7')).toBe('198.51.100.7');
    expect(from('::ffff:198.51.100.7')).toBe('198.51.100.7');
    expect(from('fe80::1%eth0')).toBe('fe80::1');
    expect(from(undefined)).toBe('');
  });

  test('is that of the connection when a stranger says something else', () => {
    expect(from('198.51.100.7', '203.0.113.5')).toBe('198.51.100.7');
    expect(clientAddress('10.0.0.1', ['203.0.113.5'], noProxies)).toBe('10.0.0.1');
  });

  test('is what a trusted proxy saw', () => {
    expect(from('10.0.0.1', '203.0.113.5')).toBe('203.0.113.5');
    expect(from('::ffff:10.0.0.1', '203.0.113.5')).toBe('203.0.113.5');
    expect(from('fd00::1', '2001:db8::5')).toBe('2001:db8::5');
  });

  test('is not what the client wrote before the proxy', () => {
    expect(from('10.0.0.1', '127.0.0.1, 203.0.113.5')).toBe('203.0.113.5');
    expect(from('10.0.0.1', '127.0.0.1', '203.0.113.5')).toBe('203.0.113.5');
    expect(from('10.0.0.1', '10.9.9.9, 203.0.113.5')).toBe('203.0.113.5');
  });

  test('is found behind several trusted proxies', () => {
    expect(from('10.0.0.1', '6.6.6.6, 203.0.113.5, 192.0.2.1, 10.2.3.4')).toBe('203.0.113.5');
    expect(from('10.0.0.1', '10.7.7.7, 10.2.3.4')).toBe('10.7.7.7');
  });

  test.each(['unknown', '', '_hidden', '203.0.113.5.6', '1.2.3', '203.0.113.5\u0000', '[203.0.113.5'])(
    'is that of the proxy when it wrote %j',
    (hop) => {
      expect(from('10.0.0.1', `203.0.113.9, ${hop}`)).toBe('10.0.0.1');
    },
  );

  test('may come with a port', () => {
    expect(from('10.0.0.1', '203.0.113.5:4711')).toBe('203.0.113.5');
    expect(from('10.0.0.1', '[2001:db8::5]:4711')).toBe('2001:db8::5');
    expect(from('10.0.0.1', '[2001:db8::5]')).toBe('2001:db8::5');
  });
});

test.each([['10.0.0.0/33'], ['proxy.example'], ['10.0.0.0/8, '], ['fd00::/129'], ['10.0.0']])(
  '%j is no trusted proxy',
  (text) => {
    expect(parseTrustedProxies([text])).toBeUndefined();
  },
);

test('all values of a header are read, in their order', () => {
  const raw = ['X-Forwarded-For', 'a', 'Host', 'b', 'x-forwarded-for', 'c'];
  expect(headerValues(raw, 'x-forwarded-for')).toEqual(['a', 'c']);
});

test.each([
  ['203.0.113.5', '203.0.113.5'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2:ffff::', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002::9', '2001:db8:1:2::/64'],
  ['2001:db8::9', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['64:ff9b::203.0.113.5', '64:ff9b:0:0::/64'],
])('%s is counted as %s', (address, block) => {
  expect(addressBlock(address)).toBe(block);
});
