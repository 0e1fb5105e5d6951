import { expect, test } from 'vitest';
import { movableClock } from '../testing/fixed-parts.js';
import { rateLimiter } from './rate-limiter.js';

const taken = (limiter: ReturnType<typeof rateLimiter>, calls: number, key = 'a') =>
  Array.from({ length: calls }, () => limiter.take(key)).filter((wait) => wait === 0).length;

test.each([1, 3, 7, 100, 1_000])('lets %i calls of a second through, and no more', (perSecond) => {
  const clock = movableClock();
  const limiter = rateLimiter(clock, perSecond);
  expect(taken(limiter, perSecond * 3)).toBe(perSecond);
  clock.advance(1000);
  expect(taken(limiter, perSecond * 3)).toBe(perSecond);
  clock.advance(60_000);
  expect(taken(limiter, perSecond * 3)).toBe(perSecond);
});

test('says how long to wait, and lets the call through when that has passed', () => {
  const clock = movableClock();
  const limiter = rateLimiter(clock, 4);
  taken(limiter, 4);
  const wait = limiter.take('a');
  expect(wait).toBe(250);
  clock.advance(wait - 1);
  expect(limiter.take('a')).toBe(1);
  clock.advance(1);
  expect(limiter.take('a')).toBe(0);
});

test('refused calls do not make the wait longer', () => {
  const clock = movableClock();
  const limiter = rateLimiter(clock, 2);
  taken(limiter, 1000);
  clock.advance(500);
  expect(limiter.take('a')).toBe(0);
});

test('counts each key by itself', () => {
  const limiter = rateLimiter(movableClock(), 1);
  expect([limiter.take('a'), limiter.take('b')]).toEqual([0, 0]);
  expect(limiter.take('a')).toBeGreaterThan(0);
});

test('remembers so many keys and no more', () => {
  const limiter = rateLimiter(movableClock(), 1, 10);
  limiter.take('first');
  for (let i = 0; i < 9; i++) limiter.take(`other ${i}`);
  expect(limiter.take('first')).toBeGreaterThan(0);
  for (let i = 0; i < 10; i++) limiter.take(`another ${i}`);
  expect(limiter.take('first')).toBe(0);
});

test('locks nobody out when the clock is set back', () => {
  const clock = movableClock();
  const limiter = rateLimiter(clock, 1);
  limiter.take('a');
  clock.advance(-3_600_000);
  expect(limiter.take('a')).toBe(0);
});
