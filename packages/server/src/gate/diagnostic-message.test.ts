import { authorise, parsePolicy } from '@sluice/policy';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { keyRing, newMasterKey } from '../keys/key-ring.js';
import { movableClock, someRandom } from '../testing/fixed-parts.js';
import { type Diagnostic, MAX_DIAGNOSTIC_MESSAGE, openDiagnostic, sealDiagnostic } from './diagnostic-message.js';

const clock = movableClock();
const key = (id: number) => newMasterKey(id, clock, someRandom);
const ring = keyRing([key(1)]);

function diagnostic(statements: readonly object[] = [], resource = 'acs:oss:*:100:b/k'): Diagnostic {
  const text = JSON.stringify({ Version: '1', Statement: statements });
  const policy = statements.length === 0 ? [] : [{ name: 'p', type: 'Custom', policy: parsePolicy(text) } as const];
  const explanation = authorise({ identity: policy }, { action: 'oss:PutObject', resource }).explain?.();
  if (!explanation) throw new Error('not explained');
  const principal = { type: 'SubUser', ownerId: '100', displayName: '2001' };
  return { requestId: 'R', at: clock.now(), principal, context: { 'acs:SourceIp': '192.0.2.1' }, explanation };
}
const seal = (what: Diagnostic, account = '100') => sealDiagnostic(ring, someRandom, account, what);

describe('a diagnostic message', () => {
  test('opens for the account it was made for', () => {
    const what = diagnostic([{ Effect: 'Allow', Action: 'oss:*', Resource: 'acs:oss:*:*:c/*' }]);
    expect(openDiagnostic(ring, '100', seal(what))).toEqual(what);
  });

  test('opens for no other account', () => {
    expect(openDiagnostic(ring, '200', seal(diagnostic()))).toBeUndefined();
    expect(openDiagnostic(ring, '10', seal(diagnostic(), '100'))).toBeUndefined();
  });

  test('does not open when any character of it was changed', () => {
    const message = seal(diagnostic());
    fc.assert(
      fc.property(fc.nat(message.length - 1), fc.constantFrom(...'AZaz09-_.'), (at, character) => {
        const changed = message.slice(0, at) + character + message.slice(at + 1);
        // The last character of base64 has bits that mean nothing.
        fc.pre(changed !== message && at < message.length - 1 && message[at + 1] !== '.');
        expect(openDiagnostic(ring, '100', changed)).toBeUndefined();
      }),
    );
  });

  test.each(['', 'x', '1.2', '1.2.3', '9.AAAA.AAAA', `1.${'A'.repeat(9_000)}.A`, '1..', 'NaN.a.b'])(
    'that is none is refused: %.20s',
    (message) => {
      expect(openDiagnostic(ring, '100', message)).toBeUndefined();
    },
  );

  test('opens after a rotation for as long as its key is kept', () => {
    const old = key(1);
    const message = sealDiagnostic(keyRing([old]), someRandom, '100', diagnostic());
    expect(openDiagnostic(keyRing([old, key(2)]), '100', message)).toBeDefined();
    expect(openDiagnostic(keyRing([key(2)]), '100', message)).toBeUndefined();
  });

  test('tells by its length only roughly how much is in it', () => {
    const one = seal(diagnostic([{ Effect: 'Allow', Action: 'vod:*', Resource: '*' }]));
    const other = seal(diagnostic([{ Effect: 'Allow', Action: 'vod:GetVideoInfo', Resource: '*' }]));
    expect(other.length).toBe(one.length);
  });

  test.each([['x'.repeat(1_000)], ['用'.repeat(1_000)], ['"'.repeat(1_000)]])(
    'fits into a URL, whatever it is about: %.3s',
    (name) => {
      const long = Array.from({ length: 6 }, (_, i) => `acs:oss:*:*:c/${i}/${name.slice(0, 400)}`);
      const statements = long.map(() => ({
        Effect: 'Allow',
        Action: 'oss:*',
        Resource: '*',
        Condition: { StringEquals: { 'oss:Prefix': long } },
      }));
      for (const given of [statements, statements.slice(0, 1)]) {
        const message = seal(diagnostic(given, `acs:oss:*:100:b/${name}`));
        expect(message.length).toBeLessThanOrEqual(MAX_DIAGNOSTIC_MESSAGE);
        expect(openDiagnostic(ring, '100', message)?.explanation.sentence).toMatch(/^Denied: oss:PutObject/);
      }
    },
  );
});
