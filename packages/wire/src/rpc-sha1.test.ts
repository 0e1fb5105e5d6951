import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Pair } from './encoding.js';
import { nobleDigests } from './noble.js';
import { nodeDigests } from './node.js';
import { rpcStringToSign, signRpc, verifyRpc } from './rpc-sha1.js';
import { changedText, pairsOf, uniquePairs } from './testing/arbitraries.js';
import vectors from './vectors/rpc-sha1.json' with { type: 'json' };

describe.each([
  ['node', nodeDigests],
  ['noble', nobleDigests],
] as const)('RPC signature (%s)', (_, digests) => {
  test.each(vectors)('$name', ({ method, secret, params, signature }) => {
    const pairs = pairsOf(params);
    expect(signRpc(digests, secret, method, pairs)).toBe(signature);
    expect(signRpc(digests, secret, method.toLowerCase(), pairs.reverse())).toBe(signature);
    expect(verifyRpc(digests, secret, method, [...pairs, ['Signature', signature]], signature)).toBe(true);
  });
});

describe('rpcStringToSign', () => {
  test('sorts by byte order, encodes twice, leaves the signature out', () => {
    const params: Pair[] = [
      ['b', '*~ /'],
      ['_', ''],
      ['B', '用'],
      ['Signature', 'x'],
    ];
    expect(rpcStringToSign('post', params)).toBe('POST&%2F&B%3D%25E7%2594%25A8%26_%3D%26b%3D%252A~%2520%252F');
  });
});

describe('verifyRpc', () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9]{1,40}$/);
  const verify = (key: string, method: string, params: readonly Pair[], signature: string) =>
    verifyRpc(nodeDigests, key, method, params, signature);
  const sign = (key: string, method: string, params: readonly Pair[]) => signRpc(nodeDigests, key, method, params);

  test('holds for what was signed, in any order of parameters', () => {
    fc.assert(
      fc.property(secret, uniquePairs(), (key, params) => {
        const signature = sign(key, 'POST', params);
        return verify(key, 'POST', [...params, ['Signature', signature] as const].reverse(), signature);
      }),
    );
  });

  test('any changed name, value, method, secret or signature is refused', () => {
    fc.assert(
      fc.property(
        secret,
        uniquePairs({ minLength: 1 }),
        fc.nat(),
        fc.infiniteStream(fc.nat(0xffff)),
        (key, params, at, picks) => {
          const signature = sign(key, 'POST', params);
          const i = at % params.length;
          const [name, value] = params[i] as Pair;
          const other = (text: string) => changedText(text, picks);
          const newName = other(name);
          expect(verify(key, 'GET', params, signature)).toBe(false);
          expect(verify(other(key), 'POST', params, signature)).toBe(false);
          expect(verify(key, 'POST', params, other(signature))).toBe(false);
          expect(verify(key, 'POST', params.with(i, [name, other(value)]), signature)).toBe(false);
          if (newName !== 'Signature')
            expect(verify(key, 'POST', params.with(i, [newName, value]), signature)).toBe(false);
          expect(verify(key, 'POST', params.toSpliced(i, 1), signature)).toBe(false);
          expect(verify(key, 'POST', [...params, ['added', '']], signature)).toBe(false);
        },
      ),
    );
  });

  test('names and values keep their borders', () => {
    const signature = sign('k', 'GET', [['a', '1&b=2']]);
    expect(
      verify(
        'k',
        'GET',
        [
          ['a', '1'],
          ['b', '2'],
        ],
        signature,
      ),
    ).toBe(false);
    expect(verify('k', 'GET', [['a=1&b', '2']], signature)).toBe(false);
    expect(verify('k', 'GET', [['', '']], sign('k', 'GET', []))).toBe(false);
  });

  test('a repeated name is refused even if it was signed so', () => {
    const params: Pair[] = [
      ['RoleArn', 'a'],
      ['RoleArn', 'b'],
    ];
    expect(verify('k', 'GET', params, sign('k', 'GET', params))).toBe(false);
  });

  test('an empty signature is refused', () => {
    expect(verify('k', 'GET', [], '')).toBe(false);
  });
});
