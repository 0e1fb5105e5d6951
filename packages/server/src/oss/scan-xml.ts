import { OssError } from './oss-error.js';

export type XmlEvent =
  | { readonly kind: 'open' | 'close' /** Names from the root on, joined by `/`. */; readonly path: string }
  /** References are replaced; the pieces of one text may come one by one. */
  | { readonly kind: 'text'; readonly path: string; readonly text: string };

const NAME = '[A-Za-z_][\\w.:-]*';
const OPEN = new RegExp(`<(${NAME})(?:\\s+${NAME}\\s*=\\s*(?:"[^"<]*"|'[^'<]*'))*\\s*(/?)>`, 'y');
const CLOSE = new RegExp(`</(${NAME})\\s*>`, 'y');
/** Begin and end of what is skipped. */
const SKIPPED = [
  ['<?', '?>'],
  ['<!--', '-->'],
] as const;
const MAX_DEPTH = 8;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/**
 * Reads the XML of a request piece by piece, so that a reader stops where it has seen enough. Unlike a parser of XML 1.0 it
 * changes no text: keys hold control characters and carriage returns, and clients send them bare (ali-oss) or as references
 * that XML 1.0 forbids (`&#01;`, the Go SDK). There are no document types, so no entity can grow.
 * @throws {OssError} `MalformedXML`
 */
export function* scanXml(xml: string): Generator<XmlEvent> {
  const names: string[] = [];
  let at = xml.startsWith('\ufeff') ? 1 : 0;
  let rooted = false;
  const path = () => names.join('/');
  while (at < xml.length) {
    if (xml[at] !== '<') {
      const end = xml.indexOf('<', at);
      const raw = xml.slice(at, end < 0 ? undefined : end);
      at = end < 0 ? xml.length : end;
      if (names.length > 0) yield { kind: 'text', path: path(), text: replaceReferences(raw) };
      else if (raw.trim() !== '') throw malformed();
      continue;
    }
    const skipped = SKIPPED.find(([begin]) => xml.startsWith(begin, at));
    if (skipped) {
      at = endOf(xml, skipped[1], at + skipped[0].length);
      continue;
    }
    if (names.length > 0 && xml.startsWith('<![CDATA[', at)) {
      const end = endOf(xml, ']]>', at);
      yield { kind: 'text', path: path(), text: xml.slice(at + 9, end - 3) };
      at = end;
      continue;
    }
    CLOSE.lastIndex = at;
    const close = CLOSE.exec(xml);
    if (close) {
      if (names.at(-1) !== close[1]) throw malformed();
      yield { kind: 'close', path: path() };
      names.pop();
      at = CLOSE.lastIndex;
      continue;
    }
    OPEN.lastIndex = at;
    const open = OPEN.exec(xml);
    if (!open || (names.length === 0 && rooted) || names.length === MAX_DEPTH) throw malformed();
    rooted = true;
    names.push(open[1] as string);
    yield { kind: 'open', path: path() };
    if (open[2] === '/') {
      yield { kind: 'close', path: path() };
      names.pop();
    }
    at = OPEN.lastIndex;
  }
  if (!rooted || names.length > 0) throw malformed();
}

function endOf(xml: string, end: string, from: number): number {
  const found = xml.indexOf(end, from);
  if (found < 0) throw malformed();
  return found + end.length;
}

function replaceReferences(raw: string): string {
  if (!raw.includes('&')) return raw;
  return raw.replace(/&(?:#(\d{1,8})|#x([\da-fA-F]{1,8})|(\w{2,4}))?;?/g, (whole, decimal, hex, name) => {
    if (!whole.endsWith(';')) throw malformed();
    if (name !== undefined) {
      const text = Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : undefined;
      if (text === undefined) throw malformed();
      return text;
    }
    if (decimal === undefined && hex === undefined) throw malformed();
    const point = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) throw malformed();
    return String.fromCodePoint(point);
  });
}

const malformed = (): OssError => new OssError('MalformedXML');
