import type { XmlNode, XmlReader } from '../ports.js';

/** XML by the parser every page has: a library for it would be a fifth of the bundle. */
export const readDomXml: XmlReader = (text, read) => {
  const document = (read as Document | null | undefined) ?? parsed(text.trim());
  const root = document?.documentElement;
  // A text that is not XML gives a document that describes the error, at its root or below it.
  return !root || document.getElementsByTagName('parsererror').length > 0 ? undefined : node(root);
};

function parsed(text: string): Document | undefined {
  try {
    return new DOMParser().parseFromString(text, 'application/xml');
  } catch {
    // The page demands Trusted Types, and this is no XML, e.g. what a gateway answers.
    return undefined;
  }
}

function node(element: Element): XmlNode {
  const named = (name: string) => Array.from(element.children).filter((child) => child.localName === name);
  return {
    name: element.localName,
    child: (name) => named(name)[0]?.textContent ?? undefined,
    children: (name) => named(name).map(node),
  };
}
