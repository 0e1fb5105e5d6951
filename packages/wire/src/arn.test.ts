import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bucketArn,
  formatArn,
  objectArn,
  parseArn,
  parseRoleArn,
  roleArn,
  roleSessionArn,
  rootArn,
  userArn,
} from './arn.js';

const ACCOUNT = '1234567890123456';

describe('ARNs', () => {
  test('name what the documents say', () => {
    expect(rootArn(ACCOUNT)).toBe('acs:ram::1234567890123456:root');
    expect(userArn(ACCOUNT, 'alice')).toBe('acs:ram::1234567890123456:user/alice');
    expect(roleArn(ACCOUNT, 'uploader')).toBe('acs:ram::1234567890123456:role/uploader');
    expect(roleSessionArn(ACCOUNT, 'uploader', 'u@1')).toBe('acs:ram::1234567890123456:role/uploader/u@1');
    expect(bucketArn(ACCOUNT, 'b')).toBe('acs:oss:*:1234567890123456:b');
    expect(objectArn(ACCOUNT, 'b', 'a/b:c *')).toBe('acs:oss:*:1234567890123456:b/a/b:c *');
  });

  test('read back; only the relative id holds colons', () => {
    const part = fc.string({ unit: 'binary', maxLength: 20 }).filter((s) => !s.includes(':'));
    const relativeId = fc.string({ unit: 'binary', minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(fc.record({ service: part, region: part, accountId: part, relativeId }), (arn) => {
        expect(parseArn(formatArn(arn))).toEqual(arn);
      }),
    );
    expect(parseArn('acs:oss:*:*:b/a:b\nc')?.relativeId).toBe('b/a:b\nc');
  });

  test.each(['', 'acs', 'acs:ram::1', 'acs:ram::1:', 'arn:ram::1:root', 'ACS:ram::1:root', ' acs:ram::1:root'])(
    'parseArn refuses %j',
    (text) => expect(parseArn(text)).toBeUndefined(),
  );

  test('parseRoleArn splits the ARN of a role', () => {
    expect(parseRoleArn(roleArn(ACCOUNT, 'Up.load-er'))).toEqual({ accountId: ACCOUNT, roleName: 'Up.load-er' });
  });

  test.each([
    'acs:ram::1234:role/',
    'acs:ram::1234:role/a/b',
    'acs:ram::1234:role/a b',
    'acs:ram::1234:role/a\n',
    'acs:ram::1234:user/a',
    'acs:ram:cn:1234:role/a',
    'acs:ram::abc:role/a',
    'acs:ram:::role/a',
    'acs:sts::1234:role/a',
    `acs:ram::1234:role/${'a'.repeat(65)}`,
    `acs:ram::${'1'.repeat(33)}:role/a`,
  ])('parseRoleArn refuses %j', (text) => expect(parseRoleArn(text)).toBeUndefined());
});
