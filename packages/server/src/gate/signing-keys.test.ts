import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ossV4SigningKey } from '@sluice/wire';
import { nodeDigests } from '@sluice/wire/node';
import { expect, it } from 'vitest';
import { signingKeys } from './signing-keys.js';

const scope = { date: '20260101', region: 'cn-hangzhou' };

it('are those of the signature, made once', () => {
  const keys = signingKeys();
  const key = keys('secret', scope);
  expect(key).toEqual(ossV4SigningKey(nodeDigests, 'secret', scope));
  expect(keys('secret', { ...scope })).toBe(key);
});

it('are another one for each secret, day and region', () => {
  const keys = signingKeys();
  const all = [
    keys('secret', scope),
    keys('secret2', scope),
    keys('secret', { ...scope, date: '20260102' }),
    keys('secret', { ...scope, region: 'cn-shanghai' }),
  ];
  expect(new Set(all.map((key) => Buffer.from(key).toString('hex'))).size).toBe(4);
});

it('are bounded in number', () => {
  const keys = signingKeys(2);
  const first = keys('a', scope);
  keys('b', scope);
  keys('c', scope);
  expect(keys('a', scope)).not.toBe(first);
  expect(keys('a', scope)).toEqual(first);
});

it('take no more memory for a region that goes on and on', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const keys = signingKeys();
  const kept = () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = kept();
  for (let i = 0; i < 1000; i++) keys('secret', { ...scope, region: `${i}${'x'.repeat(50_000)}` });
  expect(kept() - before).toBeLessThan(10_000_000);
});
