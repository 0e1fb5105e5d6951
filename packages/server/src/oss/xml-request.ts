import { XmlElement } from '@rgrove/parse-xml';
import { OssError } from './oss-error.js';
import { xmlRoot } from './parse-xml.js';

/** The XML body of a request. */
export interface RequestElement {
  readonly name: string;
  readonly children: readonly RequestElement[];
  /** See {@link leafText}. */
  readonly own: string | undefined;
}

/** Deep enough for every document of the dialect; a body made of nesting must not exhaust the stack. */
const MAX_DEPTH = 16;

/**
 * Reads a body whose root has this name.
 * @throws {OssError} `MalformedXML`
 */
export function readXmlRequest(xml: string, root: string): RequestElement {
  const parsed = xmlRoot(xml);
  if (!parsed) throw malformed('It is not well-formed.');
  if (parsed.name !== root) throw malformed(`Its root must be ${root}.`);
  return read(parsed, 0);
}

function read(element: XmlElement, depth: number): RequestElement {
  if (depth > MAX_DEPTH) throw malformed('It is nested too deeply.');
  const inside = element.children.filter((child): child is XmlElement => child instanceof XmlElement);
  const children = inside.map((child) => read(child, depth + 1));
  return { name: element.name, children, own: children.length === 0 ? element.text : undefined };
}

export const malformed = (why: string): OssError =>
  new OssError('MalformedXML', { message: `The XML you provided does not validate against our schema. ${why}` });

/** All children of a name, in order. */
export const childrenOf = ({ children }: RequestElement, name: string): readonly RequestElement[] =>
  children.filter((child) => child.name === name);

/** The child of a name that may come once. @throws {OssError} `MalformedXML` when it comes again */
export function childOf(parent: RequestElement, name: string): RequestElement | undefined {
  const [first, second] = childrenOf(parent, name);
  if (second) throw malformed(`${parent.name} has more than one ${name}.`);
  return first;
}

/**
 * The text as written, blanks included.
 * @throws {OssError} `MalformedXML` when there are elements: an empty text in their place could mean everything
 */
export function leafText({ name, own }: RequestElement): string {
  if (own === undefined) throw malformed(`${name} holds a text, and no elements.`);
  return own;
}

/** The trimmed text of a child that may come once. @throws {OssError} `MalformedXML` */
export function textOf(parent: RequestElement, name: string): string | undefined {
  const child = childOf(parent, name);
  return child && leafText(child).trim();
}

/** The text of a child that may come once, as written. @throws {OssError} `MalformedXML` */
export function exactTextOf(parent: RequestElement, name: string): string | undefined {
  const child = childOf(parent, name);
  return child && leafText(child);
}

/** What is not understood is told, rather than dropped. @throws {OssError} `MalformedXML` */
export function allowOnly(parent: RequestElement, names: readonly string[]): void {
  const other = parent.children.find(({ name }) => !names.includes(name));
  if (other) throw malformed(`${parent.name} cannot hold ${other.name}.`);
}
