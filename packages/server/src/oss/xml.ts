import { xmlText } from '@sluice/wire';

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** One element: text is escaped, a list holds elements already made. */
export function element(name: string, content: string | number | boolean | readonly string[]): string {
  const inside = typeof content === 'object' ? content.join('') : xmlText(String(content));
  return `<${name}>${inside}</${name}>`;
}

export const xmlDocument = (root: string): string => DECLARATION + root;
