import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clientRegion } from './upload-grant.js';

/** Where an official SDK sends its next call (reference vod 1.7, 1.12). */
const nextCall = (region: string) => new URL(`https://vod.${region}.aliyuncs.com/?Action=RefreshUploadVideo`);

describe('the region said to a client', () => {
  test.each([
    ['vod.cn-shanghai.aliyuncs.com', '/', 'cn-shanghai'],
    ['vod.example.com', '/x.aliyuncs.com/', 'example.com/x'],
    ['vod.example.com:8443', '/x.aliyuncs.com/', 'example.com:8443/x'],
    ['vod.example.com:8443', '/a/b.aliyuncs.com', 'example.com:8443/a/b'],
  ])('is its own text, for %s%s', (host, path, region) => {
    expect(clientRegion(host, path)).toBe(region);
  });

  test.each([
    ['127.0.0.1:8400', '/'],
    ['localhost', '/'],
    ['vod.example.com', '/'],
    ['vod.example.com', '/x.aliyuncs.com.evil.test/'],
    ['example.com', '/vod.cn-shanghai.aliyuncs.com/'],
    ['', '/vod.x.aliyuncs.com'],
    ['vod.a@evil.aliyuncs.com', '/'],
    ['vod.a#b.aliyuncs.com', '/'],
    ['vod.a\\b.aliyuncs.com', '/'],
  ])('is not said for %s%s', (host, path) => {
    expect(clientRegion(host, path)).toBeUndefined();
  });

  test('never sends the next call to another host', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'vod',
        'a',
        'evil',
        'aliyuncs',
        'com',
        '.',
        '.aliyuncs.com',
        '/',
        '@',
        ':',
        ':8443',
        '#',
        '?',
        '\\',
        '%2F',
        '[',
        ' ',
      ),
      fc.string({ unit: 'grapheme-ascii', maxLength: 3 }),
    );
    const text = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(
        text.map((middle) => `vod.${middle}.aliyuncs.com`),
        fc.oneof(
          fc.constant('/'),
          text.map((rest) => `/${rest}.aliyuncs.com/`),
        ),
        fc.boolean(),
        (long, path, short) => {
          const host = short ? long.replace(/\.aliyuncs\.com$/, '') : long;
          const region = clientRegion(host, path);
          if (region === undefined || !URL.canParse(`https://vod.${region}.aliyuncs.com/`)) return;
          expect(nextCall(region).hostname).toBe(new URL(`https://${host}/`).hostname);
          expect(nextCall(region).username).toBe('');
        },
      ),
      { numRuns: 2000 },
    );
  });
});
