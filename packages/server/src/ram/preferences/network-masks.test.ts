import { expect, test } from 'vitest';
import { isWithinMasks, parseNetworkMasks } from './network-masks.js';

test.each([
  ['', '203.0.113.9', true],
  ['10.0.0.0/8', '10.255.0.1', true],
  ['10.0.0.0/8', '::ffff:10.0.0.1', true],
  ['10.0.0.0/8', '11.0.0.1', false],
  ['10.0.0.0/8;192.168.1.7', '192.168.1.7', true],
  ['10.0.0.0/8;192.168.1.7', '192.168.1.8', false],
  ['2001:db8::/32', '2001:db8:1::1', true],
  ['2001:db8::/32', '2001:db9::1', false],
  ['0.0.0.0/0;::/0', '2001:db9::1', true],
  ['0.0.0.0/0', 'unknown', false],
])('%j lets %s in: %s', (masks, address, expected) => {
  expect(isWithinMasks(masks, address)).toBe(expected);
});

test.each(['', ';', '10.0.0.0/33', '10.0.0.0/', '10.0.0/8', 'fe80::1%eth0', '::/129', '10.0.0.0/8/8', 'example.com'])(
  '%j is no list of masks',
  (text) => expect(parseNetworkMasks(text)).toBeUndefined(),
);

test('there are forty masks and 512 characters at most', () => {
  const masks = (n: number) => Array.from({ length: n }, (_, i) => `10.0.${i}.1`).join(';');
  expect(parseNetworkMasks(masks(40))).toBeDefined();
  expect(parseNetworkMasks(masks(41))).toBeUndefined();
  expect(parseNetworkMasks(`${masks(35)};${'2001:db8:1234:1234:1234:1234:1234:1234;'.repeat(5)}::1`)).toBeUndefined();
});
