import { parseXml, XmlElement } from '@rgrove/parse-xml';
import type { XmlNode, XmlReader } from '../ports.js';

/** XML where no platform reads it. */
export const readParsedXml: XmlReader = (text) => {
  try {
    const { root } = parseXml(text.trim());
    return root ? node(root) : undefined;
  } catch {
    return undefined;
  }
};

function node(element: XmlElement): XmlNode {
  const named = (name: string) =>
    element.children.filter((child): child is XmlElement => child instanceof XmlElement && child.name === name);
  return {
    name: element.name,
    child: (name) => named(name)[0]?.text,
    children: (name) => named(name).map(node),
  };
}
