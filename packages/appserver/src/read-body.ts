import { Refusal } from './answers.js';

/** Longest body of a request, in bytes. */
export const BODY_LIMIT = 16_384;

/** @throws Refusal 413 as soon as the limit is passed; 400 when the body is no JSON object in UTF-8 */
export async function readJsonBody(request: Request): Promise<ReadonlyMap<string, unknown>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength;
    if (length > BODY_LIMIT) throw new Refusal('BodyTooLarge');
    chunks.push(chunk);
  }
  try {
    const json: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)));
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return new Map(Object.entries(json));
  } catch {
    // Not UTF-8 or not JSON: the same answer as for JSON of another kind.
  }
  throw new Refusal('InvalidJson');
}
