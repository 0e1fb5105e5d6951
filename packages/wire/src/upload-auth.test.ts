import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { base64, base64Decode, utf8, utf8Decode } from './encoding.js';
import { decodeUploadAddress, decodeUploadAuth, encodeUploadAddress, encodeUploadAuth } from './upload-auth.js';

const ADDRESS = { Endpoint: 'https://oss.example.com', Bucket: 'media', FileName: 'video/用户 1.mp4' };
const AUTH = { AccessKeyId: 'STS.a', AccessKeySecret: 's', SecurityToken: 't/+==', Expiration: '3000' };
const wrap = (value: unknown): string => base64(utf8(JSON.stringify(value)));

describe('UploadAddress and UploadAuth', () => {
  test('are base64 of JSON', () => {
    const json = utf8Decode(base64Decode(encodeUploadAddress(ADDRESS)) as Uint8Array);
    expect(JSON.parse(json)).toEqual(ADDRESS);
  });

  test('read back', () => {
    const part = fc.string({ unit: 'binary', minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(fc.record({ Endpoint: part, Bucket: part, FileName: part }), (address) => {
        expect(decodeUploadAddress(encodeUploadAddress(address))).toEqual(address);
      }),
    );
    const auth = fc.record(
      {
        AccessKeyId: part,
        AccessKeySecret: part,
        SecurityToken: part,
        Expiration: part,
        ExpireUTCTime: part,
        Region: part,
      },
      { requiredKeys: ['AccessKeyId', 'AccessKeySecret', 'SecurityToken', 'Expiration'] },
    );
    fc.assert(
      fc.property(auth, (given) => {
        expect(decodeUploadAuth(encodeUploadAuth(given))).toEqual(given);
      }),
    );
  });

  test('a lifetime given as a number becomes its text', () => {
    expect(decodeUploadAuth(wrap({ ...AUTH, Expiration: 3600 }))).toEqual({ ...AUTH, Expiration: '3600' });
  });

  test('optional members of another type and members that are not documented are left out', () => {
    expect(decodeUploadAuth(wrap({ ...AUTH, Region: 5, ExpireUTCTime: null, More: 'x' }))).toEqual(AUTH);
    expect(decodeUploadAddress(wrap({ ...ADDRESS, toString: 'x' }))).toEqual(ADDRESS);
  });

  test('a member named __proto__ reaches nothing', () => {
    const json = `{"__proto__":{"AccessKeyId":"evil","admin":true},${JSON.stringify(AUTH).slice(1)}`;
    const read = decodeUploadAuth(base64(utf8(json)));
    expect(read).toEqual(AUTH);
    expect(Object.getPrototypeOf(Object.assign({}, read))).toBe(Object.prototype);
    expect(Object.keys(read ?? {})).not.toContain('__proto__');
    const inherited = base64(utf8(`{"__proto__":${JSON.stringify(AUTH)}}`));
    expect(decodeUploadAuth(inherited)).toBeUndefined();
  });

  const malformed: [string, string][] = [
    ['empty', ''],
    ['not base64', '%%%'],
    ['base64 of nothing', base64(utf8(' '))],
    ['plain JSON', JSON.stringify(AUTH)],
    ['truncated', encodeUploadAuth(AUTH).slice(0, -8)],
    ['not UTF-8', base64(Uint8Array.of(0xff, 0xfe))],
    ['with a byte order mark', base64(Uint8Array.of(0xef, 0xbb, 0xbf, ...utf8(JSON.stringify(AUTH))))],
    ['null', wrap(null)],
    ['an array', wrap([AUTH])],
    ['a text', wrap('AccessKeyId')],
    ['a number', wrap(1)],
    ['an empty object', wrap({})],
    ['an infinite lifetime', base64(utf8(JSON.stringify({ ...AUTH, Expiration: 0 }).replace('0}', '1e999}')))],
    ...Object.keys(AUTH).flatMap((name): [string, string][] => [
      [`without ${name}`, wrap({ ...AUTH, [name]: undefined })],
      [`with empty ${name}`, wrap({ ...AUTH, [name]: '' })],
      [`with null ${name}`, wrap({ ...AUTH, [name]: null })],
      [`with an object as ${name}`, wrap({ ...AUTH, [name]: {} })],
    ]),
  ];
  test.each(malformed)('an UploadAuth that is %s is refused', (_, text) =>
    expect(decodeUploadAuth(text)).toBeUndefined(),
  );

  test.each(['Endpoint', 'Bucket', 'FileName'])('an UploadAddress without a proper %s is refused', (name) => {
    for (const value of [undefined, '', 5, null, [], {}]) {
      expect(decodeUploadAddress(wrap({ ...ADDRESS, [name]: value }))).toBeUndefined();
    }
  });

  test('any text is either read or refused, never thrown at', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => void [decodeUploadAuth(text), decodeUploadAddress(text)]),
    );
    fc.assert(fc.property(fc.json(), (json) => void decodeUploadAuth(base64(utf8(json)))));
  });
});
