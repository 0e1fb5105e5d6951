import { readListedParts } from '../../core/oss-answers.js';
import { readParsedXml } from '../../node/parsed-xml.js';
import type { HttpStack } from '../../ports.js';
import { type Signing, signedListUrl } from './signed-part.js';

/**
 * What the server has: also parts whose answer a pause cut off, which the record of this device does not know. Once, without
 * a retry: an application that goes to the background has seconds.
 */
export async function storedParts(
  http: HttpStack,
  signing: Signing,
): Promise<readonly { readonly number: number; readonly size: number }[]> {
  const found: { number: number; size: number }[] = [];
  for (let marker: number | undefined = 0; marker !== undefined; ) {
    const { signal } = new AbortController();
    const url = signedListUrl(signing, marker);
    const response = await http.send({ method: 'GET', url, headers: [], signal, onActivity: () => {} });
    if (response.status !== 200) {
      const code = readParsedXml(response.body)?.child('Code') ?? `HTTP ${response.status}`;
      throw new Error(`The server does not tell which parts it has: ${code}.`);
    }
    const page = readListedParts(readParsedXml, response);
    found.push(...page.parts);
    marker = page.next !== undefined && page.next > marker ? page.next : undefined;
  }
  return found;
}
