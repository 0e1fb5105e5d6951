import { concatBytes } from '@sluice/wire';
import type { FilePart } from '../ports.js';

/** The whole part in memory. */
export async function bytesOf(body: FilePart['body']): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return body;
  if ('arrayBuffer' in body) return new Uint8Array(await body.arrayBuffer());
  const chunks: Uint8Array[] = [];
  for await (const chunk of body.chunks()) chunks.push(chunk.slice());
  return concatBytes(...chunks);
}
