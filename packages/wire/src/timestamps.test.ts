import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatBasic,
  formatHttpDate,
  formatIso,
  formatIsoMillis,
  parseBasic,
  parseHttpDate,
  parseIso,
} from './timestamps.js';

const AT = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const SECOND = AT - 678;
const seconds = fc.integer({ min: 0, max: 253_402_300_799 }).map((s) => s * 1000);

describe('timestamps', () => {
  test('are written as the services write them', () => {
    expect(formatIso(AT)).toBe('2026-01-02T03:04:05Z');
    expect(formatIsoMillis(AT)).toBe('2026-01-02T03:04:05.678Z');
    expect(formatBasic(AT)).toBe('20260102T030405Z');
    expect(formatHttpDate(AT)).toBe('Fri, 02 Jan 2026 03:04:05 GMT');
  });

  test('read back', () => {
    fc.assert(
      fc.property(seconds, fc.nat(999), (ms, fraction) => {
        expect(parseIso(formatIso(ms))).toBe(ms);
        expect(parseIso(formatIsoMillis(ms + fraction))).toBe(ms + fraction);
        expect(parseBasic(formatBasic(ms))).toBe(ms);
        expect(parseHttpDate(formatHttpDate(ms))).toBe(ms);
      }),
    );
  });

  test('a fraction of any length is read, milliseconds of it count', () => {
    expect(parseIso('2026-01-02T03:04:05.6Z')).toBe(SECOND + 600);
    expect(parseIso('2026-01-02T03:04:05.678999999Z')).toBe(SECOND + 678);
  });

  test.each([
    '',
    '2026-01-02',
    '2026-01-02T03:04:05',
    '2026-01-02 03:04:05Z',
    '2026-01-02T03:04:05+00:00',
    '2026-01-02t03:04:05z',
    ' 2026-01-02T03:04:05Z',
    '2026-01-02T03:04:05Z\n',
    '2026-01-02T03:04:05.Z',
    '2026-02-30T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:60:00Z',
    '2026-01-01T00:00:60Z',
    '+002026-01-02T03:04:05Z',
    '２０２６-01-02T03:04:05Z',
  ])('parseIso refuses %j', (given) => expect(parseIso(given)).toBeUndefined());

  test.each([
    '',
    '2026-01-02T03:04:05Z',
    '20260102T030405',
    '20260230T000000Z',
    '20260102T030405.000Z',
    '20260102T030405Z\n',
  ])('parseBasic refuses %j', (given) => expect(parseBasic(given)).toBeUndefined());

  test('parseHttpDate reads one-digit days and the other names of UTC', () => {
    for (const given of [
      'Sun, 6 Nov 1994 08:49:37 GMT',
      'Sun, 06 Nov 1994 08:49:37 +0000',
      'Sun, 06 Nov 1994 08:49:37 UTC',
    ]) {
      expect(parseHttpDate(given), given).toBe(784_111_777_000);
    }
  });

  test.each([
    '',
    '1141889120',
    'Sunday, 06-Nov-94 08:49:37 GMT',
    'Sun Nov  6 08:49:37 1994',
    'Sun, 06 Nov 1994 08:49:37 +0100',
    'Sun, 06 Nov 1994 08:49:37 PST',
    'Sun, 31 Feb 2026 08:49:37 GMT',
    'Sun, 06 Xxx 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 25:00:00 GMT',
    'Sun, 06 Nov 1994 24:00:00 GMT',
    '1994-11-06T08:49:37Z',
  ])('parseHttpDate refuses %j', (given) => expect(parseHttpDate(given)).toBeUndefined());
});
