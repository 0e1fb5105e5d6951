import { describe, expect, test } from 'vitest';
import { parsePartList } from './complete-request.js';
import { xmlRoot } from './parse-xml.js';

describe('a carriage return', () => {
  test.each([
    ['alone', 'a\rb', 'a\nb'],
    ['before a line feed', 'a\r\nb', 'a\nb'],
    ['as a reference', 'a&#13;b&#xd;', 'a\rb\r'],
    ['in a section', '<![CDATA[a\r\nb\r]]>', 'a\nb\n'],
  ])('%s', (_, text, read) => {
    expect(xmlRoot(`<a>${text}</a>`)?.text).toBe(read);
  });

  test('by the hundred thousand takes no longer than any other character', () => {
    const xml = `<!-- --><CompleteMultipartUpload><Part><PartNumber>${'\r'.repeat(300_000)}1</PartNumber><ETag>A</ETag></Part></CompleteMultipartUpload>`;
    const began = performance.now();
    expect(parsePartList(xml)).toEqual([{ number: 1, etag: 'A' }]);
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

test('what is nested deeper than the stack does not parse', () => {
  expect(xmlRoot(`${'<a>'.repeat(200_000)}${'</a>'.repeat(200_000)}`)).toBeUndefined();
});
