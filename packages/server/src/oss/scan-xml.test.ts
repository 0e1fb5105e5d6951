import { expect, test } from 'vitest';
import { scanXml } from './scan-xml.js';

const textOf = (xml: string) =>
  [...scanXml(xml)].map((event) => (event.kind === 'text' ? `${event.path}=${event.text}` : '')).join('');

test.each([
  ['<a>x</a>', 'a=x'],
  ['\ufeff<?xml version="1.0"?>\n<!-- c --><a xmlns="u:x" b=\'>\'> x </a>\n', 'a= x '],
  ['<a><b>1</b><c/></a>', 'a/b=1'],
  ['<a>&lt;&gt;&amp;&quot;&apos;&#65;&#x1F3AC;</a>', `a=<>&"'A🎬`],
  ['<a>\u0001\u0007\r\n\t\ufffe&#01;&#x0D;&#13;</a>', 'a=\u0001\u0007\r\n\t\ufffe\u0001\r\r'],
  ['<a><![CDATA[<b>&amp;\u0001]]></a>', 'a=<b>&amp;\u0001'],
  ['<a>]]></a>', 'a=]]>'],
])('%j reads %j', (xml, text) => expect(textOf(xml)).toBe(text));

test.each([
  '',
  ' ',
  'x',
  '<a>',
  '</a>',
  '<a></b>',
  '<a></a><b></b>',
  '<a></a>x',
  'x<a></a>',
  '<a',
  '<a b></a>',
  '<a b=1></a>',
  '<1></1>',
  '<a>&</a>',
  '<a>&;</a>',
  '<a>&amp</a>',
  '<a>&nope;</a>',
  '<a>&constructor;</a>',
  '<a>&#xD800;</a>',
  '<a>&#1114112;</a>',
  '<a>&#;</a>',
  '<a><!-- </a>',
  '<a><![CDATA[ </a>',
  '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
  '<a><!DOCTYPE b></a>',
  '<b>'.repeat(100),
])('%j is MalformedXML', (xml) => expect(() => [...scanXml(xml)]).toThrow(/not well-formed/));

test('what is made to be slow is refused at once', () => {
  const many = 2 * 1024 * 1024;
  for (const xml of [
    `<a${' '.repeat(many)}`,
    `<a${' b="1"'.repeat(many / 6)}`,
    `<${'a'.repeat(many)}`,
    `<a>${'&'.repeat(many)}</a>`,
    `<a>${'<b '.repeat(many / 3)}`,
  ]) {
    expect(() => [...scanXml(xml)]).toThrow(/not well-formed/);
  }
});
