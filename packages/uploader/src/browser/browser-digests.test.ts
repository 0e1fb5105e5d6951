import { nodeDigests } from '@sluice/wire/node';
import fc from 'fast-check';
import { afterEach, expect, it, vi } from 'vitest';
import { browserDigests } from './browser-digests.js';

const bytes = (minLength = 0) => fc.uint8Array({ minLength, maxLength: 300 });

afterEach(() => vi.doUnmock('@sluice/wire/noble'));

it.each([
  ['WebCrypto', globalThis.crypto.subtle],
  ['without it', undefined],
])('%s: the digests of Node', async (_, subtle) => {
  const digests = browserDigests(subtle ?? null);
  await fc.assert(
    fc.asyncProperty(bytes(1), bytes(), async (key, data) => {
      expect(await digests.sha256(data)).toEqual(new Uint8Array(nodeDigests.sha256(data)));
      expect(await digests.hmacSha1(key, data)).toEqual(new Uint8Array(nodeDigests.hmacSha1(key, data)));
      expect(await digests.hmacSha256(key, data)).toEqual(new Uint8Array(nodeDigests.hmacSha256(key, data)));
    }),
  );
});

it('the pure ones cannot be loaded: an error that may be tried again, and the next signature tries', async () => {
  vi.resetModules();
  vi.doMock('@sluice/wire/noble', () => {
    throw new TypeError('Failed to fetch dynamically imported module');
  });
  const { browserDigests: fresh } = await import('./browser-digests.js');
  const digests = fresh(null);
  const data = new Uint8Array([1, 2, 3]);
  await expect(digests.sha256(data)).rejects.toMatchObject({ code: 'NetworkError', retryable: true });
  vi.doUnmock('@sluice/wire/noble');
  expect(await digests.sha256(data)).toEqual(new Uint8Array(nodeDigests.sha256(data)));
});
