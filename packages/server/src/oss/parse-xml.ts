import { parseXml, type XmlElement } from '@rgrove/parse-xml';

/**
 * The root of an XML text; `undefined` when it does not parse. Nesting deeper than the stack is one way of not parsing.
 *
 * Line ends are made one before (XML 1.0 section 2.11), as the parser would do it: it copies all that follows for each carriage
 * return of a text, and a body of 2 MB of them would take it half an hour.
 */
export function xmlRoot(xml: string): XmlElement | undefined {
  try {
    // Blanks before the declaration are no XML; examples of SDKs begin with them, and OSS takes them.
    return parseXml(xml.trimStart().replace(/\r\n?/g, '\n')).root ?? undefined;
  } catch {
    return undefined;
  }
}
