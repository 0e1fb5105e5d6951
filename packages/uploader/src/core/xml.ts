/** The XML that OSS answers with, read and written here and nowhere else. */
import { parseXml, XmlElement } from '@rgrove/parse-xml';
import { xmlText } from '@sluice/wire';

export interface XmlNode {
  readonly name: string;
  /** All text inside, as it stands. */
  readonly text: string;
  child(name: string): string | undefined;
  children(name: string): XmlNode[];
}

/** The root element; `undefined` when the text is not XML. */
export function readXml(text: string): XmlNode | undefined {
  try {
    const { root } = parseXml(text);
    return root ? node(root) : undefined;
  } catch {
    return undefined;
  }
}

function node(element: XmlElement): XmlNode {
  const children = (name: string): XmlNode[] =>
    element.children.filter((c): c is XmlElement => c instanceof XmlElement && c.name === name).map(node);
  return { name: element.name, text: element.text, child: (name) => children(name)[0]?.text, children };
}

/** The body of CompleteMultipartUpload; parts in ascending order. Reference: oss 1.13. */
export function completeBody(parts: readonly (readonly [number: number, etag: string])[]): string {
  const items = parts.map(([n, etag]) => `<Part><PartNumber>${n}</PartNumber><ETag>${xmlText(etag)}</ETag></Part>`);
  return `<CompleteMultipartUpload>${items.join('')}</CompleteMultipartUpload>`;
}
