import { describe, expect, test } from 'vitest';
import { noProxies, parseTrustedProxies } from './client-address.js';
import { clientSpokeTls } from './client-tls.js';

const proxies = parseTrustedProxies(['10.0.0.0/8']) ?? noProxies;
const plain = (peer: string | undefined, ...forwarded: string[]) => clientSpokeTls(false, peer, forwarded, proxies);
const encrypted = (peer: string | undefined, ...forwarded: string[]) => clientSpokeTls(true, peer, forwarded, proxies);

describe('that a client spoke TLS', () => {
  test('is seen by the connection when nothing is said, or by a stranger', () => {
    expect([plain('10.0.0.1'), encrypted('10.0.0.1')]).toEqual([false, true]);
    expect([plain('198.51.100.7', 'https'), encrypted('198.51.100.7', 'http')]).toEqual([false, true]);
    expect([plain(undefined, 'https'), encrypted(undefined, 'http')]).toEqual([false, true]);
    expect(clientSpokeTls(false, '10.0.0.1', ['https'], noProxies)).toBe(false);
  });

  test('is what a trusted proxy says, not what the client wrote before it', () => {
    expect([plain('10.0.0.1', 'https'), encrypted('::ffff:10.0.0.1', 'http')]).toEqual([true, false]);
    expect(plain('10.0.0.1', 'https', 'HTTP')).toBe(false);
    expect(plain('10.0.0.1', 'http, https')).toBe(true);
  });
});
