import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { equalsConstantTime } from './constant-time.js';
import {
  base64,
  base64Decode,
  base64Url,
  base64UrlDecode,
  concatBytes,
  hex,
  parseQuery,
  percentDecode,
  percentEncode,
  percentEncodePath,
  utf8,
  utf8ByEscapes,
  utf8Decode,
  utf8DecodeByEscapes,
} from './encoding.js';

const bytes = fc.uint8Array({ maxLength: 100 });
const text = fc.string({ unit: 'binary', maxLength: 40 });

describe('UTF-8 where the runtime has no TextEncoder or TextDecoder', () => {
  test('is that of the runtimes that have them', () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(utf8ByEscapes(value)).toEqual(utf8(value));
        expect(utf8DecodeByEscapes(utf8(value))).toBe(utf8Decode(utf8(value)));
      }),
    );
    expect(utf8ByEscapes('\ud800')).toEqual(utf8('\ud800'));
    expect(utf8DecodeByEscapes(utf8('\ufeffa'))).toBe('\ufeffa');
  });

  test('refuses the same bytes', () => {
    const refused = (decode: (data: Uint8Array) => string, data: Uint8Array) => {
      try {
        decode(data);
        return false;
      } catch (error) {
        return error instanceof TypeError;
      }
    };
    fc.assert(
      fc.property(bytes, (data) => {
        expect(refused(utf8DecodeByEscapes, data)).toBe(refused(utf8Decode, data));
      }),
    );
  });
});

describe('bytes as text', () => {
  test('hex and base64 equal those of Node, and base64 reads back', () => {
    fc.assert(
      fc.property(bytes, (data) => {
        const buffer = Buffer.from(data);
        expect(hex(data)).toBe(buffer.toString('hex'));
        expect(base64(data)).toBe(buffer.toString('base64'));
        expect(base64Url(data)).toBe(buffer.toString('base64url'));
        expect(base64Decode(base64(data))).toEqual(data);
        expect(base64Decode(base64(data).replace(/=+$/, ''))).toEqual(data);
        expect(base64UrlDecode(base64Url(data))).toEqual(data);
      }),
    );
  });

  test('whatever base64Decode reads, it would write the same way', () => {
    const nearly = fc.string({ unit: fc.constantFrom(...'AQgw/+=-_ \n'), maxLength: 12 });
    fc.assert(
      fc.property(nearly, (given) => {
        const read = base64Decode(given);
        if (read) expect(base64(read).replace(/=+$/, '')).toBe(given.replace(/=+$/, ''));
        const readUrl = base64UrlDecode(given);
        if (readUrl) expect(base64Url(readUrl)).toBe(given);
      }),
    );
  });

  test.each([
    'A',
    'AAAAA',
    'A===',
    'AA=',
    'AAA==',
    'AAAA=',
    'AAAA====',
    '=',
    '==',
    'AA==AA==',
    'AB==',
    'AAB=',
    'AB',
    'AA==\n',
    'A A=',
    'AAA-',
    'AAA_',
    'AAé=',
    'AA😀',
  ])('base64Decode refuses %j', (given) => expect(base64Decode(given)).toBeUndefined());

  test.each(['AA==', 'AAA+', 'AAA/', 'AB', 'A', 'AA\n'])('base64UrlDecode refuses %j', (given) =>
    expect(base64UrlDecode(given)).toBeUndefined(),
  );

  test('UTF-8 reads back, keeps a byte order mark, and refuses what is not UTF-8', () => {
    fc.assert(fc.property(text, (given) => utf8Decode(utf8(given)) === given));
    expect(utf8Decode(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe('\uFEFFa');
    for (const bad of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xe4, 0xb8]]) {
      expect(() => utf8Decode(Uint8Array.from(bad))).toThrow(TypeError);
    }
  });

  test('concatBytes joins', () => {
    expect(concatBytes(utf8('ab'), utf8(''), utf8('c'))).toEqual(utf8('abc'));
    expect(concatBytes()).toEqual(new Uint8Array());
  });
});

describe('percentEncode', () => {
  test('keeps the unreserved characters of RFC 3986 and no other', () => {
    const kept = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~';
    expect(percentEncode(kept)).toBe(kept);
    expect(percentEncode(" !'()*+,/:;=?@&#[]%")).toBe('%20%21%27%28%29%2A%2B%2C%2F%3A%3B%3D%3F%40%26%23%5B%5D%25');
    expect(percentEncode('用户😀')).toBe('%E7%94%A8%E6%88%B7%F0%9F%98%80');
    expect(percentEncodePath('/b/%2F /*')).toBe('/b/%252F%20/%2A');
  });

  test('reads back, and two texts never share a form', () => {
    fc.assert(fc.property(text, (given) => percentDecode(percentEncode(given)) === given));
    fc.assert(fc.property(text, (given) => percentDecode(percentEncodePath(given)) === given));
  });

  test('writes a lone surrogate as U+FFFD, as UTF-8 encoders do', () => {
    expect(percentEncode('a\uD800b')).toBe('a%EF%BF%BDb');
    expect(percentEncode('\uDE00\uD83D')).toBe('%EF%BF%BD%EF%BF%BD');
  });

  test.each(['%', '%4', '%GG', '%C0%AF', '%ED%A0%80', '%FF', '%E4%B8'])('percentDecode refuses %j', (given) =>
    expect(percentDecode(given)).toBeUndefined(),
  );
});

describe('parseQuery', () => {
  test('reads back what percentEncode wrote, in order and with repeats', () => {
    const pairs = fc.array(fc.tuple(text, text), { maxLength: 6 });
    fc.assert(
      fc.property(pairs, (given) => {
        const query = given.map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`).join('&');
        expect(parseQuery(query)).toEqual(given);
        expect(parseQuery(query, 'space')).toEqual(given);
      }),
    );
  });

  test('a bare name has an empty value, empty pieces are skipped, later equal signs belong to the value', () => {
    expect(parseQuery('&uploads&a=&b=c=d&&=e')).toEqual([
      ['uploads', ''],
      ['a', ''],
      ['b', 'c=d'],
      ['', 'e'],
    ]);
    expect(parseQuery('')).toEqual([]);
  });

  test('a plus is a blank only where asked', () => {
    expect(parseQuery('a+b=c+d%2B')).toEqual([['a+b', 'c+d+']]);
    expect(parseQuery('a+b=c+d%2B', 'space')).toEqual([['a b', 'c d+']]);
  });

  test('names of Object.prototype are names like others', () => {
    expect(parseQuery('__proto__=1&constructor=2')).toEqual([
      ['__proto__', '1'],
      ['constructor', '2'],
    ]);
  });

  test('one broken escape breaks the whole', () => {
    expect(parseQuery('a=1&b=%ZZ')).toBeUndefined();
    expect(parseQuery('%=1')).toBeUndefined();
  });
});

describe('equalsConstantTime', () => {
  test('agrees with ===', () => {
    fc.assert(fc.property(text, text, (a, b) => equalsConstantTime(a, b) === (a === b) && equalsConstantTime(a, a)));
  });

  test.each([
    ['', 'a'],
    ['a', ''],
    ['ab', 'abab'],
    ['a', 'aa'],
    ['', '\0'],
    ['\0', ''],
    ['a', 'a\0'],
  ])('%j and %j differ', (a, b) => expect(equalsConstantTime(a, b)).toBe(false));
});
