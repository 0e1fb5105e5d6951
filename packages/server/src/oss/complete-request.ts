import { XmlElement } from '@rgrove/parse-xml';
import { unquoted } from './etag.js';
import { OssError } from './oss-error.js';
import { xmlRoot } from './parse-xml.js';
import { MAX_PARTS } from './part-number.js';
import { scanPartList } from './scan-part-list.js';

export interface ListedPart {
  readonly number: number;
  /** In the stored form: upper case, without quotes. */
  readonly etag: string;
}

/**
 * The parts that a Complete lists, as sent; there may be none. Reference: oss 1.13.
 * @throws {OssError} `MalformedXML`, `InvalidPartOrder`
 */
export function readCompleteRequest(xml: string): readonly ListedPart[] {
  const parts = scanPartList(xml) ?? parsePartList(xml);
  for (const [i, part] of parts.entries()) {
    if (part.number < 1 || part.number > MAX_PARTS || part.number <= (parts[i - 1]?.number ?? 0)) {
      throw new OssError('InvalidPartOrder');
    }
  }
  return parts;
}

/** Any form that XML allows. @throws {OssError} `MalformedXML` */
export function parsePartList(xml: string): readonly ListedPart[] {
  const root = xmlRoot(xml);
  if (root?.name !== 'CompleteMultipartUpload') throw new OssError('MalformedXML');
  return elements(root, 'Part').map(readPart);
}

function readPart(part: XmlElement): ListedPart {
  const number = only(part, 'PartNumber').trim();
  if (!/^\d{1,9}$/.test(number)) throw new OssError('MalformedXML');
  return { number: Number(number), etag: unquoted(only(part, 'ETag')) };
}

function elements(parent: XmlElement, name: string): readonly XmlElement[] {
  return parent.children.filter((child): child is XmlElement => child instanceof XmlElement && child.name === name);
}

function only(parent: XmlElement, name: string): string {
  const [first, second] = elements(parent, name);
  if (!first || second) throw new OssError('MalformedXML');
  return first.text;
}
