import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secrets } from './secrets.js';

describe('Secrets', () => {
  it('never lets a known secret through, plain or percent-encoded', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 6 }), fc.string(), fc.string(), (secret, before, after) => {
        fc.pre(!/\*|\p{Cc}|\s|…/u.test(secret) && secret.length <= 380);
        const secrets = new Secrets();
        secrets.add(secret);
        const told = secrets.clean(`${before} ${secret} ${encodeURIComponent(secret)} ${after}`);
        // What is left may touch its neighbours anew, but not make up the secret out of nothing.
        fc.pre(!`${before} ${after}`.includes(secret));
        expect(told.includes(secret)).toBe(false);
      }),
    );
  });

  it('takes the longer of two secrets first', () => {
    const secrets = new Secrets();
    secrets.add('abcdef', 'abcdefghij');
    expect(secrets.clean('x abcdefghij y abcdef z')).toBe('x *** y *** z');
  });

  it('takes what looks like a secret out of the texts of others', () => {
    const secrets = new Secrets();
    const clean = (text: string): string => secrets.cleanForeign(text);
    expect(clean('GET https://me:pw@host/x?a=1&Signature=abc%3D&b=2')).toBe(
      'GET https://***@host/x?a=1&Signature=***&b=2',
    );
    expect(clean('{"AccessKeySecret":"s3cr3t","x":1}')).toBe('{"AccessKeySecret":"***","x":1}');
    expect(clean('authorization: Bearer abc.def-ghi')).toMatch(/^authorization: \*\*\*/);
    expect(clean('a normal sentence about a token')).toBe('a normal sentence about a token');
  });

  it('answers one line of bearable length, without control characters', () => {
    const secrets = new Secrets();
    expect(secrets.clean('a\n\u001b[31mb\t c')).toBe('a [31mb c');
    expect(secrets.clean('x'.repeat(1000))).toHaveLength(400);
  });
});
