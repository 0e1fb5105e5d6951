import { checkTags, type Tags } from './tags.js';
import { childOf, childrenOf, leafText, malformed, type RequestElement, readXmlRequest } from './xml-request.js';

/**
 * The tags of a PutObjectTagging: `<Tagging><TagSet><Tag><Key/><Value/></Tag>…`. No tag takes all away.
 * @throws {OssError} `MalformedXML`, `InvalidTag`, `RepeatedTags`
 */
export function readTaggingRequest(xml: string): Tags {
  const set = required(readXmlRequest(xml, 'Tagging'), 'TagSet');
  return checkTags(
    childrenOf(set, 'Tag').map((tag) => [leafText(required(tag, 'Key')), leafText(required(tag, 'Value'))] as const),
  );
}

function required(parent: RequestElement, name: string): RequestElement {
  const child = childOf(parent, name);
  if (!child) throw malformed(`${parent.name} needs a ${name}.`);
  return child;
}
