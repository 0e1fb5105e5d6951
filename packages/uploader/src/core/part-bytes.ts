import { concatBytes } from '@sluice/wire';
import type { FilePart } from '../ports.js';

/** The whole part in memory. */
export async function bytesOf(body: FilePart['body']): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return body;
  if ('arrayBuffer' in body) return new Uint8Array(await body.arrayBuffer());
  const chunks: Uint8Array[] = [];
  // A copy, not `slice`: of a Buffer that is a view of bytes which are about to change.
  for await (const chunk of body.chunks()) chunks.push(new Uint8Array(chunk));
  return concatBytes(...chunks);
}
