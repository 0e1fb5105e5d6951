import { expect, test } from 'vitest';
import { someRandom } from '../../testing/fixed-parts.js';
import { HashingBusy, passwordHashing } from './password-hashing.js';

const cheap = { random: someRandom, memoryKiB: 64 };

test('a password is recognised, another one is not, and nobody has one', async () => {
  const { hash, verify } = passwordHashing(cheap);
  const stored = await hash('correct horse');
  expect(stored).toMatch(/^\$argon2id\$v=19\$m=64,t=2,p=1\$/);
  expect(await verify(stored, 'correct horse')).toBe(true);
  expect(await verify(stored, 'correct horsf')).toBe(false);
  expect(await verify(undefined, 'correct horse')).toBe(false);
});

test('nineteen mebibytes and two passes, when nothing else is said', async () => {
  expect(await passwordHashing({ random: someRandom }).hash('x')).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
});

test('the same letters in another Unicode form are the same password', async () => {
  const { hash, verify } = passwordHashing(cheap);
  expect(await verify(await hash('Zu\u0308rich'), 'Z\u00fcrich')).toBe(true);
});

test('of a flood a few are worked on, some wait, and the rest is told to come again', async () => {
  const { hash } = passwordHashing({ ...cheap, atOnce: 2, waiting: 3 });
  const done = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => hash(`p${i}`)));
  expect(done.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
  const refused = done.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  expect(refused).toHaveLength(15);
  expect(refused.every((reason) => reason instanceof HashingBusy)).toBe(true);
  // Every place came back.
  expect(await Promise.all([hash('a'), hash('b'), hash('c'), hash('d'), hash('e')])).toHaveLength(5);
});

test('a hash that cannot be read does not keep its place', async () => {
  const { hash, verify } = passwordHashing({ ...cheap, atOnce: 1, waiting: 0 });
  await expect(verify('no hash', 'x')).rejects.toThrow();
  await hash('x');
});
