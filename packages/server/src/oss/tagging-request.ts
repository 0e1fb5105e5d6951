import { parseXml, XmlElement } from '@rgrove/parse-xml';
import { OssError } from './oss-error.js';
import { checkTags, type Tags } from './tags.js';

/**
 * The tags of a PutObjectTagging: `<Tagging><TagSet><Tag><Key/><Value/></Tag>…`. No tag takes all away.
 * @throws {OssError} `MalformedXML`, `InvalidTag`, `RepeatedTags`
 */
export function readTaggingRequest(xml: string): Tags {
  const root = parse(xml);
  if (root?.name !== 'Tagging') throw new OssError('MalformedXML');
  const [set, second] = elements(root, 'TagSet');
  if (!set || second) throw new OssError('MalformedXML');
  return checkTags(elements(set, 'Tag').map((tag) => [only(tag, 'Key'), only(tag, 'Value')] as const));
}

/** `undefined` when it does not parse; nesting deeper than the stack is one way of not parsing. */
function parse(xml: string): XmlElement | undefined {
  try {
    return parseXml(xml).root ?? undefined;
  } catch {
    return undefined;
  }
}

function elements(parent: XmlElement, name: string): readonly XmlElement[] {
  return parent.children.filter((child): child is XmlElement => child instanceof XmlElement && child.name === name);
}

function only(parent: XmlElement, name: string): string {
  const [first, second] = elements(parent, name);
  if (!first || second) throw new OssError('MalformedXML');
  return first.text;
}
