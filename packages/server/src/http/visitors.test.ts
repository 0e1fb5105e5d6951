import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { keyRing, newMasterKey } from '../keys/key-ring.js';
import { movableClock, someRandom } from '../testing/fixed-parts.js';
import { visitors } from './visitors.js';

const ring = () => keyRing([newMasterKey(1, movableClock(), someRandom)]);
const here = visitors(ring(), someRandom, false);

function welcome(who: typeof here, cookie?: string): string | undefined {
  let set: string | undefined;
  who.welcome({ headers: { cookie } } as IncomingMessage, {
    header: (_, value) => {
      set = value;
    },
  });
  return set;
}
const cookieOf = (set: string | undefined): string => set?.split(';')[0] ?? '';

describe('a visitor', () => {
  test('gets a cookie once, that no script can read and no other site makes use of', () => {
    const set = welcome(here);
    expect(set).toMatch(/^sluice_visitor=[\w-]{16}\.[\w-]{22}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=31536000$/);
    expect(welcome(here, cookieOf(set))).toBeUndefined();
    expect(welcome(visitors(ring(), someRandom, true))).toMatch(/; Secure$/);
  });

  test('has a name of its own, that a session may carry', () => {
    const names = [welcome(here), welcome(here)].map((set) => here.identify(`a=b; ${cookieOf(set)}; c=d`));
    expect(names[0]).toMatch(/^visitor-[\w-]{16}$/);
    expect(new Set(names).size).toBe(2);
  });

  test('cannot choose or change the name', () => {
    const cookie = cookieOf(welcome(here));
    for (let at = 'sluice_visitor='.length; at < cookie.length; at++) {
      const changed = cookie.slice(0, at) + (cookie[at] === 'A' ? 'B' : 'A') + cookie.slice(at + 1);
      expect(here.identify(changed), `at ${at}`).toBeUndefined();
    }
    for (const forged of [
      '',
      'sluice_visitor=',
      'sluice_visitor=.',
      'sluice_visitor=AAAAAAAAAAAAAAAA',
      'sluice_visitor=AAAAAAAAAAAAAAAA.',
      'x=y',
    ])
      expect(here.identify(forged)).toBeUndefined();
    expect(here.identify(null)).toBeUndefined();
  });

  test('of another installation is a stranger', () => {
    expect(visitors(ring(), someRandom, false).identify(cookieOf(welcome(here)))).toBeUndefined();
  });
});
