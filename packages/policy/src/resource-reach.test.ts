import { expect, test } from 'vitest';
import { parsePolicy } from './parse-policy.js';
import { outOfReach } from './resource-reach.js';

const BUCKET = 'acs:oss:*:100:media';
const reach = (Resource: string | readonly string[]) =>
  outOfReach(
    parsePolicy(
      JSON.stringify({ Version: '1', Statement: [{ Effect: 'Deny', Action: '*', Principal: '*', Resource }] }),
      'resource',
    ),
    BUCKET,
  );

test.each([
  '*',
  'acs:oss:*',
  'acs:oss:*:*:media',
  'acs:oss:*:100:media/*',
  'acs:oss:*:100:*/*',
  'acs:oss:*:1?0:*',
  'acs:oss:*:100:media/a:b',
  'acs:oss:*:100:me*b/x',
  'acs:oss:*:100:m?dia/*',
  'acs:*:*:100:media',
])('%s reaches the bucket or something in it', (text) => {
  expect(reach(text)).toEqual([]);
});

test.each([
  'acs:oss:*:100:other/*',
  'acs:oss:*:100:medi',
  'acs:oss:*:100:media2',
  'acs:oss:*:200:media/*',
  'acs:oss:cn-hangzhou:100:media/*',
  'acs:oss::100:media/*',
  'acs:vod:*:100:media',
  '*:media',
  'acs:oss:*:100:media?',
  'acs:oss:*:100:media/',
])('%s reaches neither', (text) => {
  expect(reach(text)).toEqual(['/Statement/0/Resource']);
});

test('says which of a list', () => {
  expect(reach(['acs:oss:*:*:media', 'acs:oss:*:*:other', '*', 'acs:oss:*:*:media2/*'])).toEqual([
    '/Statement/0/Resource/1',
    '/Statement/0/Resource/3',
  ]);
});
