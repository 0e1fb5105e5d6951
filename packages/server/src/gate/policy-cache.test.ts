import { expect, test } from 'vitest';
import { policyCache } from './policy-authoriser.js';

const policy = (...values: readonly string[]) =>
  JSON.stringify({
    Version: '1',
    Statement: [
      { Effect: 'Allow', Action: '*', Resource: '*', Condition: { StringLike: { 'oss:Prefix': values } } },
      { Effect: 'Allow', Action: ['oss:PutObject', 'oss:ListParts'], Resource: 'acs:oss:*:*:bucket/users/alice/*' },
    ],
  });

test('documents are read once, those of thousands of users too', () => {
  const parse = policyCache();
  const texts = Array.from({ length: 4000 }, (_, i) => policy(`users/${i}/*`));
  const read = texts.map((text) => parse(text));
  expect(texts.every((text, i) => parse(text) === read[i])).toBe(true);
});

// A session policy is whatever its caller likes: 5 000 of these took more than 2 GB.
test.each([
  ['stretches with ?', (i: number) => policy(`*?${i}*${'?a*'.repeat(560)}`)],
  ['characters beside ?', (i: number) => policy(`*?${i}${String.fromCharCode(...range(0x4e00, 1700))}*`)],
  ['lists of wildcards', (i: number) => policy(String(i), ...Array<string>(280).fill('*?*'))],
])('few are kept of those that take much memory: %s', (_, made) => {
  const parse = policyCache();
  const first = parse(made(0));
  expect(parse(made(0))).toBe(first);
  for (let i = 1; i <= 200; i++) parse(made(i));
  expect(parse(made(0))).not.toBe(first);
});

test('one that takes more than there is room for is read all the same', () => {
  const parse = policyCache('resource');
  const text = JSON.stringify({
    Version: '1',
    Statement: [
      {
        Effect: 'Allow',
        Action: 'oss:GetObject',
        Principal: '*',
        Resource: `acs:oss:*:*:bucket/${'?'.repeat(60_000)}`,
      },
    ],
  });
  expect(parse(text).statements).toHaveLength(1);
});

const range = (from: number, length: number): number[] => Array.from({ length }, (_, i) => from + i);
