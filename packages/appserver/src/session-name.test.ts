import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sessionNameOf } from './session-name.js';

describe('session names', () => {
  test.each(['alice', 'a.b-c_d@example.com', '42', 'x'.repeat(64)])('%s stays itself', (user) => {
    expect(sessionNameOf(user)).toBe(user);
  });

  test.each([
    ['one character', 'a'],
    ['too long', 'x'.repeat(65)],
    ['a path', '../x'],
    ['dots that climb', '..'],
    ['dots inside', 'a..b'],
    ['a wildcard', '*'],
    ['a quote', 'a"b'],
    ['unicode', '用户'],
    ['a line break at the end', 'alice\n'],
  ])('%s is hashed', (_, user) => {
    expect(sessionNameOf(user)).toMatch(/^u-[0-9a-f]{62}$/);
    expect(sessionNameOf(user)).toBe(sessionNameOf(user));
  });

  test('a record of a user has none', () => {
    expect(() => sessionNameOf({ id: 1 } as unknown as string)).toThrow('must be a text');
  });

  test('is the same in every release', () => {
    expect(sessionNameOf('*')).toBe('u-ed725292f5f32d61535958c16f8772f1be779c75203cf31b477673f9e564b3');
  });

  test('nobody can take the hashed name of another by choosing it as their own', () => {
    const victim = sessionNameOf('用户');
    expect(sessionNameOf(victim)).not.toBe(victim);
  });

  test('is always a legal RoleSessionName, and never the same for two users', () => {
    const user = fc.oneof(fc.string({ minLength: 1 }), fc.string({ unit: 'binary', minLength: 1 }));
    fc.assert(
      fc.property(user, user, (a, b) => {
        expect(sessionNameOf(a)).toMatch(/^[A-Za-z0-9.@_-]{2,64}$/);
        if (a !== b) expect(sessionNameOf(a)).not.toBe(sessionNameOf(b));
      }),
    );
  });
});
