import { describe, expect, it } from 'vitest';
import { spoken } from './clock-check.js';
import { exposes, notAllowed, readableBy } from './cors.js';

const answer = (headers: Readonly<Record<string, string>>) => ({
  status: 200,
  body: '',
  header: (name: string) => headers[name],
});
const ORIGIN = 'https://app.example.com';

describe('CORS headers, as a browser reads them', () => {
  it('one origin or the wildcard, once', () => {
    const by = (value?: string) =>
      readableBy(ORIGIN, answer(value === undefined ? {} : { 'access-control-allow-origin': value }));
    expect([by('*'), by(ORIGIN)]).toEqual([true, true]);
    expect([by(), by('*, *'), by(`${ORIGIN}/`), by('null')]).toEqual(['nothing', '*, *', `${ORIGIN}/`, 'null']);
  });

  it('exposes by name in any case, or all', () => {
    const list = answer({ 'access-control-expose-headers': 'etag, X-Oss-Request-Id' });
    expect([exposes(list, 'ETag'), exposes(list, 'x-oss-request-id'), exposes(list, 'Date')]).toEqual([
      true,
      true,
      false,
    ]);
    expect(exposes(answer({ 'access-control-expose-headers': '*' }), 'ETag')).toBe(true);
    expect(exposes(answer({}), 'ETag')).toBe(false);
  });

  it('the wildcard of a preflight leaves Authorization out', () => {
    expect(notAllowed('*', ['authorization', 'x-oss-date'])).toEqual(['authorization']);
    expect(notAllowed('*, Authorization', ['authorization', 'x-oss-date'])).toEqual([]);
    expect(notAllowed('get,put', ['PUT', 'DELETE'])).toEqual(['DELETE']);
    expect(notAllowed(undefined, ['PUT'])).toEqual(['PUT']);
  });
});

it('speaks of times in two units at most', () => {
  expect([400, 61_000, 3_600_000, 7_384_000, 90_061_000].map(spoken)).toEqual([
    '0 s',
    '1 min 1 s',
    '1 h',
    '2 h 3 min',
    '1 d 1 h',
  ]);
});
