import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ListedPart, parsePartList } from './complete-request.js';
import { scanPartList } from './scan-part-list.js';

const space = fc.constantFrom('', ' ', '\n', '\t', '\r\n  ');
const etag = fc.tuple(
  fc.constantFrom('"', '&quot;', ''),
  fc.constantFrom('D41D8CD98F00B204E9800998ECF8427E', 'd41d8cd98f00b204e9800998ecf8427e'),
);
const part = fc.tuple(space, space, fc.nat(20_000), etag, space).map(([a, b, number, [quote, hex], c]) => {
  return `${a}<Part>${b}<PartNumber>${number}</PartNumber>${c}<ETag>${quote}${hex}${quote}</ETag>${a}</Part>`;
});
const list = fc
  .tuple(
    fc.constantFrom('', '<?xml version="1.0" encoding="UTF-8"?>', '<?xml version="1.0" encoding="UTF-8"?>\n'),
    fc.array(part),
    space,
  )
  .map(
    ([head, parts, end]) => `${head}<CompleteMultipartUpload>${parts.join('')}${end}</CompleteMultipartUpload>${end}`,
  );

const parsed = (xml: string): readonly ListedPart[] | 'refused' => {
  try {
    return parsePartList(xml);
  } catch {
    return 'refused';
  }
};

describe('a part list in the plain form', () => {
  it('is read without the parser, and as the parser reads it', () => {
    fc.assert(
      fc.property(list, (xml) => {
        expect(scanPartList(xml)).toEqual(parsed(xml));
      }),
    );
  });

  it('changed anywhere is read as the parser reads it, or left to the parser', () => {
    const damage = fc.constantFrom(
      '<',
      '>',
      '&',
      '"',
      '/',
      ' ',
      'x',
      '0',
      '&lt;',
      ']]>',
      '\0',
      '\u{2028}',
      '<!-- -->',
      '<Part/>',
      'ä',
      '-',
    );
    const place = fc.record({ at: fc.nat(), cut: fc.nat(12), put: fc.oneof(fc.constant(''), damage) });
    fc.assert(
      fc.property(list, fc.array(place, { minLength: 1, maxLength: 3 }), (xml, places) => {
        let changed = xml;
        for (const { at, cut, put } of places) {
          const start = at % (changed.length + 1);
          changed = changed.slice(0, start) + put + changed.slice(start + cut);
        }
        const scanned = scanPartList(changed);
        if (scanned !== undefined) expect(scanned).toEqual(parsed(changed));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['two numbers', '<Part><PartNumber>1</PartNumber><PartNumber>2</PartNumber><ETag>A</ETag></Part>'],
    ['an ETag with one quote', '<Part><PartNumber>1</PartNumber><ETag>"A</ETag></Part>'],
    ['an attribute', '<Part a="1"><PartNumber>1</PartNumber><ETag>A</ETag></Part>'],
    ['another order', '<Part><ETag>A</ETag><PartNumber>1</PartNumber></Part>'],
  ])('with %s is left to the parser', (_, inside) => {
    expect(scanPartList(`<CompleteMultipartUpload>${inside}</CompleteMultipartUpload>`)).toBeUndefined();
  });
});
