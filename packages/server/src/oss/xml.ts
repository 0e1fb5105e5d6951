const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\r': '&#13;',
};

/**
 * Text as OSS writes it: control characters go out as they are, although XML 1.0 has no place for them, because a key must
 * come back as it was (reference oss 0.5; ali-oss reads them). Whoever cannot asks for `encoding-type=url`. A carriage
 * return is a reference: a parser would read a bare one as a line feed (XML 1.0 section 2.11).
 */
const ossText = (text: string): string => text.replace(/[&<>"'\r]/g, (c) => ESCAPES[c] as string);

/** One element: text is escaped, a list holds elements already made. */
export function element(name: string, content: string | number | boolean | readonly string[]): string {
  const inside = typeof content === 'object' ? content.join('') : ossText(String(content));
  return `<${name}>${inside}</${name}>`;
}

export const xmlDocument = (root: string): string => DECLARATION + root;
